"""A case on the desk: what the lists of tasks ask of it, and how a task is made."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from shidian.core.procedure.case_clocks import REQUEST_CLOCK
from shidian.core.procedure.clock_reading import spanning_due, stage_clock
from shidian.core.procedure.moves import moves
from shidian.core.procedure.tiers import onward
from shidian.core.procedure.types import ActorKind, CaseState, Task, Verb
from shidian.core.rulebook.model import Rulebook, Stage, Text

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.calendars import WorkingCalendar


@lru_cache(maxsize=4096)
def said(zh: str, en: str) -> Text:
    """A task's words, made once: the same few stand on every list."""
    return Text(zh=zh, en=en)


class Desk:
    """State, stage and the stage's last day."""

    def __init__(
        self,
        rulebook: Rulebook,
        calendar: WorkingCalendar,
        state: CaseState,
        stage: Stage,
        today: date,
    ) -> None:
        self.rulebook = rulebook
        self.calendar = calendar
        self.state = state
        self.stage = stage
        self.today = today
        clock = stage_clock(state, stage)
        self.due = clock.due if clock else spanning_due(rulebook, state)

    def officer(self, verb: Verb, zh: str, en: str, **more: date | None) -> Task:
        """A task for a case officer, due on the stage's last day unless told otherwise."""
        return Task(
            f"{self.stage.id}/{verb}",
            verb,
            ActorKind.OFFICER,
            said(zh, en),
            due=more.get("due", self.due),
            not_before=more.get("not_before"),
        )

    def applicant(self, verb: Verb, zh: str, en: str, due: date | None, key: str = "") -> Task:
        """A task for the lead institution."""
        return Task(
            f"{self.stage.id}/{verb}{key}",
            verb,
            ActorKind.APPLICANT,
            said(zh, en),
            institution=self.state.institution,
            due=due,
        )

    def request_due(self, request_id: str) -> date | None:
        """The last day for answering a request."""
        wanted = f"{REQUEST_CLOCK}/{request_id}"
        return next((clock.due for clock in self.state.sums if clock.key == wanted), None)

    def can(self, verb: Verb) -> bool:
        """Whether the rulebook has a move by that verb from here."""
        return bool(moves(self.rulebook, self.stage, verb))

    def onward(self, verb: Verb) -> tuple[Stage, ...]:
        """The stages ahead to which that verb takes this case, its default first."""
        return onward(self.rulebook, self.stage.id, verb, self.state.tier)
