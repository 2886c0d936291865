"""One figure of an evaluation, with what it rests on: as an officer had it drawn, or as of now."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.apps.supervision.evaluation_lines import (
    PRESENT,
    WORST,
    asked_of_promises,
    promise_key,
)
from shidian.apps.supervision.evaluations import lines_of, measured_promises
from shidian.apps.supervision.models import EvaluationFigures, PlanResult, SealedPlan
from shidian.apps.supervision.report_lines import draw_asked

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.promises import PilotPromise
    from shidian.apps.supervision.report_lines import Line
    from shidian.core.procedure.promises import Measured
    from shidian.core.rulebook.model import Text

PROMISE, PLAN = "promise", "plan"


@dataclass(frozen=True, slots=True)
class OfPromise:
    """A figure of a promise. `kept`: with which others it was drawn; None: drawn now.

    `before`: what was drawn last, where it is another by now.
    """

    title: Text
    line: Line
    kept: EvaluationFigures | None
    before: Line | None


@dataclass(frozen=True, slots=True)
class OfAnalysis:
    """A figure of a look at a sealed plan."""

    sealed: SealedPlan
    result: PlanResult
    line: Line


def newest_figures(case: Case) -> EvaluationFigures | None:
    """What an officer had drawn last."""
    return EvaluationFigures.objects.filter(case=case).select_related("drawn_by").first()


def promise_figure(case: Case, rule: str, which: str) -> OfPromise | None:
    """A promise's present value, or that nearest to breaking it; None where there is none.

    Raises NoFiguresError where it was not drawn yet and cannot be drawn here.
    """
    promise = next((one for one in measured_promises(case) if one.rule.id == rule), None)
    found = None if promise is None else _measured(promise, which)
    if promise is None or found is None:
        return None
    kept = newest_figures(case)
    key = promise_key(rule, which)
    before = next((one for one in kept.lines if one["key"] == key), None) if kept else None
    if before is not None and says(before, found):
        return OfPromise(promise.rule.title, before, kept, None)
    pilot = case.pilot
    pilot.case = case
    asked = [one for one in asked_of_promises(pilot, [promise]) if one.key == key]
    (line,) = draw_asked(pilot, asked).lines
    return OfPromise(promise.rule.title, line, None, before)


def says(line: Line, found: Measured) -> bool:
    """Whether a line states that value at that instant."""
    return line["at_us"] == str(found.at_us) and Fraction(line["value"] or 0) == found.value


def analysis_figure(case: Case, number: int, look: int, key: str) -> OfAnalysis | None:
    """A figure that an analysis was given, or that it found; None where there is none."""
    rows = PlanResult.objects.filter(plan__case=case, plan__number=number, look=look)
    result = rows.select_related("plan", "run_by").first()
    if result is None:
        return None
    lines = lines_of(result.plan, result)
    line = next((one for one in lines if one["key"] == key), None)
    return None if line is None else OfAnalysis(result.plan, result, line)


def _measured(promise: PilotPromise, which: str) -> Measured | None:
    return {PRESENT: promise.present, WORST: promise.judged.worst}.get(which)
