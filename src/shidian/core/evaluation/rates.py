"""Events over time or volume, such as complaints per thousand investor-months: exact Poisson."""

from __future__ import annotations

import math

from shidian.core.evaluation import checks, formulas
from shidian.core.evaluation.estimate import Estimate, Method
from shidian.core.evaluation.words import EvaluationError


def rate(events: int, exposure: float, *, level: float = 0.95) -> Estimate:
    """Events per unit of exposure. Raises EvaluationError."""
    checks.level(level)
    checks.count("events", events)
    checks.exposure("exposure", exposure)
    low, high = formulas.poisson(events, exposure, level)
    value = events / exposure
    return Estimate(value, float(low), float(high), level, Method.POISSON_EXACT, (events,))


def complaint_rate(
    complaints: int, investors: int, months: float, *, per: int = 1000, level: float = 0.95
) -> Estimate:
    """Complaints per `per` investors a month. Raises EvaluationError."""
    checks.size("investors", investors)
    checks.exposure("months", months)
    return rate(complaints, investors * months / checks.size("per", per), level=level)


def ratio_of_rates(
    events: int,
    exposure: float,
    control_events: int,
    control_exposure: float,
    *,
    level: float = 0.95,
) -> Estimate:
    """The pilot's rate as a multiple of the control's; infinite where the control has no event.
    Raises EvaluationError, also where neither has one: then nothing is known of the ratio."""
    checks.level(level)
    checks.count("pilot events", events)
    checks.count("control events", control_events)
    checks.exposure("pilot exposure", exposure)
    checks.exposure("control exposure", control_exposure)
    if events + control_events == 0:
        raise EvaluationError(
            "events",
            "两组均无事件，无法得出比率；请分别报告两组的发生率",
            "no event in either group says nothing of their ratio; report each group's rate",
        )
    low, high = formulas.rate_ratio(events, exposure, control_events, control_exposure, level)
    scale = control_exposure / exposure
    value = events / control_events * scale if control_events else math.inf
    n = (events, control_events)
    return Estimate(value, float(low), float(high), level, Method.RATE_RATIO_EXACT, n)
