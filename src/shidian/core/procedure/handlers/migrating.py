"""Moving a case to another version of the rulebook: proposed by an officer, agreed by the leads.

What the move would change is `migration.preview`'s to say, and the caller's to ask before either
act: the procedure here knows the present rulebook only. Both versions must be able to read the
event, so it names them and nothing of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.consents import leading
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ActorKind, EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import Json, NewEvent

_PROPOSING = frozenset({"from_digest", "to_digest", "version", "reason"})
_ANSWERING = frozenset({"to_digest", "authority", "consent", "reason"})


def migrate(case: Situation) -> tuple[NewEvent, ...]:
    """A proposal by a case officer, or a leading authority's answer by its signing officer."""
    if case.act.actor.kind is ActorKind.OFFICER:
        return _propose(case)
    return _answer(case)


def _propose(case: Situation) -> tuple[NewEvent, ...]:
    data = case.data
    data.only(_PROPOSING)
    data.reason()
    data.name("version")
    before, after = data.name("from_digest"), data.name("to_digest")
    if case.state.migration is not None:
        refuse(
            RefusalCode.ALREADY_DONE,
            "已有一项改用新版的提议待会签：请先了结。",
            "A move to another version is awaiting consent: settle that first.",
        )
    if before == after:
        refuse(
            RefusalCode.BAD_DATA,
            "该案已适用这一版本。",
            "The case is on that version already.",
            "to_digest",
        )
    return (case.event(EventKind.MIGRATION_PROPOSED),)


def _answer(case: Situation) -> tuple[NewEvent, ...]:
    data, pending = case.data, case.state.migration
    data.only(_ANSWERING)
    if pending is None or data.name("to_digest") != pending.to_digest:
        refuse(
            RefusalCode.NO_MIGRATION,
            "没有这项待会签的改用新版提议：请刷新页面。",
            "No such move to another version is awaiting consent: reload.",
            "to_digest",
        )
    authority, needed = data.name("authority"), leading(case.rulebook)
    if authority != case.act.actor.authority or authority not in needed:
        listed = ", ".join(needed) or "–"
        refuse(
            RefusalCode.WRONG_AUTHORITY,
            f"只能代表本单位会签；改用新版须由牵头单位会签：{listed}。",
            f"You sign for your own authority only; this needs the leading ones: {listed}.",
            "authority",
        )
    if authority in pending.words:
        refuse(
            RefusalCode.ALREADY_DONE,
            "贵单位已会签，无需重复。",
            "Your authority has already signed; nothing more is needed.",
            "authority",
        )
    consent = data.boolean("consent")
    data.text("reason", empty=True) if consent else data.reason()
    signed = case.event(EventKind.MIGRATION_SIGNED)
    if not consent or any(one not in pending.words for one in needed if one != authority):
        return (signed,)
    versions: dict[str, Json] = {
        "from_digest": pending.from_digest,
        "to_digest": pending.to_digest,
        "version": pending.version,
    }
    return (signed, case.follows(EventKind.CASE_MIGRATED, "/version", **versions))
