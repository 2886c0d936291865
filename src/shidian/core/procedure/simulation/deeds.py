"""What people do when a task's time has come: the act, and the data it is done with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.procedure.criteria import judged_between
from shidian.core.procedure.moves import is_ahead
from shidian.core.procedure.simulation.ground import FIRM
from shidian.core.procedure.simulation.paperwork import DATA, REASON, signed
from shidian.core.procedure.simulation.plans import refused, requests_due, term_ends
from shidian.core.procedure.thresholds import found_by_an_officer, opens
from shidian.core.procedure.tiers import onward, passed_over
from shidian.core.procedure.types import Act, ActorKind, Json, Task, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.walk import Walk

    Data = dict[str, Json]

_IN_RUN = (StageKind.RUNNING, StageKind.EVALUATION)
_ENDINGS = {
    Verb.REJECT: "rejected",
    Verb.WITHDRAW: "withdrawn",
    Verb.TERMINATE: "terminated",
}
_ASKS = VERBS[Verb.REQUEST_INFORMATION].kinds
_OTHER_WAYS = frozenset(
    {
        Verb.ADVANCE,
        Verb.RETURN_TO_APPLICANT,
        Verb.REJECT,
        Verb.WITHDRAW,
        Verb.TERMINATE,
        Verb.BEGIN_EVALUATION,
        Verb.CLOSE,
        Verb.EXTEND,
    }
)


class Deeds:
    """Turns tasks and moments into acts of one case."""

    def __init__(self, ground: Ground, walk: Walk, today: date) -> None:
        self.ground = ground
        self.walk = walk
        self.today = today
        self.stage = ground.stages[walk.state.stage] if walk.state.stage else None

    def act(self, verb: Verb, kind: ActorKind, name: str = "", **data: Json) -> Act:
        """The act by someone of that kind, today."""
        actor = self.ground.actor(kind, name)
        return Act(verb, actor, self.ground.moment(self.today), data)

    def officer(self, verb: Verb, **data: Json) -> Act:
        """The act by the case officer who handles the case."""
        return self.act(verb, ActorKind.OFFICER, self.walk.authority, **data)

    def create(self) -> Act:
        """The firm starts an application."""
        return self.act(
            Verb.CREATE, ActorKind.APPLICANT, case=f"S-{self.walk.number}", institution=FIRM
        )

    def of_task(self, task: Task) -> Act:
        """What is done about an open task: an officer may decide on another act than asked."""
        if task.verb is Verb.SUBMIT_REVIEW and self._is_late():
            # Leave to file late, and the sheet on the same day.
            self.walk.minds[f"leave/{task.person}"] = True
            ends = self.today.isoformat()
            return self.officer(Verb.EXTEND_ROUND, ends=ends, reason=REASON)
        decide = _DECIDING.get(task.verb)
        if decide is not None and task.kind is ActorKind.OFFICER:
            return decide(self, task)
        return self.plain(task.verb, task.kind, task)

    def _is_late(self) -> bool:
        current = self.walk.state.round
        return current is not None and self.today > current.ends

    def plain(self, verb: Verb, kind: ActorKind, task: Task | None = None) -> Act:
        """The act with the data that do it rightly."""
        name = ""
        if kind in (ActorKind.OFFICER, ActorKind.SIGNING_OFFICER):
            name = (task.authority if task else None) or self.walk.authority
        elif kind is ActorKind.EXPERT and task is not None:
            name = str(task.person)
        last = task.key.rpartition("/")[2] if task else ""
        return self.act(verb, kind, name, **DATA[verb](self, last))

    def ways(self) -> list[tuple[Verb, str]]:
        """Other ways than the one asked for that the rulebook leaves open today."""
        state = self.walk.state
        default = onward(self.ground.rulebook, state.stage, Verb.ADVANCE, state.tier)[:1]
        due = requests_due(self.walk)
        waiting = bool(state.open_requests) and (due is None or self.today <= due)
        return [
            (verb, target)
            for verb, target in self.ground.moves[state.stage]
            if verb in _OTHER_WAYS
            and not (verb is Verb.ADVANCE and target in {one.id for one in default})
            and not (waiting and verb is not Verb.WITHDRAW)
            and self._open_to(verb, target)
        ]

    def _open_to(self, verb: Verb, target_id: str) -> bool:
        ground, state = self.ground, self.walk.state
        target, here = ground.stages[target_id], ground.stages[state.stage]
        if verb is Verb.EXTEND:
            return self.until() is not None
        if verb in (Verb.CLOSE, Verb.BEGIN_EVALUATION):
            return not ground.signers(here) and self._grown(target_id)
        ahead = is_ahead(ground.rulebook, here, target)
        if target.kind is StageKind.CLOSED or not ahead:
            return True
        skipped = passed_over(ground.rulebook, state.stage, target_id, state.tier)
        return not skipped and not ground.signers(here) and self._grown(target_id)

    def _grown(self, target_id: str) -> bool:
        target = self.ground.stages[target_id]
        first, _ = opens(self.ground.calendar, self.walk.state, target, self.today)
        return first is None or self.today >= first

    def other_way(self) -> Act | None:
        """Another way than asked, now and then; None: as asked."""
        if not self.walk.dice.happens("other-way", self.ground.assumed.other_way_percent):
            return None
        ways = self.ways()
        if not ways:
            return None
        verb, target = ways[self.walk.dice.below("which-way", len(ways))]
        return self.move(verb, target)

    def move(self, verb: Verb, target: str | None = None) -> Act:
        """A move by someone who may make it: to `target`, or where it goes by default."""
        kind = ActorKind.APPLICANT if verb is Verb.WITHDRAW else ActorKind.OFFICER
        data = dict(DATA[verb](self, ""))
        if target is not None and verb in (Verb.ADVANCE, Verb.RETURN_TO_APPLICANT):
            data["to"] = target
            data["thresholds"] = self.thresholds(target)
            if verb is Verb.RETURN_TO_APPLICANT or not data["thresholds"]:
                del data["thresholds"]
        name = "" if kind is ActorKind.APPLICANT else self.walk.authority
        return self.act(verb, kind, name, **data)

    def decide(self, _task: Task) -> Act:
        """An officer's turn to move the case on: on, a question first, back, or out."""
        walk, assumed, dice = self.walk, self.ground.assumed, self.walk.dice
        state = walk.state
        screening = state.stage_kind is StageKind.SCREENING
        if refused(self.ground, walk):
            return self.move(Verb.ADVANCE, self._backwards())
        if state.open_requests:  # unanswered, and its time is over
            if self.ground.can(state.stage, Verb.REJECT) and dice.happens("lapse", 70):
                return self.move(Verb.REJECT)
            return self.plain(Verb.ADVANCE, ActorKind.OFFICER)
        percent = assumed.request_percent if screening else assumed.later_request_percent
        if state.stage_kind in _ASKS and walk.once(f"asks/{walk.stay}", "request", percent):
            walk.minds[f"asks/{walk.stay}"] = False
            return self.officer(Verb.REQUEST_INFORMATION, question=REASON)
        if screening and self.unfit():
            return self.move(Verb.REJECT)
        return self.other_way() or self.plain(Verb.ADVANCE, ActorKind.OFFICER)

    def unfit(self) -> bool:
        """Whether screening finds against the case, and the rulebook lets it say so."""
        walk = self.walk
        found = walk.once(f"unfit/{walk.stay}", "unfit", self.ground.assumed.unfit_percent)
        return found and self.ground.can(walk.state.stage, Verb.REJECT)

    def _backwards(self) -> str | None:
        here = self.ground.stages[self.walk.state.stage]
        for verb, target in self.ground.moves[here.id]:
            ahead = is_ahead(self.ground.rulebook, here, self.ground.stages[target])
            if verb is Verb.ADVANCE and not ahead:
                return target
        return None

    def after_the_round(self, _task: Task) -> Act:
        """Below the pass mark: out, or another round."""
        state, dice = self.walk.state, self.walk.dice
        failed = state.round is not None and state.round.passed is False
        again = failed and state.stage_kind is StageKind.REVIEW
        panel = self.ground.stages[state.stage].panel
        chosen = panel is None or panel.drawn == "chosen"
        if (
            again
            and chosen
            and dice.happens("second-round", self.ground.assumed.second_round_percent)
        ):
            return self.plain(Verb.OPEN_ROUND, ActorKind.OFFICER)
        return self.move(Verb.REJECT)

    def wind_up(self, task: Task) -> Act:
        """The end of a run."""
        return self.other_way() or self.plain(task.verb, ActorKind.OFFICER)

    def close(self, task: Task) -> Act:
        """The end of the file: closed, or extended."""
        state = self.walk.state
        extends = self.walk.dice.happens("extend", self.ground.assumed.term_extension_percent)
        if extends and self.ground.can(state.stage, Verb.EXTEND) and self.until() is not None:
            return self.move(Verb.EXTEND)
        return self.other_way() or self.plain(task.verb, ActorKind.OFFICER)

    def terminate(self, _task: Task) -> Act:
        """The authorities end it."""
        return self.move(Verb.TERMINATE)

    def until(self) -> date | None:
        """The new last day of an extended term; None where it cannot be extended."""
        ground, state = self.ground, self.walk.state
        ends = term_ends(ground, self.walk)
        terms = [one for one in ground.rulebook.clocks if one.starts == "pilot.started"]
        until = max(ends, self.today) + timedelta(183)
        for clock in terms:
            if clock.extension is None:
                continue
            due = next((one.due for one in state.sums if one.clock == clock.id), None)
            if due is None or state.term_extensions >= clock.extension.times_max:
                return None
            run = ClockRun("term", "term", clock.name, clock.extension.length, clock.unit, due)
            last = clock_sum(run, ground.calendar, self.today).due
            until = min(until, last) if last else until
        return until if until > max(ends, self.today) else None

    def thresholds(self, target_id: str) -> Data:
        """What an officer finds met of the thresholds of the stage entered."""
        target = self.ground.stages[target_id]
        return {one.id: {"met": True, "reason": REASON} for one in found_by_an_officer(target)}

    def thresholds_ahead(self, verb: Verb) -> Data:
        """The same for where the verb goes by default, as the datum of an act."""
        state = self.walk.state
        ahead = onward(self.ground.rulebook, state.stage, verb, state.tier)
        targets = [one.id for one in ahead] or [
            target for one, target in self.ground.moves[state.stage] if one is verb
        ]
        found = self.thresholds(targets[0]) if targets else {}
        return {"thresholds": found} if found else {}

    def ending(self, verb: Verb) -> Data:
        """Reason and outcome of a move out. The usual outcome needs not be named."""
        admitted = self.walk.state.admitted
        allowed = [
            one.id for one in self.ground.outcomes(self.walk.state.stage, verb, admitted=admitted)
        ]
        data: Data = {"reason": REASON}
        if allowed and _ENDINGS[verb] not in allowed:
            data["outcome"] = allowed[-1]
        return data

    def graduation(self) -> Data:
        """Outcome of a file that is closed: the first that fits where every promise was kept."""
        admitted = self.walk.state.admitted
        found = self.ground.outcomes(self.walk.state.stage, Verb.CLOSE, admitted=admitted)
        usual = set(_ENDINGS.values())
        own = [one.id for one in found if one.id not in usual] or [one.id for one in found]
        words = self.walk.state.judgements.values()
        kept = all(one.judgement != "broken" for one in words)
        return {"outcome": own[0] if kept else own[-1] if len(own) > 1 else "terminated"
                if "terminated" in {one.id for one in found} else own[0],
                "reason": REASON}  # fmt: skip

    def experts(self, number: int) -> list[Json]:
        """So many of the pool who do not yet sit on the case's panel."""
        known = set(self.walk.state.round.experts) if self.walk.state.round else set()
        if self.walk.state.round and self.walk.state.round.closed:
            known = set()
        found: list[Json] = []
        turn = self.walk.number * 3 + self.walk.state.rounds
        while len(found) < number:
            name = f"expert-{turn % max(self.ground.assumed.experts, len(known) + number)}"
            turn += 1
            if name not in known:
                known.add(name)
                found.append(name)
        return found

    def criteria(self) -> Iterator[str]:
        """Ids of the criteria of the stage."""
        here = self.walk.state.stage
        return (one.id for one in self.ground.rulebook.criteria if one.stage == here)

    def criteria_ahead(self) -> tuple[str, ...]:
        """Ids of the criteria judged on going where `advance` goes by default."""
        state, rulebook = self.walk.state, self.ground.rulebook
        ahead = onward(rulebook, state.stage, Verb.ADVANCE, state.tier)
        here = self.ground.stages[state.stage]
        return tuple(one.id for one in judged_between(rulebook, here, ahead[0])) if ahead else ()


def consent_after_all(one: Deeds, authority: str) -> Act:
    """An authority that refused comes round."""
    kind = ActorKind.SIGNING_OFFICER
    return one.act(Verb.SIGN_OFF, kind, authority, **signed(one, authority, consent=True))


_DECIDING: dict[Verb, Callable[[Deeds, Task], Act]] = {
    Verb.ADVANCE: Deeds.decide,
    Verb.REJECT: Deeds.after_the_round,
    Verb.BEGIN_EVALUATION: Deeds.wind_up,
    Verb.CLOSE: Deeds.close,
    Verb.TERMINATE: Deeds.terminate,
    Verb.RETURN_TO_APPLICANT: lambda one, _task: one.move(Verb.RETURN_TO_APPLICANT),
}
