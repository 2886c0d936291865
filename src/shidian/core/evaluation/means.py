"""Means of measured values: one, or the pilot's less the control's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shidian.core.evaluation import checks, formulas
from shidian.core.evaluation.estimate import Estimate, Method
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean(values: Sequence[float], *, level: float = 0.95) -> Estimate:
    """The mean of a group. Raises EvaluationError."""
    checks.level(level)
    centre, variance, n = _moments("values", values)
    error = math.sqrt(_spread(variance / n))
    low, high = formulas.student(centre, error, n - 1, level)
    return Estimate(centre, float(low), float(high), level, Method.STUDENT_T, (n,), error)


def difference_of_means(
    values: Sequence[float], control: Sequence[float], *, level: float = 0.95
) -> Estimate:
    """The pilot's mean less the control's; variances may differ. Raises EvaluationError."""
    checks.level(level)
    a, a_variance, n = _moments("pilot", values)
    b, b_variance, m = _moments("control", control)
    error = math.sqrt(_spread(a_variance / n + b_variance / m))
    freedom = formulas.welch_freedom(a_variance, n, b_variance, m)
    low, high = formulas.student(a - b, error, freedom, level)
    return Estimate(a - b, float(low), float(high), level, Method.WELCH_T, (n, m), error)


def _moments(where: str, given: Sequence[float]) -> tuple[float, float, int]:
    """Mean, variance (of n − 1) and size, by exact sums: the order of rows does not matter."""
    array = checks.values(where, given)
    n = len(array)
    centre = math.fsum(array) / n
    return centre, math.fsum((array - centre) ** 2) / (n - 1), n


def _spread(variance: float) -> float:
    if variance == 0:
        raise EvaluationError(
            "values",
            "所有数值相同，无法得出区间；请检查数据",
            "all values are the same, which gives no interval; look at where they come from",
        )
    return variance
