"""The audit: everything public in the app database against the log, leaf by leaf.

Three questions, each answered from the tables where people's acts are kept, not from the record's
own: does every public act have an outbox row; does every row have its leaf on the log, made of what
the database says today; does every leaf on the log belong to a row? The log's own arithmetic
(`shidian record verify`) is not asked here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from shidian.apps.cases.calendars import days_sha256
from shidian.apps.cases.models import (
    CalendarVersion,
    Call,
    CaseEvent,
    Outbox,
    RulebookVersion,
)
from shidian.apps.notices.domain import text_sha256
from shidian.apps.notices.models import Notice, PublishedLeaf, PublishedSnapshot, SnapshotKind
from shidian.apps.record.domain.preparing import leaf_bytes
from shidian.apps.record.leaves import KINDS, TOPIC, is_intact, statement_of
from shidian.apps.record.models import LeafRow
from shidian.core.procedure.calendars import CalendarRow, DayKind
from shidian.core.procedure.outbox import PUBLIC_ACTS
from shidian.core.record.leaf import BEARS_TEXT, check_commitment, decode
from shidian.core.rulebook.model import Text
from shidian_kit.wire import canonical
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.record.reader import LogReader

_OF_ACTS = frozenset(KINDS) - {"page.withdrawn"}
LATE_S = 60.0
"""A leaf that is due this long and not on the log is a finding; a fresh one is only on its way."""


class Problem(StrEnum):
    """What can be wrong with something public."""

    MISSING = "missing"
    DIFFERENT = "different"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    BY_HASH = "by-hash"


@dataclass(frozen=True, order=True)
class Finding:
    """Something public that is not on record as it should be: what, and what is wrong with it."""

    problem: Problem
    what: str
    detail: str


Act = tuple[str, dict[str, Any]]
"""A public act: its name in words, and what its outbox row must say of it."""
Source = Callable[[], Iterator[Act]]
_sources: list[Source] = []


def public_acts(source: Source) -> Source:
    """Register who knows public acts; apps above this one know theirs."""
    _sources.append(source)
    return source


def audit(
    reader: LogReader, *, now: datetime | None = None, settle_s: float = 0.0
) -> list[Finding]:
    """All findings, sorted; none where everything public is on record as it happened.

    Others may write meanwhile: what came after a look is no finding. `settle_s`: how long a worker
    may take to keep the place of a leaf that the notary has published. Raises RecordError where the
    log cannot be read.
    """
    now = now or timezone.now()
    before = reader.checkpoint().size
    rows = list(
        Outbox.objects.filter(topic=TOPIC).select_related(
            "leaf", "case__scheme", "case__rulebook_version"
        )
    )
    log = dict(reader.entries(reader.checkpoint().size))
    return sorted(
        {
            *_acts_without_rows(),
            *_changed_things(),
            *_rows_against(rows, log, now),
            *_unknown({index: log[index] for index in range(before)}, settle_s),
        }
    )


def _acts_without_rows() -> Iterator[Finding]:
    """Public acts that no outbox row tells of, and rows that tell of none, or of one again."""
    earlier = _told()
    acts = [(what, _key(wanted)) for source in _sources for what, wanted in source()]
    later = _told()
    for what, key in acts:
        if not later[key]:
            yield Finding(Problem.MISSING, what, "no row of the outbox tells of it")
        later[key] -= 1
        earlier[key] -= 1
    for key, left in earlier.items():
        if left > 0:
            yield Finding(Problem.UNKNOWN, key, f"{left} more than there are such acts")


def _told() -> Counter[str]:
    """How often the outbox tells of each act."""
    payloads = Outbox.objects.filter(topic=TOPIC).values_list("payload", flat=True)
    return Counter(_key(one) for one in payloads.iterator() if one.get("kind") in _OF_ACTS)


def _key(payload: Mapping[str, Any]) -> str:
    """What identifies an act: its kind, what it is about, and when."""
    names = ("kind", "case", "notice", "call", "scheme", "version", "calendar", "edition")
    members = {name: payload[name] for name in (*names, "page", "key") if name in payload}
    if "page" not in payload:
        members["at"] = _moment(payload.get("at"))
    return canonical.dumps(members).decode()


def _moment(text: Any) -> str:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC).isoformat()
    except ValueError:
        return str(text)


@public_acts
def case_acts() -> Iterator[Act]:
    """The public events of all cases."""
    events = CaseEvent.objects.filter(kind__in=[kind.value for kind in PUBLIC_ACTS])
    for event in events.select_related("case").iterator():
        wanted = {"kind": event.kind, "case": event.case.reference, "at": event.at.isoformat()}
        yield f"{event.kind} of case {event.case.reference}, event {event.seq}", wanted


@public_acts
def published_rules() -> Iterator[Act]:
    """Rulebooks, calls, calendars."""
    for version in RulebookVersion.objects.defer("document").select_related("scheme"):
        yield (
            f"rulebook {version}",
            {
                "kind": "rulebook.published",
                "scheme": version.scheme.slug,
                "version": version.version,
                "at": version.published_at.isoformat(),
            },
        )
    for call in Call.objects.select_related("scheme"):
        yield (
            f"call {call.slug}",
            {
                "kind": "call.opened",
                "call": call.slug,
                "scheme": call.scheme.slug,
                "at": call.published_at.isoformat(),
            },
        )
    for edition in CalendarVersion.objects.all():
        yield (
            f"calendar {edition}",
            {
                "kind": "calendar.changed",
                "calendar": edition.calendar,
                "edition": edition.version,
                "at": edition.loaded_at.isoformat(),
            },
        )


@public_acts
def published_pages() -> Iterator[Act]:
    """Every version of every page, but for live figures."""
    pages = PublishedSnapshot.objects.exclude(kind=SnapshotKind.FIGURES)
    for kind, key, version in pages.order_by("pk").values_list("kind", "key", "version"):
        wanted = {"kind": "page.published", "page": kind, "key": key, "version": version}
        yield f"page {kind} {key} v{version}", wanted


def _changed_things() -> Iterator[Finding]:
    """Published things whose own digest no longer fits what the database holds."""
    for page in PublishedSnapshot.objects.exclude(kind=SnapshotKind.FIGURES).iterator():
        if not is_intact(page):
            yield Finding(Problem.DIFFERENT, f"page {page}", "its text does not give its digest")
    for notice in Notice.objects.all():
        told = text_sha256(
            title=notice.title_zh,
            body=notice.body_zh,
            title_en=notice.title_en,
            body_en=notice.body_en,
        )
        if told != notice.sha256:
            yield Finding(
                Problem.DIFFERENT, f"notice {notice.slug}", "its text does not give its hash"
            )
    said = {
        (row["payload"].get("calendar"), row["payload"].get("edition")): row["payload"]
        for row in Outbox.objects.filter(topic=TOPIC, payload__kind="calendar.changed").values(
            "payload"
        )
    }
    for edition in CalendarVersion.objects.prefetch_related("days"):
        rows = (
            CalendarRow(one.day, DayKind(one.kind), Text(zh=one.name_zh, en=one.name_en))
            for one in edition.days.all()
        )
        told_of = said.get((edition.calendar, edition.version))
        if told_of and days_sha256(rows) != told_of["sha256"]:
            yield Finding(Problem.DIFFERENT, f"calendar {edition}", "its days are not those told")


def _rows_against(
    rows: Sequence[Outbox], log: Mapping[int, bytes], now: datetime
) -> Iterator[Finding]:
    """Each row of the outbox, its leaf, and the log."""
    for row in rows:
        leaf = getattr(row, "leaf", None)
        what = f"outbox row {row.pk} ({row.payload.get('kind', 'no kind')})"
        if leaf is None or leaf.index is None:
            yield from _waiting(row, leaf, what, now)
            continue
        data = bytes(leaf.leaf)
        if leaf.index not in log:
            yield Finding(Problem.MISSING, what, f"the log has no leaf {leaf.index}")
        elif log[leaf.index] != data:
            yield Finding(
                Problem.DIFFERENT, what, f"leaf {leaf.index} of the log says something else"
            )
        yield from _made_again(row, leaf, what)


def _waiting(row: Outbox, leaf: LeafRow | None, what: str, now: datetime) -> Iterator[Finding]:
    due = row.created if leaf is None else leaf.due
    if leaf is not None and leaf.problem:
        yield Finding(Problem.WAITING, what, leaf.problem)
    elif (now - due).total_seconds() > LATE_S:
        yield Finding(Problem.WAITING, what, f"not on the log since {due.isoformat()}")


def _made_again(row: Outbox, leaf: LeafRow, what: str) -> Iterator[Finding]:
    """Whether the leaf is what would be said of the act today."""
    said = statement_of(row)
    if said.problem:
        yield Finding(Problem.BY_HASH, what, said.problem)
    if leaf.erased_at is not None:
        return
    known = decode(bytes(leaf.leaf))
    if leaf.sealed:
        text = said.text() if leaf.document is None else canonical.dumps(leaf.document)
        fits = leaf.salt is not None and check_commitment(
            known.commitment or "", bytes(leaf.salt), text
        )
        if not fits:
            yield Finding(Problem.DIFFERENT, what, "salt and document do not give its commitment")
        return
    salt = None
    if leaf_bytes(said, salt, leaf.due) != bytes(leaf.leaf):
        yield Finding(Problem.DIFFERENT, what, f"leaf {leaf.index} was made of something else")
    public = PublishedLeaf.objects.filter(index=leaf.index or 0).first()
    if public is None or (public.document != leaf.document):
        yield Finding(Problem.DIFFERENT, what, "what the site shows of it is not what was recorded")


def _unknown(log: Mapping[int, bytes], settle_s: float) -> Iterator[Finding]:
    """Leaves of which this database knows nothing, such as after it was put back."""
    unknown = set(log) - _known()
    if any(not _is_the_notarys(log[index]) for index in unknown) and settle_s:
        time.sleep(settle_s)
        unknown -= _known()
    for index in sorted(unknown):
        if not _is_the_notarys(log[index]):
            yield Finding(Problem.UNKNOWN, f"leaf {index}", _told_by(log[index]))


def _known() -> set[int | None]:
    return set(LeafRow.objects.exclude(index=None).values_list("index", flat=True))


def _is_the_notarys(data: bytes) -> bool:
    """Whether the notary writes such leaves of its own accord."""
    try:
        return decode(data).kind in BEARS_TEXT
    except RecordError:
        return False


def _told_by(data: bytes) -> str:
    try:
        leaf = decode(data)
    except RecordError as error:
        return str(error)
    return f"{leaf.kind} of {leaf.subject} at {leaf.time}: no act here has it"
