"""The run and its end: reports, promise by promise, dimension by dimension, extension, closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.procedure.handlers.application import must_be_answered
from shidian.core.procedure.handlers.entering import close_with, enter
from shidian.core.procedure.handlers.gates import (
    must_be_agreed,
    must_be_consulted,
    must_meet_thresholds,
)
from shidian.core.procedure.handlers.steps import must_be_evaluated
from shidian.core.procedure.moves import clock_of
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EvaluationGrade, EventKind, Judgement, RefusalCode
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import ClockSum, NewEvent


def file_report(case: Situation) -> tuple[NewEvent, ...]:
    """Files one of the reports that the rulebook asks for."""
    case.data.choice("report", [report.id for report in case.rulebook.reports])
    case.data.sha256("sha256")
    return (case.event(EventKind.REPORT_FILED),)


def begin_evaluation(case: Situation) -> tuple[NewEvent, ...]:
    """From running to evaluation: at the applicant's request or by an officer."""
    reason, target = case.data.reason(), case.target()
    must_be_consulted(case)
    return enter(case, target, reason, found=must_meet_thresholds(case, target))


def judge_promise(case: Situation) -> tuple[NewEvent, ...]:
    """Judges one promise on evidence. A later judgement replaces it; both stay in history."""
    case.data.choice("promise", [promise.id for promise in case.state.promises])
    case.data.choice("judgement", [one.value for one in Judgement])
    case.data.reason("evidence")
    return (case.event(EventKind.PROMISE_JUDGED),)


def file_evaluation(case: Situation) -> tuple[NewEvent, ...]:
    """Grades some or all dimensions; those given replace what was there."""
    dimensions = case.data.table("dimensions")
    dimensions.only(dimension.id for dimension in case.stage.dimensions)
    if not dimensions.fields():
        refuse(
            RefusalCode.BAD_DATA,
            "请至少填写一个评估维度。",
            "Grade at least one dimension.",
            "dimensions",
        )
    for name in dimensions.fields():
        sheet = dimensions.table(name)
        sheet.only(("grade", "text"))
        sheet.choice("grade", [one.value for one in EvaluationGrade])
        sheet.reason("text")
    return (case.event(EventKind.EVALUATION_FILED),)


def extend(case: Situation) -> tuple[NewEvent, ...]:
    """Back to running with a new last day, later than today and than the present one.

    Where the term's clock says by how much and how often, no further and no oftener.
    """
    reason, until = case.data.reason(), case.data.day("until")
    terms = [one for one in case.clocks if one.due and _measures_the_term(case, one.clock)]
    latest = max([case.today, *(one.due for one in terms if one.due)])
    if until <= latest:
        refuse(
            RefusalCode.BAD_DATA,
            f"延期后的届满日须晚于 {latest}。",
            f"The new last day must be later than {latest}.",
            "until",
        )
    for term in terms:
        _within_the_extension(case, term, until)
    target = case.target()
    found = must_meet_thresholds(case, target) if case.ahead(target) else None
    return (case.event(EventKind.PILOT_EXTENDED), *enter(case, target, reason, found=found))


def _within_the_extension(case: Situation, term: ClockSum, until: date) -> None:
    extension = clock_of(case.rulebook, term.clock).extension
    if extension is None or term.due is None:
        return
    if case.state.term_extensions >= extension.times_max:
        refuse(
            RefusalCode.EXTENSION_NOT_ALLOWED,
            f"按制度文本，试点最多延期 {extension.times_max} 次，已用完。",
            f"The rulebook extends a pilot {extension.times_max} times at most; that is used up.",
        )
    run = ClockRun("term", "term", term.name, extension.length, term.unit, term.due)
    last = clock_sum(run, case.calendar, case.today).due
    if last is not None and until > last:
        refuse(
            RefusalCode.EXTENSION_NOT_ALLOWED,
            f"按制度文本，最迟可延至 {last}。",
            f"Under the rulebook the term can be extended to {last} at the latest.",
            "until",
        )


def close(case: Situation) -> tuple[NewEvent, ...]:
    """Ends the case. From evaluation: once promises are judged, dimensions graded, steps done."""
    reason = case.data.reason()
    case.data.name("outcome")
    must_be_consulted(case)
    if case.stage.kind is StageKind.EVALUATION:
        must_be_answered(case)
        must_be_evaluated(case)
    must_be_agreed(case)
    return close_with(case, None, reason)


def _measures_the_term(case: Situation, clock_id: str) -> bool:
    return any(
        clock.id == clock_id and clock.starts == "pilot.started" for clock in case.rulebook.clocks
    )
