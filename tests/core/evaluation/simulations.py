"""How often an interval holds what it should: worlds with a known truth, drawn from a fixed seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.evaluation import formulas
from shidian.core.evaluation.before_after import (
    Row,
    difference_in_differences,
    difference_of_changes,
)
from shidian.core.evaluation.harm import benjamini_hochberg, fisher_greater

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL = 0.95
SEED = 20_261_129


def _share(low: np.ndarray, high: np.ndarray, truth: float) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


def clopper_pearson(draw: np.random.Generator, times: int) -> float:
    events = draw.binomial(400, 0.3, times)
    return _share(*formulas.clopper_pearson(events, 400, LEVEL), 0.3)


def clopper_pearson_of_rare_events(draw: np.random.Generator, times: int) -> float:
    events = draw.binomial(60, 0.01, times)
    return _share(*formulas.clopper_pearson(events, 60, LEVEL), 0.01)


def wilson(draw: np.random.Generator, times: int) -> float:
    events = draw.binomial(400, 0.3, times)
    return _share(*formulas.wilson(events, 400, LEVEL), 0.3)


def newcombe(draw: np.random.Generator, times: int) -> float:
    pilot, control = draw.binomial(300, 0.2, times), draw.binomial(250, 0.3, times)
    return _share(*formulas.newcombe(pilot, 300, control, 250, LEVEL), -0.1)


def student(draw: np.random.Generator, times: int) -> float:
    values = draw.normal(5, 2, (times, 12))
    error = values.std(axis=1, ddof=1) / np.sqrt(12)
    return _share(*formulas.student(values.mean(axis=1), error, 11, LEVEL), 5)


def welch(draw: np.random.Generator, times: int) -> float:
    """Unequal sizes and variances, the case for which Student's pooled test fails."""
    pilot, control = draw.normal(5, 4, (times, 12)), draw.normal(3, 1, (times, 30))
    a, b = pilot.var(axis=1, ddof=1), control.var(axis=1, ddof=1)
    difference = pilot.mean(axis=1) - control.mean(axis=1)
    freedom = formulas.welch_freedom(a, 12, b, 30)
    return _share(*formulas.student(difference, np.sqrt(a / 12 + b / 30), freedom, LEVEL), 2)


def poisson(draw: np.random.Generator, times: int) -> float:
    return _share(*formulas.poisson(draw.poisson(7.5, times), 3.0, LEVEL), 2.5)


def rate_ratio(draw: np.random.Generator, times: int) -> float:
    pilot, control = draw.poisson(24, times), draw.poisson(20, times)
    return _share(*formulas.rate_ratio(pilot, 3.0, control, 5.0, LEVEL), 2.0)


def _differences(
    draw: np.random.Generator, times: int, world: Callable[[np.random.Generator], list[Row]]
) -> float:
    held = 0
    for _ in range(times):
        estimate = difference_in_differences(world(draw), level=LEVEL)
        held += estimate.low <= 1.5 <= estimate.high
    return held / times


def differences_hc2(draw: np.random.Generator, times: int) -> float:
    """Variances differ fourfold between the cells."""

    def world(draw: np.random.Generator) -> list[Row]:
        return [
            Row(float(value), pilot, after)
            for pilot, after, centre, spread in (
                (False, False, 3, 1), (False, True, 4, 1), (True, False, 2, 2), (True, True, 4.5, 2),
            )
            for value in draw.normal(centre, spread, 30)
        ]  # fmt: skip

    return _differences(draw, times, world)


def differences_clustered(draw: np.random.Generator, times: int) -> float:
    """Thirty clusters an arm; each changes in a way of its own, which all its rows share."""

    def world(draw: np.random.Generator) -> list[Row]:
        rows = []
        for cluster in range(60):
            pilot = cluster % 2 == 0
            before, change = draw.normal(0, 1), draw.normal(2.5 if pilot else 1.0, 1)
            values = draw.normal(0, 1, 4) + before
            rows += [
                Row(float(value + change * after), pilot, after, f"institution {cluster}")
                for value, after in zip(values, (False, True, False, True), strict=True)
            ]
        return rows

    return _differences(draw, times, world)


def changes_of_few_clusters(draw: np.random.Generator, times: int) -> float:
    """Four clusters in the pilot, nine in the control, which change less alike: sizes differ."""
    held = 0
    for _ in range(times):
        rows = []
        for cluster in range(13):
            pilot = cluster < 4
            change = draw.normal(2.5 if pilot else 1.0, 0.7 if pilot else 1.4)
            size = 2 + cluster % 3
            values = draw.normal(0, 0.3, 2 * size) + draw.normal(0, 1)
            rows += [
                Row(float(value + change * (at >= size)), pilot, at >= size, f"c{cluster}")
                for at, value in enumerate(values)
            ]
        estimate = difference_of_changes(rows, level=LEVEL)
        held += estimate.low <= 1.5 <= estimate.high
    return held / times


def planted_harm(
    draw: np.random.Generator, times: int, *, against_rest: bool = False
) -> tuple[float, float]:
    """1 of 12 groups at twice the risk → how often it is found, and the rate of false findings
    (the mean, over the worlds, of the false share of what was found). Each group is held against
    a control of its size, or against the other eleven."""
    risks = np.full(12, 0.03)
    risks[0] = 0.06
    harmed, control = (draw.binomial(1500, risk, (times, 12)) for risk in (risks, 0.03))
    size = np.full_like(harmed, 1500)
    others, of = harmed.sum(axis=1, keepdims=True) - harmed, 11 * size
    held_against = (others, of) if against_rest else (control, size)
    found = benjamini_hochberg(fisher_greater(harmed, size, *held_against)) <= 0.10
    false = found[:, 1:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    return float(found[:, 0].mean()), float(false.mean())
