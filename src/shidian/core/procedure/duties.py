"""What comes before a case moves on, and what runs beside: grading, consulting, consent, silence.

A stage's own list says what its work is; here stands what every stage's way out has in common.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.consents import leading, signoff_rule, standing
from shidian.core.procedure.consulting import due_of, objected, outstanding, proceeds_from
from shidian.core.procedure.desk import said
from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.silence import silence_route, silent_clocks
from shidian.core.procedure.thresholds import opens
from shidian.core.procedure.tiers import must_grade
from shidian.core.procedure.types import ActorKind, Task, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from shidian.core.procedure.desk import Desk
    from shidian.core.rulebook.model import Consultation, Stage

_WAY_OUT = frozenset({Verb.ADVANCE, Verb.SIGN_OFF, Verb.BEGIN_EVALUATION, Verb.CLOSE})
"""What waits for grade, consultations and thresholds. All but `begin_evaluation` need consent."""

_SIGN = said("会签：同意或不同意", "Sign off: consent or refuse")


def besides(desk: Desk) -> Iterator[Task]:
    """Tasks of any stage whatever its kind: grading, consulting, a move to other rules, silence."""
    if must_grade(desk.rulebook, desk.stage) and desk.state.tier is None:
        yield desk.officer(
            Verb.GRADE_RISK, "评定风险等级并写明理由", "Grade the risk, with reasons"
        )
    for asked in asked_in(desk.rulebook, desk.state, desk.stage.id):
        yield from _consultation(desk, asked)
    yield from _migration(desk)
    yield from _silences(desk)


def in_order(desk: Desk, task: Task) -> Iterable[Task]:
    """What takes the place of the task that moves the case, as long as something comes before it.

    An objection is met first, then grade and consultations, then the consents, then the move.
    """
    if task.verb not in _WAY_OUT:
        return (task,)
    if objected(desk.rulebook, desk.state, desk.stage.id):
        return (
            _otherwise(
                desk,
                "有约束力的反对意见：退回、不予入选，或待其撤回",
                "A binding objection stands: send back, reject, or await its withdrawal",
            ),
        )
    if must_grade(desk.rulebook, desk.stage) and desk.state.tier is None:
        return ()
    proceeds = _consulted_from(desk)
    if proceeds is False:
        return ()
    target = _target(desk, task.verb)
    if target is not None and target.thresholds:
        first, _ = opens(desk.calendar, desk.state, target, desk.today)
        task = _not_before(task, first)
    if proceeds is not True:
        task = _not_before(task, proceeds)
    return (task,) if task.verb is Verb.BEGIN_EVALUATION else _agreed_first(desk, task)


def _target(desk: Desk, verb: Verb) -> Stage | None:
    found = desk.onward(verb)
    return found[0] if found else None


def _not_before(task: Task, day: date | None) -> Task:
    if day is None or (task.not_before is not None and task.not_before >= day):
        return task
    return replace(task, not_before=day)


def _otherwise(desk: Desk, zh: str, en: str) -> Task:
    """A task for who must find another way than on: the first that the rulebook has."""
    ways = (Verb.REJECT, Verb.RETURN_TO_APPLICANT, Verb.TERMINATE, Verb.ADVANCE)
    possible = [
        verb for verb in ways if desk.can(verb) and desk.state.stage_kind in VERBS[verb].kinds
    ]
    return desk.officer(possible[0] if possible else Verb.ADVANCE, zh, en)


def _agreed_first(desk: Desk, task: Task) -> Iterable[Task]:
    """Where authorities must consent before an officer's move, theirs is the turn before it."""
    now = standing(signoff_rule(desk.rulebook, desk.stage.id), desk.state.signoffs)
    if now.agreed:
        return () if task.verb is Verb.SIGN_OFF else (task,)
    tasks = [
        Task(
            f"{desk.stage.id}/{Verb.SIGN_OFF}/{authority}",
            Verb.SIGN_OFF,
            ActorKind.SIGNING_OFFICER,
            _SIGN,
            authority=authority,
            due=desk.due,
            not_before=task.not_before,
        )
        for authority in now.awaited
    ]
    if now.refused:
        listed = ", ".join(now.refused)
        refused = _otherwise(
            desk,
            f"{listed} 不同意：不予入选、退回，或待其改为同意",
            f"{listed} refused: reject, send back, or await its consent",
        )
        tasks.insert(0, refused)
    return tasks


def _consulted_from(desk: Desk) -> date | bool | None:
    """From when the case may go on as far as others are consulted: True now, False not yet."""
    clocks = desk.state.sums
    waiting = outstanding(desk.rulebook, desk.state, desk.stage.id, clocks, desk.today)
    if not waiting:
        return True
    days = [
        proceeds_from(desk.rulebook, asked, clocks)
        for asked in waiting
        if asked.id in desk.state.consultations
    ]
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(waiting) else False


def _consultation(desk: Desk, asked: Consultation) -> Iterator[Task]:
    sent = desk.state.consultations.get(asked.id)
    if sent is None:
        if asked.required:
            yield Task(
                f"{desk.stage.id}/{Verb.CONSULT}/{asked.id}",
                Verb.CONSULT,
                ActorKind.OFFICER,
                said(f"送出：{asked.name.zh}", f"Send: {asked.name.en}"),
                due=desk.due,
            )
        return
    objects = any(one.id == asked.id for one in objected(desk.rulebook, desk.state, desk.stage.id))
    if asked.kind is not ConsultationKind.FILING and (sent.given is None or objects):
        yield Task(
            f"{desk.stage.id}/{Verb.GIVE_OPINION}/{asked.id}",
            Verb.GIVE_OPINION,
            ActorKind.OFFICER,
            said(f"反馈意见：{asked.name.zh}", f"Give an opinion: {asked.name.en}"),
            authority=asked.authority,
            due=due_of(desk.rulebook, asked, desk.state.sums),
        )


def _migration(desk: Desk) -> Iterator[Task]:
    pending = desk.state.migration
    if pending is None:
        return
    for authority in leading(desk.rulebook):
        if authority not in pending.words:
            yield Task(
                f"{Verb.MIGRATE}/{authority}",
                Verb.MIGRATE,
                ActorKind.SIGNING_OFFICER,
                said(
                    f"会签：是否改用制度文本 {pending.version} 版",
                    f"Sign off: move the case to version {pending.version} of the rulebook",
                ),
                authority=authority,
            )


def _silences(desk: Desk) -> Iterator[Task]:
    """What the program itself does once a clock has run out, from the day after its last."""
    if desk.stage.kind not in VERBS[Verb.RECORD_SILENCE].kinds:
        return
    rules = silent_clocks(desk.rulebook, desk.stage.id)
    if not rules:
        return
    now = standing(signoff_rule(desk.rulebook, desk.stage.id), desk.state.signoffs)
    if now.refused or objected(desk.rulebook, desk.state, desk.stage.id):
        return
    for rule in rules:
        route = silence_route(desk.rulebook, desk.stage.id, rule.id, desk.state.tier)
        for clock in desk.state.sums:
            idle = clock.stopped is not None or clock.provisional
            if not route or clock.clock != rule.id or idle or not clock.due:
                continue
            task = Task(
                f"{desk.stage.id}/{Verb.RECORD_SILENCE}/{rule.id}",
                Verb.RECORD_SILENCE,
                ActorKind.SYSTEM,
                said(
                    f"“{rule.name.zh}”届满未答：按制度文本转入“{route[-1].names.staff.zh}”",
                    f"“{rule.name.en}” runs out: by the rulebook the case goes to"
                    f" “{route[-1].names.staff.en}”",
                ),
                not_before=clock.due + timedelta(1),
            )
            for target in route:
                task = _not_before(task, opens(desk.calendar, desk.state, target, desk.today)[0])
            yield task
