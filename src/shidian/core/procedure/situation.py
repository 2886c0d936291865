"""What a handler sees of an act: the case before it, the stage, the day; and how it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.procedure.reading import Data, refuse
from shidian.core.procedure.table import is_ahead, moves
from shidian.core.procedure.types import (
    Act,
    CaseState,
    EventKind,
    Json,
    NewEvent,
    RefusalCode,
    Verb,
)
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import AuthorityRole, Rulebook, Stage, StageKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from shidian.core.procedure.calendars import WorkingCalendar

    Handler = Callable[["Situation"], tuple[NewEvent, ...]]

DECIDING_ROLES = (AuthorityRole.LEAD, AuthorityRole.MEMBER)


@dataclass(frozen=True, slots=True)
class Situation:
    """An act on a case as it stands. `stage` is the case's own (for `create`: where it begins)."""

    rulebook: Rulebook
    calendar: WorkingCalendar
    state: CaseState
    stage: Stage
    act: Act
    today: date

    @property
    def data(self) -> Data:
        return Data(self.act.data)

    def event(self, kind: EventKind, **more: Json) -> NewEvent:
        """The act's own event: its data and what the procedure adds."""
        effect = VERBS[self.act.verb].legal_effect.value
        data = {**self.act.data, **more, "legal_effect": effect}
        return NewEvent(kind, self.act.at, self.act.actor, data)

    def follows(self, kind: EventKind, pointer: str, **data: Json) -> NewEvent:
        """An event that the procedure itself causes, with the rule that says so."""
        rule = {"id": pointer, "rulebook": self.rulebook.rulebook, "version": self.rulebook.version}
        effect = VERBS[self.act.verb].legal_effect.value
        return NewEvent(
            kind, self.act.at, self.act.actor, {**data, "legal_effect": effect, "rule": rule}
        )

    @property
    def pointer(self) -> str:
        """Where the stage stands in the rulebook."""
        return f"/stages/{self.stage.id}"

    def target(self) -> Stage:
        """The stage the act moves to: `to` where given, else the verb's first. Refuses others."""
        verb = self.act.verb
        targets = moves(self.rulebook, self.stage, verb)
        if verb is Verb.ADVANCE and not self.data.has("to"):
            targets = tuple(one for one in targets if is_ahead(self.rulebook, self.stage, one))
        wanted = self.data.name("to") if self.data.has("to") else None
        for target in targets:
            if wanted in (None, target.id):
                return target
        listed = ", ".join(one.id for one in moves(self.rulebook, self.stage, verb))
        refuse(
            RefusalCode.NO_SUCH_MOVE,
            f"按制度文本，此阶段不能由此操作转入该阶段。可转入：{listed or '无'}。",
            f"The rulebook has no such move from this stage. It can go to: {listed or 'none'}.",
            "to" if wanted else None,
        )
        return None

    def ahead(self, target: Stage) -> bool:
        """Whether the move goes forwards, so that the stage's work must be done."""
        return target.kind is not StageKind.CLOSED and is_ahead(self.rulebook, self.stage, target)


def signers(rulebook: Rulebook, stage: Stage) -> tuple[str, ...]:
    """The authorities whose consent leaving the stage forwards needs. Admission always needs one:

    where its stage names none, all leading authorities.
    """
    if stage.signoff is not None:
        return stage.signoff.all_of
    if stage.kind is not StageKind.ADMISSION:
        return ()
    return tuple(one.id for one in rulebook.authorities if one.role is AuthorityRole.LEAD)
