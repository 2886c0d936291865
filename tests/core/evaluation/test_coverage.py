"""A 95 % interval holds the truth 95 times in a hundred; an exact one no more seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.core.evaluation import simulations

if TYPE_CHECKING:
    from collections.abc import Callable

    Simulation = Callable[[np.random.Generator, int], float]

EXACT = [
    simulations.clopper_pearson,
    simulations.clopper_pearson_of_rare_events,
    simulations.poisson,
    simulations.rate_ratio,
]
APPROXIMATE = [
    simulations.wilson,
    simulations.newcombe,
    simulations.student,
    simulations.welch,
]
FITTED = [
    simulations.differences_hc2,
    simulations.differences_clustered,
    simulations.changes_of_few_clusters,
]


def _draw() -> np.random.Generator:
    return np.random.default_rng(simulations.SEED)


@pytest.mark.parametrize("simulation", EXACT)
def test_exact_interval_holds_the_truth_at_least_as_often_as_it_says(
    simulation: Simulation,
) -> None:
    assert simulation(_draw(), 5000) >= 0.94


@pytest.mark.parametrize("simulation", APPROXIMATE)
def test_interval_holds_the_truth_as_often_as_it_says(simulation: Simulation) -> None:
    assert 0.94 <= simulation(_draw(), 5000) <= 0.96


@pytest.mark.prove
@pytest.mark.parametrize("simulation", FITTED)
def test_fitted_interval_holds_the_truth_as_often_as_it_says(simulation: Simulation) -> None:
    assert 0.94 <= simulation(_draw(), 5000) <= 0.96


@pytest.mark.parametrize("simulation", FITTED)
def test_fitted_interval_is_near_its_level_in_a_few_worlds(simulation: Simulation) -> None:
    """A hundred worlds: within four standard deviations of 95 %."""
    assert simulation(_draw(), 100) >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 100)


@pytest.mark.parametrize("against_rest", [False, True])
def test_planted_harm_is_found_with_few_false_findings(against_rest: bool) -> None:
    found, false = simulations.planted_harm(_draw(), 2000, against_rest=against_rest)

    assert found >= 0.80
    assert false <= 0.10
