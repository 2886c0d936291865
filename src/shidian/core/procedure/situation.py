"""What a handler sees of an act: the case before it, the stage, the day; and how it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.procedure.fold import clocks_on
from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import is_ahead, moves
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.tiers import onward, passed_over
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
    from shidian.core.procedure.reading import Data
    from shidian.core.procedure.types import ClockSum

    Handler = Callable[["Situation"], tuple[NewEvent, ...]]

DECIDING_ROLES = (AuthorityRole.LEAD, AuthorityRole.MEMBER)


@per_rulebook
def _effect(rulebook: Rulebook, verb: Verb) -> str:
    rule = rulebook.acts.get(verb.value)
    return (rule.effect if rule else VERBS[verb].legal_effect).value


@dataclass(slots=True)
class Situation:
    """An act on a case as it stands. `stage` is the case's own (for `create`: where it begins).

    Clocks are summed when a handler asks for them: most acts do not.
    """

    rulebook: Rulebook
    calendar: WorkingCalendar
    state: CaseState
    stage: Stage
    act: Act
    today: date
    data: Data
    _clocks: tuple[ClockSum, ...] | None = None

    @property
    def clocks(self) -> tuple[ClockSum, ...]:
        """The case's clocks as they stand on the day of the act."""
        if self._clocks is None:
            self._clocks = clocks_on(self.rulebook, self.calendar, self.state, self.today)
        return self._clocks

    def stage_clock(self) -> ClockSum | None:
        """The clock of the stage the case is in, if it has one and it has started."""
        wanted = f"{self.stage.id}/{self.stage.clock}"
        return next((clock for clock in self.clocks if clock.key == wanted), None)

    @property
    def effect(self) -> str:
        """What the act is in law: the rulebook's word, else the verb's own."""
        return _effect(self.rulebook, self.act.verb)

    def event(self, kind: EventKind, **more: Json) -> NewEvent:
        """The act's own event: its data and what the procedure adds."""
        data = {**self.act.data, **more, "legal_effect": self.effect}
        return NewEvent(kind, self.act.at, self.act.actor, data)

    def follows(self, kind: EventKind, pointer: str, **data: Json) -> NewEvent:
        """An event that the procedure itself causes, with the rule that says so."""
        rule = {"id": pointer, "rulebook": self.rulebook.rulebook, "version": self.rulebook.version}
        return NewEvent(
            kind, self.act.at, self.act.actor, {**data, "legal_effect": self.effect, "rule": rule}
        )

    @property
    def pointer(self) -> str:
        """Where the stage stands in the rulebook."""
        return f"/stages/{self.stage.id}"

    def target(self) -> Stage:
        """The stage the act moves to: `to` where given, else the verb's first. Refuses others."""
        verb = self.act.verb
        targets = moves(self.rulebook, self.stage, verb)
        wanted = self.data.name("to") if self.data.has("to") else None
        if wanted is None:
            ahead = onward(self.rulebook, self.stage.id, verb, self.state.tier)
            others = () if verb is Verb.ADVANCE else self._not_ahead(targets)
            targets = (*ahead, *others)
        for target in targets:
            if wanted in (None, target.id):
                self._by_the_tier_s_way(target)
                return target
        listed = ", ".join(one.id for one in moves(self.rulebook, self.stage, verb))
        refuse(
            RefusalCode.NO_SUCH_MOVE,
            f"按制度文本，此阶段不能由此操作转入该阶段。可转入：{listed or '无'}。",
            f"The rulebook has no such move from this stage. It can go to: {listed or 'none'}.",
            "to" if wanted else None,
        )
        return None

    def _not_ahead(self, targets: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(one for one in targets if not is_ahead(self.rulebook, self.stage, one))

    def _by_the_tier_s_way(self, target: Stage) -> None:
        """Refuses to pass over a stage that the case's tier must go through."""
        if not self.ahead(target):
            return
        missed = passed_over(self.rulebook, self.stage.id, target.id, self.state.tier)
        if missed:
            listed = ", ".join(missed)
            refuse(
                RefusalCode.TIER_ROUTE,
                f"该案的风险等级须经以下阶段：{listed}。",
                f"A case of this risk tier must go through: {listed}.",
                "to",
            )

    def ahead(self, target: Stage) -> bool:
        """Whether the move goes forwards, so that the stage's work must be done."""
        return target.kind is not StageKind.CLOSED and is_ahead(self.rulebook, self.stage, target)
