"""What stands in each kind of published snapshot: one body a language, JSON as these types say.

Days are ISO dates, moments ISO datetimes with an offset, amounts decimal text in major units, so
that a body means the same in ten years. Builders are in `supervision.publish`; the portal renders
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired

# Before Python 3.12 pydantic, which describes the open API by these types, takes no other.
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Json


class HistoryLine(TypedDict):
    """One thing known to have happened, with its source."""

    date: str
    until: str
    working_days: int | None
    text: str
    source: str
    url: str
    grade: str


class RulebookBody(TypedDict):
    """Kind `rulebook`, key `<rulebook>/<version>`."""

    id: str
    version: str
    title: str
    summary: str
    status: str
    status_label: str
    extends: str
    disclaimer: str
    digest: str
    rules_digest: str
    share: dict[str, int]
    document: dict[str, Json]
    """Resolved, with every basis: what the digest is taken of and what the page is drafted from."""
    calendars: dict[str, dict[str, str]]
    """Id of each calendar that it counts by → `{zh, en}`: its name when this was published."""
    history: list[HistoryLine]
    cannot_run: list[str]


class RulebookLine(TypedDict):
    """A rulebook in a list."""

    id: str
    version: str
    title: str
    status: str
    status_label: str
    share: dict[str, int]


class AuthorityLine(TypedDict):
    """An authority and the part it plays."""

    name: str
    role: str


class SchemeBody(TypedDict):
    """Kind `scheme`, key: the scheme's slug. `runs`: whether its cases are handled here."""

    slug: str
    title: str
    summary: str
    runs: bool
    lead: str
    """Who leads the regime by its newest rulebook, whether or not it takes part here."""
    authorities: list[AuthorityLine]
    rulebooks: list[RulebookLine]
    history: list[HistoryLine]


class SchemeLine(TypedDict):
    """A scheme in a list."""

    slug: str
    title: str


class TipBody(TypedDict):
    """Kind `tip`, key: the tip's number: a risk that a national body points out."""

    slug: str
    title: str
    authority: str
    text: str
    schemes: list[SchemeLine]
    sent_on: str
    lifted_on: str


class SectionLine(TypedDict):
    """A section of the application. `questions`: those that must be answered, where they apply."""

    title: str
    hard_gate: bool
    questions: NotRequired[list[str]]


class CriterionLine(TypedDict):
    """What is judged, with the signs that speak for and against it."""

    name: str
    question: str
    mandatory: bool
    positive: NotRequired[list[str]]
    negative: NotRequired[list[str]]


class KindLine(TypedDict):
    """A kind of institution, and whether one of it may lead or join."""

    id: str
    name: str
    licensed: bool
    leads: bool
    joins: bool


class MaterialLine(TypedDict):
    """A document to hand in with the application. `conditional`: only where the answers ask it."""

    name: str
    required: bool
    conditional: bool


class CallBody(TypedDict):
    """Kind `call`, key: the call's slug. `closes_on` empty: rolling."""

    slug: str
    scheme: str
    scheme_title: str
    title: str
    number: int
    opens_on: str
    closes_on: str
    guide: str
    lead_kinds: list[str]
    partner_kinds: list[str]
    licensed_lead: bool
    sections: list[SectionLine]
    criteria: list[CriterionLine]
    steps: list[str]
    rulebook: str
    rulebook_version: str
    # Not in pages of earlier releases:
    zone: NotRequired[str]
    """IANA name of the zone in which its days begin and end."""
    counting_days: NotRequired[list[str]]
    """The working days from the first to the last day; none where the calendar has gaps."""
    kinds: NotRequired[list[KindLine]]
    partners_max: NotRequired[int | None]
    materials: NotRequired[list[MaterialLine]]


class CommentLine(TypedDict):
    """A published comment with its answer."""

    name: str
    text: str
    received_on: str
    answer: str
    answered_on: str
    # Not in pages of earlier releases:
    shortened: NotRequired[bool]
    """Whether parts are left out, each with a mark in its place."""


class CommentCounts(TypedDict):
    """What was decided on comments. `reversed`: decisions that another one took the place of."""

    published: int
    withheld: int
    reversed: int
    shortened: NotRequired[int]
    """Of the published ones: those of which parts are left out. Not in pages of earlier
    releases."""


class ExtensionLine(TypedDict):
    """A last day that was moved away."""

    before: str
    until: str
    reason: str
    decided_on: str


class VersionLine(TypedDict):
    """Another text of the same notice: where it stands, and its hash."""

    slug: str
    number: int
    sha256: str


class NoticeBody(TypedDict):
    """Kind `notice`, key: the notice's slug. `closes_on` empty: no last day is set."""

    slug: str
    case: str
    scheme_title: str
    zone: str
    """IANA name of the zone in which its days begin and end."""
    title: str
    text: str
    sha256: str
    lead: str
    partners: list[str]
    opens_on: str
    closes_on: str
    comments_taken: bool
    premoderation: bool
    comments: list[CommentLine]
    # Not in pages of earlier releases:
    number: NotRequired[int]
    """Of the text: 1 is the first."""
    change: NotRequired[str]
    """What changed against the text that it replaced, and why; empty for a first one."""
    replaces: NotRequired[list[VersionLine]]
    """The text before: one or none."""
    replaced_by: NotRequired[list[VersionLine]]
    """The text that stands in its place now: one or none. Comments are taken there alone."""
    extensions: NotRequired[list[ExtensionLine]]
    """Oldest first."""
    counts: NotRequired[CommentCounts]
    summary: NotRequired[str]
    """What was made of the comments, empty until that is said."""


class NoteSection(TypedDict):
    """A heading of an explanatory note with what stands under it."""

    title: str
    lines: list[str]


class NoteBody(TypedDict):
    """An explanatory note. `made_from`: what it was generated from, and can be again."""

    sections: list[NoteSection]
    remarks: str
    made_from: dict[str, str]
    sha256: str


class DraftNoticeBody(NoticeBody):
    """A notice of kind `notice` about a draft of rules: `case` is empty, `lead` the authorities.

    The rules themselves are kind `draft` under the same key: a `RulebookBody` with `notice` and
    `notice_title`.
    """

    about: str
    scheme: str
    base_version: str
    draft_version: str
    draft_digest: str
    changes: list[str]
    note: NoteBody


class PilotLine(TypedDict):
    """A pilot by its public name."""

    public_id: str
    title: str


class ClauseMove(TypedDict):
    """A sentence that was proposed and decided on. `version` is empty where it was rejected."""

    adopted: bool
    version: str
    decided_on: str
    instrument: str
    old: str
    new: str
    reason: str
    pilots: list[PilotLine]


class ClauseLine(TypedDict):
    """A provision that pilots test, or tested."""

    id: str
    title: str
    text: str
    question: str
    source: str
    article: str
    pilots: list[PilotLine]
    moves: list[ClauseMove]


class ClausesBody(TypedDict):
    """Kind `clauses`, key: the scheme's slug."""

    scheme: str
    scheme_title: str
    version: str
    clauses: list[ClauseLine]
