"""The intervals as formulas over arrays. Who calls checks; so simulations can call them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any] | float
    Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]


def normal_quantile(level: float) -> float:
    """z such that a standard normal lies within ±z with probability `level`."""
    return float(special.ndtri(0.5 + level / 2))


def clopper_pearson(events: Numbers, total: Numbers, level: float) -> Bounds:
    """Exact for a proportion: Clopper & Pearson 1934, as quantiles of beta distributions."""
    k, n = np.asarray(events, dtype=np.float64), np.asarray(total, dtype=np.float64)
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, special.betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, special.betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return low, high


def wilson(events: Numbers, total: Numbers, level: float) -> Bounds:
    """Score interval for a proportion: Wilson 1927."""
    k, n = np.asarray(events, dtype=np.float64), np.asarray(total, dtype=np.float64)
    z, p = normal_quantile(level), k / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At k = 0 and k = n the bound is 0 or 1 exactly; subtraction leaves it an ulp beside.
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)


def newcombe(
    events: Numbers, total: Numbers, control_events: Numbers, control_total: Numbers, level: float
) -> Bounds:
    """Difference of two proportions by hybrid scores: Newcombe 1998, method 10."""
    p, q = np.asarray(events) / total, np.asarray(control_events) / control_total
    p_low, p_high = wilson(events, total, level)
    q_low, q_high = wilson(control_events, control_total, level)
    low = p - q - np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = p - q + np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return low, high


def student(mean: Numbers, error: Numbers, freedom: Numbers, level: float) -> Bounds:
    """mean ± t · standard error, t of so many degrees of freedom: Student 1908."""
    half = special.stdtrit(freedom, 0.5 + level / 2) * error
    return mean - half, mean + half


def welch_freedom(
    variance: Numbers, n: Numbers, control_variance: Numbers, m: Numbers
) -> NDArray[np.float64]:
    """Degrees of freedom for two means of unequal variance: Welch 1947, Satterthwaite 1946."""
    a, b = np.asarray(variance) / n, np.asarray(control_variance) / m
    freedom: NDArray[np.float64] = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return freedom


def poisson(events: Numbers, exposure: Numbers, level: float) -> Bounds:
    """Exact for a rate: Garwood 1936, as quantiles of gamma distributions."""
    k = np.asarray(events, dtype=np.float64)
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, special.gammaincinv(np.maximum(k, 1), tail))
    return low / exposure, special.gammaincinv(k + 1, 1 - tail) / exposure


def rate_ratio(
    events: Numbers,
    exposure: Numbers,
    control_events: Numbers,
    control_exposure: Numbers,
    level: float,
) -> Bounds:
    """Exact for a ratio of rates, given the sum of events: Przyborowski & Wilenski 1940."""
    low, high = clopper_pearson(events, np.asarray(events) + control_events, level)
    scale = np.asarray(control_exposure) / exposure
    with np.errstate(divide="ignore"):
        return low / (1 - low) * scale, high / (1 - high) * scale
