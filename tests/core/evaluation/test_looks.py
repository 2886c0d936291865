"""Looks before the end: published boundaries, and the chance of a false finding kept over all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.evaluation.looks import boundaries, nominal_level, spent
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "printed",
    [
        [2.9626, 1.9686],
        [3.7103, 2.5114, 1.9930],
        [4.3326, 2.9631, 2.3590, 2.0141],
        [4.8769, 3.3569, 2.6803, 2.2898, 2.0310],
    ],
)
def test_boundaries_of_even_looks_are_those_published(printed: list[float]) -> None:
    """Two-sided 0.05, as printed by the program of Reboussin, DeMets, Kim & Lan, Controlled
    Clinical Trials 21 (2000) 190–207."""
    looks = len(printed)

    found = boundaries([100 * at for at in range(1, looks + 1)], 100 * looks, looks, 0.05)

    assert found == pytest.approx(printed, abs=1.5e-4)


def test_uneven_looks_keep_the_chance_of_a_false_finding() -> None:
    """Forty thousand pilots without any effect: 5 % cross a boundary, within four deviations."""
    seen = [300, 450, 900, 1100]
    limits = np.array(boundaries(seen, 1000, 4, 0.05))
    steps = np.sqrt(np.diff([0, *seen])) * np.random.default_rng(11).normal(size=(40_000, 4))
    z = steps.cumsum(axis=1) / np.sqrt(seen)

    crossed = (np.abs(z) > limits).any(axis=1).mean()

    assert abs(crossed - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 40_000)


def test_looking_every_time_at_the_full_level_would_not() -> None:
    seen = np.array([250, 500, 750, 1000])
    steps = np.sqrt(250) * np.random.default_rng(11).normal(size=(40_000, 4))

    crossed = (np.abs(steps.cumsum(axis=1) / np.sqrt(seen)) > 1.96).any(axis=1).mean()

    assert crossed > 0.11


@given(st.floats(0.1, 1), st.floats(0.1, 1))
@settings(max_examples=40)
def test_more_information_spends_more_and_all_of_it_spends_alpha(one: float, other: float) -> None:
    assert spent(min(one, other), 0.05) <= spent(max(one, other), 0.05)
    assert spent(1.0, 0.05) == pytest.approx(0.05, rel=1e-12)


def test_one_planned_look_has_the_level_of_the_plan() -> None:
    assert nominal_level([7], 1000, 1, 0.95) == 0.95


def test_early_look_has_a_higher_level_than_the_last() -> None:
    early, late = nominal_level([500], 1000, 2, 0.95), nominal_level([500, 900], 1000, 2, 0.95)

    assert early == pytest.approx(0.99695, abs=1e-5)
    assert 0.95 < late < 0.952


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: boundaries([500, 1000], 1000, 1, 0.05), "the plan has 1"),
        (lambda: boundaries([50], 1000, 2, 0.05), "too little is new"),
        (lambda: boundaries([500, 500], 1000, 3, 0.05), "too little is new"),
        (lambda: boundaries([500, 400], 1000, 3, 0.05), "too little is new"),
        (lambda: boundaries([1000, 1200], 1000, 3, 0.05), "that was the last"),
        (lambda: boundaries([500], 0, 2, 0.05), "empty"),
        (lambda: nominal_level([100], 1000, 2, 0.9999), "look later"),
    ],
)
def test_bad_looks_are_refused(ask: Callable[[], object], why: str) -> None:
    with pytest.raises(EvaluationError, match=why):
        ask()
