"""Shares of a group: one, or the pilot's less the control's."""

from __future__ import annotations

from shidian.core.evaluation import checks, formulas
from shidian.core.evaluation.estimate import Estimate, Method

_FORMULAS = {Method.CLOPPER_PEARSON: formulas.clopper_pearson, Method.WILSON: formulas.wilson}


def proportion(
    events: int, total: int, *, level: float = 0.95, method: Method = Method.CLOPPER_PEARSON
) -> Estimate:
    """The share of a group. Clopper–Pearson never covers too seldom; Wilson is shorter, and right
    on average. Raises EvaluationError."""
    checks.level(level)
    checks.within("proportion", events, total)
    if method not in _FORMULAS:
        raise ValueError(f"{method} makes no interval for a proportion")
    low, high = _FORMULAS[method](events, total, level)
    return Estimate(events / total, float(low), float(high), level, method, (total,))


def difference_of_proportions(
    events: int, total: int, control_events: int, control_total: int, *, level: float = 0.95
) -> Estimate:
    """The pilot's share less the control's. Raises EvaluationError."""
    checks.level(level)
    checks.within("pilot", events, total)
    checks.within("control", control_events, control_total)
    low, high = formulas.newcombe(events, total, control_events, control_total, level)
    value = events / total - control_events / control_total
    n = (total, control_total)
    return Estimate(value, float(low), float(high), level, Method.NEWCOMBE, n)
