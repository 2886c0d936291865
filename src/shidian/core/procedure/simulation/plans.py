"""When each open task will be done: who takes it up, and how long it then takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shidian.core.procedure.case_clocks import REQUEST_CLOCK
from shidian.core.procedure.clocks import add_months
from shidian.core.procedure.consents import signoff_rule, standing
from shidian.core.procedure.consulting import objected, proceeds_from
from shidian.core.procedure.moves import consultation_of
from shidian.core.procedure.types import ActorKind, Task, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.walk import Walk

REPORT_EVERY_DAYS = 20
_WAYS_OUT = frozenset(
    {
        Verb.ADVANCE,
        Verb.REJECT,
        Verb.RETURN_TO_APPLICANT,
        Verb.TERMINATE,
        Verb.BEGIN_EVALUATION,
        Verb.CLOSE,
    }
)
_DECISIONS = frozenset({Verb.ADVANCE, Verb.GRADE_RISK, Verb.FILE_EVALUATION, Verb.FILE_ASSESSMENT})
_EXAMINED = frozenset({StageKind.SCREENING, StageKind.EVALUATION, StageKind.ASSESSMENT})


@dataclass(frozen=True, slots=True)
class Plan:
    """Ready on working day `ready`; then taken up at `station`, if one; then so many days.

    `instead`: not the task itself but a moment that must come before it.
    """

    ready: int
    days: int = 0
    station: tuple[ActorKind, str] | None = None
    instead: str | None = None


def plan(ground: Ground, walk: Walk, task: Task, now: int) -> Plan | None:
    """How the task will be done as things stand on working day `now`. None: not yet, or never."""
    ready = now
    if task.not_before is not None:
        ready = max(now, ground.horizon.number(task.not_before))
    if waits(ground, walk, task, ground.horizon.day(now)):
        return None
    if ready > now and _is_to_be_examined(walk, task):
        # Who finds a case unfit says so in time, and does not wait for the day it may go on.
        walk.minds[f"examined/{walk.stay}"] = True
        days = walk.dice.spread("deciding", ground.assumed.deciding)
        return Plan(now, days, (ActorKind.OFFICER, walk.authority), instead="examine")
    return _PLANS[task.kind](ground, walk, task, ready)


def _is_to_be_examined(walk: Walk, task: Task) -> bool:
    here = walk.state.stage_kind is StageKind.SCREENING and task.verb is Verb.ADVANCE
    return here and f"examined/{walk.stay}" not in walk.minds


def waits(ground: Ground, walk: Walk, task: Task, today: date) -> bool:
    """Whether it waits for something else first: an answer, comments, a change of mind."""
    if task.kind is ActorKind.SIGNING_OFFICER:
        return asleep(ground, walk) or _waits_for_comments(walk)
    if task.kind is not ActorKind.OFFICER or task.verb is Verb.GIVE_OPINION:
        return False
    if task.verb is Verb.CLOSE_ROUND:
        return asleep(ground, walk) or _sheets_outstanding(walk)
    return asleep(ground, walk) or (task.verb in _WAYS_OUT and _way_is_barred(ground, walk, today))


def _way_is_barred(ground: Ground, walk: Walk, today: date) -> bool:
    if _waits_for_comments(walk) or asked_still(walk, today):
        return True
    return refused(ground, walk) and walk.minds.get(f"coming-round/{walk.stay}", False)


def asked_still(walk: Walk, today: date) -> bool:
    """Whether the applicant still has time to answer a request."""
    if not walk.state.open_requests:
        return False
    due = requests_due(walk)
    return due is None or today <= due


def asleep(ground: Ground, walk: Walk) -> bool:
    """Whether the authority lets a clock of this stay run out whose end the law acts upon."""
    if not any(task.verb is Verb.RECORD_SILENCE for task in walk.state.tasks):
        return False
    return walk.once(f"asleep/{walk.stay}", "silence", ground.assumed.silence_percent)


def refused(ground: Ground, walk: Walk) -> bool:
    """Whether a word against the case stands in its way."""
    state = walk.state
    rule = signoff_rule(ground.rulebook, state.stage)
    return bool(
        standing(rule, state.signoffs).refused or objected(ground.rulebook, state, state.stage)
    )


def requests_due(walk: Walk) -> date | None:
    """The last day of the requests that are open; None where none is."""
    dues = [
        one.due
        for one in walk.state.sums
        if one.key.startswith(f"{REQUEST_CLOCK}/") and one.due is not None
    ]
    return max(dues, default=None)


def _of_system(_ground: Ground, _walk: Walk, _task: Task, ready: int) -> Plan | None:
    return Plan(ready)


def _of_applicant(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    assumed, dice = ground.assumed, walk.dice
    match task.verb:
        case Verb.SUBMIT:
            again = walk.state.submitted is not None
            return Plan(
                ready,
                dice.spread("answering", assumed.answering)
                if again
                else dice.spread("preparing", assumed.preparing),
            )
        case Verb.ANSWER_INFORMATION:
            if walk.once(task.key, "unanswered", assumed.unanswered_percent):
                return None
            return Plan(ready, dice.spread("answering", assumed.answering))
        case Verb.FILE_REPORT:
            filed = len(walk.state.reports)
            return Plan(ready + REPORT_EVERY_DAYS) if filed < len(ground.rulebook.reports) else None
        case _:
            return Plan(ready)


def _of_expert(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    if task.verb is Verb.DECLARE_CONFLICT:
        return Plan(ready, walk.dice.spread("declaring", ground.assumed.declaring))
    if walk.minds.pop(f"leave/{task.person}", False):
        return Plan(ready)
    days = walk.dice.spread("reviewing", ground.assumed.reviewing)
    return Plan(ready, days, (ActorKind.EXPERT, ""))


def _of_assessor(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    if task.verb is Verb.COMPLETE_STEP:
        days = walk.dice.spread("assessing", ground.assumed.assessing)
        return Plan(ready, days, (ActorKind.ASSESSOR, ""))
    state, assumed = walk.state, ground.assumed
    mending = 0
    if any(one.finding == "fail" for one in state.findings.values()):
        final = walk.once(f"final/{walk.acts}", "failed-final", assumed.failed_final_percent)
        if final and ground.can(state.stage, Verb.REJECT):
            return Plan(ready, instead="reject")
        mending = walk.dice.spread("mending", assumed.mending)
    if task.kind is ActorKind.OFFICER:
        return Plan(
            ready + mending,
            walk.dice.spread("assessing", assumed.assessing),
            (ActorKind.OFFICER, walk.authority),
        )
    if not state.commissioned:
        days = walk.dice.spread("routine", assumed.routine)
        return Plan(ready, days, (ActorKind.OFFICER, walk.authority), instead="commission")
    days = walk.dice.spread("assessing", assumed.assessing)
    return Plan(ready + mending, days, (ActorKind.ASSESSOR, ""))


def _of_signing_officer(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    if task.verb is Verb.COMPLETE_STEP:
        days = walk.dice.spread("signing", ground.assumed.signing)
        return Plan(ready, days, (ActorKind.SIGNING_OFFICER, walk.authority))
    if task.verb is not Verb.SIGN_OFF:
        return None
    if walk.state.stage_kind is StageKind.RUNNING:
        ready = _end_of_run(ground, walk, ready)
    days = walk.dice.spread("signing", ground.assumed.signing)
    return Plan(ready, days, (ActorKind.SIGNING_OFFICER, str(task.authority)))


def _of_officer(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    verb, state = task.verb, walk.state
    if verb is Verb.GIVE_OPINION:
        return _opinion(ground, walk, task, ready)
    if verb is Verb.FILE_ASSESSMENT:
        return _of_assessor(ground, walk, task, ready)
    if verb is Verb.CLOSE_ROUND:
        return _round(ground, walk, ready)
    if verb in _WAYS_OUT and state.stage_kind is StageKind.RUNNING:
        ready = _run_ends(ground, walk, task, ready)
    return Plan(ready, _officers_days(ground, walk, verb), (ActorKind.OFFICER, walk.authority))


def _officers_days(ground: Ground, walk: Walk, verb: Verb) -> int:
    examines = verb in _DECISIONS and (
        verb is not Verb.ADVANCE or walk.state.stage_kind in _EXAMINED
    )
    if examines:
        return walk.dice.spread("deciding", ground.assumed.deciding)
    return walk.dice.spread("routine", ground.assumed.routine)


def _waits_for_comments(walk: Walk) -> bool:
    notice = walk.state.notice
    if notice is None or walk.state.stage_kind is not StageKind.NOTICE:
        return False
    return not all(notice.comments.values())


def _sheets_outstanding(walk: Walk) -> bool:
    current = walk.state.round
    if current is None:
        return True
    filed = {one.expert for one in current.reviews}
    return any(one not in filed and not current.conflicts.get(one) for one in current.experts)


def _opinion(ground: Ground, walk: Walk, task: Task, ready: int) -> Plan | None:
    name = task.key.rpartition("/")[2]
    asked = consultation_of(ground.rulebook, name)
    sent = walk.state.consultations[name]
    if sent.given is not None:  # an objection stands
        if not walk.minds.get(f"coming-round/{walk.stay}"):
            return None
    elif proceeds_from(ground.rulebook, asked, walk.state.sums) is not None and walk.once(
        f"mute/{name}/{walk.stay}", "mute", ground.assumed.mute_percent
    ):
        return None
    days = walk.dice.spread("opining", ground.assumed.opining)
    return Plan(ready, days, (ActorKind.OFFICER, str(task.authority)))


def _round(ground: Ground, walk: Walk, ready: int) -> Plan | None:
    """Closed once every sheet is in; more experts first where they are too few, or even."""
    current = walk.state.round
    if current is None:
        return None
    filed = {one.expert for one in current.reviews}
    panel = ground.stages[walk.state.stage].panel
    too_few = len(filed) < (panel.min if panel else 1)
    even = panel is not None and panel.odd and len(filed) % 2 == 0
    days = walk.dice.spread("routine", ground.assumed.routine)
    station = (ActorKind.OFFICER, walk.authority)
    return Plan(ready, days, station, instead="invite" if too_few or even else None)


def _run_ends(ground: Ground, walk: Walk, task: Task, ready: int) -> int:
    """Winding up begins before the term ends; a first stage of the run takes a third of it."""
    if task.verb is not Verb.ADVANCE or refused(ground, walk):
        return _end_of_run(ground, walk, ready)
    begun = ground.horizon.number(walk.state.visits[-1].entered)
    ends = ground.horizon.number(term_ends(ground, walk))
    return max(ready, begun + (ends - begun) // 3)


def _end_of_run(ground: Ground, walk: Walk, ready: int) -> int:
    lead = walk.dice.spread("closing-lead", ground.assumed.closing_lead)
    return max(ready, ground.horizon.number(term_ends(ground, walk)) - lead)


def term_ends(ground: Ground, walk: Walk) -> date:
    """The last day of the pilot's term: the rulebook's, else the one assumed."""
    names = {one.id for one in ground.rulebook.clocks if one.starts == "pilot.started"}
    dues = [one.due for one in walk.state.sums if one.clock in names and one.due is not None]
    if dues:
        return max(dues)
    started = walk.state.pilot_started or walk.state.visits[-1].entered
    return max(add_months(started, ground.assumed.run_months), walk.state.term_until or date.min)


_PLANS: dict[ActorKind, Callable[[Ground, Walk, Task, int], Plan | None]] = {
    ActorKind.SYSTEM: _of_system,
    ActorKind.APPLICANT: _of_applicant,
    ActorKind.EXPERT: _of_expert,
    ActorKind.ASSESSOR: _of_assessor,
    ActorKind.SIGNING_OFFICER: _of_signing_officer,
    ActorKind.OFFICER: _of_officer,
    ActorKind.PUBLIC: _of_system,
}
