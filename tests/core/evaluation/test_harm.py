"""Harm to one group among many: exact tests, few false findings, input refused."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.evaluation.harm import (
    Subgroup,
    against_the_rest,
    benjamini_hochberg,
    subgroup_harm,
)
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_step_up_finds_what_the_paper_finds() -> None:
    """Benjamini & Hochberg 1995, section 4.1: of fifteen p values four are found at 0.05; a
    correction by Bonferroni finds three."""
    printed = (
        "0.0001 0.0004 0.0019 0.0095 0.0201 0.0278 0.0298 0.0344 "
        "0.0459 0.3240 0.4262 0.5719 0.6528 0.7590 1.0000"
    )
    p_values = np.array([float(p) for p in printed.split()])

    assert (benjamini_hochberg(p_values) <= 0.05).sum() == 4
    assert (p_values <= 0.05 / 15).sum() == 3


def test_lady_tasting_tea() -> None:
    """Fisher, The Design of Experiments, 1935: three of four right has p = 17/70."""
    (harm,) = subgroup_harm([Subgroup("cups", 3, 4, 1, 4)])

    assert harm.p_value == pytest.approx(17 / 70, rel=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_p_value_is_the_exact_sum_over_graver_tables(
    total: int, control: int, data: st.DataObject
) -> None:
    harmed = data.draw(st.integers(0, total))
    control_harmed = data.draw(st.integers(0, control))
    margin = harmed + control_harmed

    (harm,) = subgroup_harm([Subgroup("g", harmed, total, control_harmed, control)])

    graver = sum(
        math.comb(total, k) * math.comb(control, margin - k)
        for k in range(harmed, min(total, margin) + 1)
    )
    exact = float(Fraction(graver, math.comb(total + control, margin)))
    assert harm.p_value == pytest.approx(exact, rel=1e-9)


def test_harmed_group_is_named_and_the_others_are_not() -> None:
    counts = [(f"region {at}", 90 if at == 4 else 44 + at % 3, 1500) for at in range(12)]

    found = [harm.name for harm in subgroup_harm(against_the_rest(counts)) if harm.found]

    assert found == ["region 4"]


def test_group_that_fares_better_is_no_harm() -> None:
    (harm,) = subgroup_harm([Subgroup("g", 10, 1500, 90, 1500)])

    assert not harm.found
    assert harm.p_value > 0.99


@pytest.mark.parametrize(
    ("ask", "where", "why"),
    [
        (lambda: subgroup_harm([]), "groups", "give 1 to 1000"),
        (lambda: subgroup_harm([Subgroup("g", 1, 5, 0, 0)]), "control of group g total", "empty"),
        (lambda: subgroup_harm([Subgroup("g", 6, 5, 0, 5)]), "group g", "6 events among 5"),
        (lambda: subgroup_harm([Subgroup("g", 1, 5, 1, 5)] * 2), "group g", "two groups"),
        (
            lambda: subgroup_harm([Subgroup("g", 1, 5, 1, 5)], false_discovery_rate=10),
            "false_discovery_rate",
            "0.10 for 10 %",
        ),
        (lambda: against_the_rest([("g", 1, 5)]), "groups", "at least two"),
        (lambda: against_the_rest([("g", 1, 5), ("h", -1, 5)]), "h events", "not a whole"),
    ],
)
def test_bad_groups_are_refused_with_place_and_reason(
    ask: Callable[[], object], where: str, why: str
) -> None:
    with pytest.raises(EvaluationError) as refused:
        ask()

    assert refused.value.where == where
    assert why in refused.value.text.en
