"""Alerts: what officers may do about an episode, and how it stands after all that they did.

Pure: it knows levels, times and people's ids, and neither people nor a database. The steps of an
episode are the record; how it is handled is folded from them, so that it can be folded again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.model import Severity, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

LEVELS: tuple[str, ...] = tuple(severity.value for severity in Severity)
"""Rising."""
MUTE_DAYS_MAX = 30
MUTE_MAX = timedelta(days=MUTE_DAYS_MAX)
"""Longer than this nobody can know that an alert means nothing."""
_SECOND_US = 1_000_000
ACKNOWLEDGE_WITHIN_US: Mapping[Severity, int] = {
    Severity.CRITICAL: 15 * 60 * _SECOND_US,
    Severity.BREACH: 60 * 60 * _SECOND_US,
    Severity.WARNING: 24 * 60 * 60 * _SECOND_US,
}
"""An assumption, for rulebooks that set no `monitoring.acknowledge_within`."""


class AlertStepKind(StrEnum):
    """What is done about an alert. `escalate` is done by the clock, all else by an officer."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    NOTE = "note"
    FALSE_POSITIVE = "false-positive"
    STANDS = "stands"
    LINK = "link"
    MUTE = "mute"
    UNMUTE = "unmute"
    ESCALATE = "escalate"


SEEN_BY = frozenset({AlertStepKind.ACKNOWLEDGE, AlertStepKind.FALSE_POSITIVE, AlertStepKind.MUTE})
"""Acts that nobody does without having seen the alert."""


@dataclass(frozen=True, slots=True)
class AlertAct:
    """One step. `level`: that of the episode when it was done. `by`: None for the clock.

    `to`: whom it is given to, None for nobody; `until`: end of a mute; `link`: kind and name of
    what it is tied to; `office`: to which office the clock raised it.
    """

    kind: AlertStepKind
    at: datetime
    level: str
    by: int | None = None
    to: int | None = None
    until: datetime | None = None
    text: str = ""
    link: tuple[str, str] | None = None
    office: str = ""


@dataclass(frozen=True, slots=True)
class Handling:
    """How an episode is handled. Levels are empty where nothing of the kind was done.

    `seen_level`: the highest level that an officer has seen; `seen_at`: when one first saw it.
    """

    seen_level: str = ""
    seen_at: datetime | None = None
    assignee: int | None = None
    false_positive: bool = False
    muted_level: str = ""
    muted_until: datetime | None = None
    raised_level: str = ""
    raised_to: str = ""
    links: tuple[tuple[str, str], ...] = ()

    def is_unseen_at(self, level: str) -> bool:
        """Whether nobody has seen it at that level: an episode that rises asks again."""
        return rank(self.seen_level) < rank(level)

    def is_muted_at(self, level: str, at: datetime) -> bool:
        """Whether a mute hides it from what is open now. One that rises above is heard again."""
        return (
            self.muted_until is not None
            and at < self.muted_until
            and rank(level) <= rank(self.muted_level)
        )


def rank(level: str) -> int:
    """The level's place on the ladder, from 1; 0 for none."""
    return LEVELS.index(level) + 1 if level in LEVELS else 0


def folded(acts: Iterable[AlertAct]) -> Handling:
    """How an episode stands after these acts, in the order in which they were written."""
    handling = Handling()
    for act in acts:
        handling = after(handling, act)
    return handling


def after(handling: Handling, act: AlertAct) -> Handling:
    """How it stands after one more act."""
    if act.kind in SEEN_BY:
        handling = replace(
            handling,
            seen_level=max(handling.seen_level, act.level, key=rank),
            seen_at=handling.seen_at or act.at,
        )
    if act.kind is AlertStepKind.LINK and act.link is not None:
        return replace(handling, links=(*handling.links, act.link))
    return replace(handling, **_changes(handling, act))


def _changes(handling: Handling, act: AlertAct) -> dict[str, Any]:
    match act.kind:
        case AlertStepKind.ASSIGN:
            return {"assignee": act.to}
        case AlertStepKind.FALSE_POSITIVE | AlertStepKind.STANDS:
            return {"false_positive": act.kind is AlertStepKind.FALSE_POSITIVE}
        case AlertStepKind.MUTE:
            return {"muted_level": act.level, "muted_until": act.until}
        case AlertStepKind.UNMUTE:
            return {"muted_level": "", "muted_until": None}
        case AlertStepKind.ESCALATE:
            raised = max(handling.raised_level, act.level, key=rank)
            return {"raised_level": raised, "raised_to": act.office}
    return {}


def refusal(handling: Handling, act: AlertAct) -> tuple[str, Text] | None:
    """Why this act cannot be done as things stand: the input at fault, and the words.

    None where it can.
    """
    if act.kind in _NEED_WORDS and not act.text.strip():
        return "text", _NEED_WORDS[act.kind]
    if act.kind is AlertStepKind.MUTE:
        return _mute_refusal(act)
    if act.kind is AlertStepKind.LINK and act.link is None:
        return "link", Text(zh="请写明关联的对象。", en="Say what it is to be linked to.")
    if act.kind in _IN_VAIN:
        is_in_vain, field, words = _IN_VAIN[act.kind]
        if is_in_vain(handling, act):
            return field, words
    return None


_NEED_WORDS = {
    AlertStepKind.NOTE: Text(zh="请写明批注内容。", en="Write the note."),
    AlertStepKind.FALSE_POSITIVE: Text(
        zh="请说明为何认定为误报。", en="Say why it is a false positive."
    ),
    AlertStepKind.STANDS: Text(
        zh="请说明为何撤销误报认定。", en="Say why it is no false positive after all."
    ),
    AlertStepKind.MUTE: Text(zh="请说明静默的理由。", en="Say why it is muted."),
}


_IN_VAIN: Mapping[AlertStepKind, tuple[Callable[[Handling, AlertAct], bool], str, Text]] = {
    AlertStepKind.ACKNOWLEDGE: (
        lambda handling, act: not handling.is_unseen_at(act.level),
        "",
        Text(zh="该告警已在此级别确认。", en="It has been acknowledged at this level already."),
    ),
    AlertStepKind.ASSIGN: (
        lambda handling, act: handling.assignee == act.to,
        "to",
        Text(zh="已经由此人负责。", en="It is with them already."),
    ),
    AlertStepKind.FALSE_POSITIVE: (
        lambda handling, _act: handling.false_positive,
        "",
        Text(zh="已经认定为误报。", en="It is marked as a false positive already."),
    ),
    AlertStepKind.STANDS: (
        lambda handling, _act: not handling.false_positive,
        "",
        Text(zh="该告警未被认定为误报。", en="It is not marked as a false positive."),
    ),
    AlertStepKind.LINK: (
        lambda handling, act: act.link in handling.links,
        "link",
        Text(zh="已经关联。", en="It is linked to that already."),
    ),
    AlertStepKind.UNMUTE: (
        lambda handling, act: not handling.is_muted_at(act.level, act.at),
        "",
        Text(zh="该告警未被静默。", en="It is not muted."),
    ),
    AlertStepKind.ESCALATE: (
        lambda handling, act: (
            not (handling.is_unseen_at(act.level) and rank(handling.raised_level) < rank(act.level))
        ),
        "",
        Text(zh="无须上报。", en="There is nothing to raise."),
    ),
}
"""Acts that would change nothing as things stand."""


def _mute_refusal(act: AlertAct) -> tuple[str, Text] | None:
    if act.until is None or act.until <= act.at:
        return "until", Text(
            zh="静默须有将来的截止时间。", en="A mute needs an end that lies ahead."
        )
    if act.until - act.at > MUTE_MAX:
        return "until", Text(
            zh=f"静默最长{MUTE_DAYS_MAX}日。", en=f"A mute lasts {MUTE_DAYS_MAX} days at most."
        )
    return None


def acknowledge_within(stated_us: Mapping[Severity, int]) -> dict[str, timedelta]:
    """Level → how long it may stay unseen before it is raised; levels without are never raised.

    `stated_us`: the rulebook's; where it says nothing, what is assumed.
    """
    within = stated_us or ACKNOWLEDGE_WITHIN_US
    return {level.value: timedelta(microseconds=us) for level, us in within.items()}
