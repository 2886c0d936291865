"""Shares of a plan's values, and what is tightened with them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shidian.core.rulebook.model import PlanParameter
from shidian.core.rulebook.proportion import in_proportion, is_stricter, measure, share_of


def parameter(name: str = "one", kind: str = "int", **more: object) -> PlanParameter:
    words = {"zh": name, "en": name}
    return PlanParameter.model_validate(
        {"id": name, "type": kind, "title": words, "unit": words, "required": True, **more}
    )


@pytest.mark.parametrize(
    ("kind", "value", "share", "expected"),
    [
        ("int", "100", Fraction(1, 3), "33"),
        ("money", "0.05", Fraction(1, 3), "0.01"),
        ("money", "9000000000", Fraction(1, 2), "4500000000.00"),
        ("decimal", "0.0125", Fraction(1, 2), "0.0062"),
        ("duration", "1d", Fraction(1, 3), "8h"),
        ("duration", "1d", Fraction(1, 7), "12342857ms"),
        ("duration", "0s", Fraction(1, 2), "0d"),
    ],
)
def test_share_is_rounded_down_to_what_the_value_can_be(kind, value, share, expected):
    assert share_of(parameter(kind=kind), value, share) == expected


def test_share_of_what_protects_by_being_more_is_rounded_up():
    assert share_of(parameter(tighter="higher"), "10", Fraction(4, 3)) == "14"


def test_code_has_no_measure():
    with pytest.raises(ValueError, match="no number"):
        measure(parameter(kind="code"), "x")


CHAIN = [
    parameter("third", "money", scales_with="second"),
    parameter("first"),
    parameter("second", scales_with="first"),
    parameter("alone"),
]
AGREED = {"first": "100", "second": "50", "third": "7.00", "alone": "9"}


def test_what_scales_with_a_tightened_value_goes_with_it_along_the_chain():
    assert in_proportion(CHAIN, AGREED, {"first": "60"}) == {
        "first": "60", "second": "30", "third": "4.20",
    }  # fmt: skip


def test_value_tightened_further_by_itself_stays_and_leads_what_scales_with_it():
    found = in_proportion(CHAIN, AGREED, {"first": "60", "second": "5"})
    assert found == {"first": "60", "second": "5", "third": "0.70"}


def test_value_tightened_by_less_than_its_share_takes_its_share():
    assert in_proportion(CHAIN, AGREED, {"first": "60", "second": "49"})["second"] == "30"


def test_leader_that_is_not_agreed_or_zero_moves_nothing():
    assert in_proportion(CHAIN, {"second": "50"}, {}) == {}
    assert in_proportion(CHAIN, {**AGREED, "first": "0"}, {"alone": "1"}) == {"alone": "1"}


def test_value_that_protects_by_being_more_rises_with_its_leader():
    higher = [
        parameter("buffer", "money", tighter="higher"),
        parameter("reserve", "money", tighter="higher", scales_with="buffer"),
    ]
    found = in_proportion(higher, {"buffer": "10", "reserve": "1.00"}, {"buffer": "15"})
    assert found == {"buffer": "15", "reserve": "1.50"}


@example("duration", 10**9 - 1, Fraction(1), "d")
@given(
    st.sampled_from(["int", "money", "duration"]),
    st.integers(0, 10**9 - 1),
    st.fractions(0, 1),
    st.sampled_from(["us", "s", "d"]),
)
def test_share_of_a_value_can_be_read_again_and_is_never_more_than_exact(kind, n, share, unit):
    one = parameter(kind=kind)
    value = f"{n}{unit}" if kind == "duration" else str(n)
    found = share_of(one, value, share)
    assert measure(one, found) <= measure(one, value) * share
    assert not is_stricter(one, value, found)
