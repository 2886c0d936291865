"""What a simulation looks up in a rulebook again and again, prepared once."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.procedure.consents import leading, signers
from shidian.core.procedure.simulation.horizon import Horizon
from shidian.core.procedure.table import transitions
from shidian.core.procedure.types import Actor, ActorKind, Json, Verb
from shidian.core.rulebook.model import AuthorityRole

if TYPE_CHECKING:
    from shidian.core.procedure.simulation.assumptions import Assumptions
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Outcome, PlanParameter, Rulebook, Stage

HASH = "5" * 64
USCC = "91000000MA00000X00"
LEI = "SHIDIANSIMULATED0000"[:18] + "00"
FIRM = "applicant"
BODY = "body"
_NOON = time(12)


class Ground:
    """A rulebook, its business time, its people."""

    def __init__(
        self, rulebook: Rulebook, calendar: WorkingCalendar, assumptions: Assumptions
    ) -> None:
        self.rulebook = rulebook
        self.assumed = assumptions
        self.known_calendar = calendar
        self.horizon = Horizon(calendar)
        self.calendar = self.horizon.calendar
        self.zone = rulebook.zone
        self.stages = {stage.id: stage for stage in rulebook.stages}
        self.moves: dict[str, list[tuple[Verb, str]]] = {stage.id: [] for stage in rulebook.stages}
        for row in transitions(rulebook):
            if row.source is not None:
                self.moves[row.source].append((row.verb, row.target))
        deciding = [
            one.id
            for one in rulebook.authorities
            if one.role in (AuthorityRole.LEAD, AuthorityRole.MEMBER)
        ]
        self.handling = leading(rulebook) or tuple(deciding)
        self.windows = {one.id for one in rulebook.clocks if one.on_expiry == "may-proceed"}
        self.plan = {one.id: _plan_value(one) for one in rulebook.plan}
        self.form: dict[str, Json] = {
            "version": 1,
            "sha256": HASH,
            "missing": [],
            "promises": [{"id": "p1", "text": "p1"}, {"id": "p2", "text": "p2"}],
            "partners": [],
            "plan": self.plan,
        }
        self._zone_info = ZoneInfo(rulebook.zone)
        self._moments: dict[date, datetime] = {}
        self._actors: dict[tuple[ActorKind, str], Actor] = {}

    def moment(self, day: date) -> datetime:
        """Noon of a day in the scheme's legal time."""
        known = self._moments.get(day)
        if known is None:
            known = self._moments[day] = datetime.combine(day, _NOON, self._zone_info)
        return known

    def actor(self, kind: ActorKind, name: str = "") -> Actor:
        """Someone of that kind: of the authority `name`, or the expert of that name."""
        key = (kind, name)
        known = self._actors.get(key)
        if known is None:
            known = self._actors[key] = _actor(kind, name)
        return known

    def can(self, stage_id: str, verb: Verb) -> bool:
        """Whether the table has a move by that verb from the stage."""
        return any(one is verb for one, _ in self.moves[stage_id])

    def outcomes(self, stage_id: str, verb: Verb, *, admitted: bool) -> tuple[Outcome, ...]:
        """How a case may end by that verb from here."""
        for one, target in self.moves[stage_id]:
            if one is verb:
                return tuple(
                    outcome
                    for outcome in self.stages[target].outcomes
                    if outcome.needs_pilot in (None, admitted)
                )
        return ()

    def signers(self, stage: Stage) -> tuple[str, ...]:
        return signers(self.rulebook, stage)


def _actor(kind: ActorKind, name: str) -> Actor:
    match kind:
        case ActorKind.APPLICANT:
            return Actor(kind, "applicant", institution=FIRM)
        case ActorKind.OFFICER | ActorKind.SIGNING_OFFICER:
            return Actor(kind, f"{kind}-{name}", authority=name)
        case ActorKind.ASSESSOR:
            return Actor(kind, "assessor", institution=BODY)
        case ActorKind.EXPERT:
            return Actor(kind, name)
        case _:
            return Actor(kind, str(kind))


_PLAIN = {
    "int": "1000",
    "money": "1000.00",
    "decimal": "10",
    "duration": "1d",
    "date": "2030-01-01",
    "bool": "true",
    "code": "x",
    "codes": "x,y",
    "permit-mode": "no-new-business",
}


def _plan_value(parameter: PlanParameter) -> str:
    """A value that fits: the default, the least, the most, or any."""
    return parameter.default or parameter.minimum or parameter.maximum or _PLAIN[parameter.type]
