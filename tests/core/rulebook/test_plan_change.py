"""What a change of the plan does: tightening, loosening, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.rulebook.plan_change import (
    PERMIT_MODES,
    Direction,
    codes_of,
    direction_of,
    direction_of_value,
)
from tests.core.rulebook.test_proportion import parameter

CODES = ("app", "counter", "phone", "web")
ORDERED = {
    "int": st.integers(0, 9).map(str),
    "money": st.decimals(0, 9, places=2).map(lambda one: format(one, "f")),
    "decimal": st.decimals(0, 1, places=3).map(lambda one: format(one, "f")),
    "duration": st.sampled_from(["60s", "1m", "2m", "1h", "1d"]),
    "date": st.dates().map(lambda one: one.isoformat()),
    "bool": st.sampled_from(["true", "false"]),
    "permit-mode": st.sampled_from(PERMIT_MODES),
}
UNORDERED = {
    "code": st.sampled_from(CODES),
    "codes": st.sets(st.sampled_from(CODES)).map(lambda ones: ",".join(sorted(ones))),
}
VALUES = ORDERED | UNORDERED
OPPOSITE = {
    Direction.NONE: Direction.NONE,
    Direction.TIGHTENING: Direction.LOOSENING,
    Direction.LOOSENING: Direction.TIGHTENING,
}


@st.composite
def parameters(draw, kinds=VALUES):
    kind = draw(st.sampled_from(sorted(kinds)))
    tighter = draw(st.sampled_from(["lower", "higher"]))
    return parameter(draw(st.sampled_from("abcdef")), kind, tighter=tighter)


@st.composite
def plans(draw, number=2):
    """Parameters with different ids, and so many plans of them; a value may be missing."""
    ones = {one.id: one for one in draw(st.lists(parameters(), min_size=1))}
    drawn = [
        {name: draw(VALUES[one.type]) for name, one in ones.items() if draw(st.booleans())}
        for _ in range(number)
    ]
    return tuple(ones.values()), *drawn


@given(st.data())
def test_an_ordered_value_loosens_one_way_exactly_where_it_tightens_the_other(data):
    one = data.draw(parameters(ORDERED))
    before, after = (data.draw(st.none() | ORDERED[one.type]) for _ in range(2))
    there = direction_of_value(one, before, after)

    assert direction_of_value(one, after, before) == OPPOSITE[there]


@given(plans())
def test_what_tightens_loosens_when_it_is_taken_back(drawn):
    parameters, before, after = drawn

    if direction_of(parameters, before, after) is Direction.TIGHTENING:
        assert direction_of(parameters, after, before) is Direction.LOOSENING


@given(plans())
def test_a_change_loosens_exactly_where_it_loosens_some_value(drawn):
    parameters, before, after = drawn
    each = {direction_of_value(one, before.get(one.id), after.get(one.id)) for one in parameters}
    whole = direction_of(parameters, before, after)

    assert (whole is Direction.LOOSENING) == (Direction.LOOSENING in each)
    assert (whole is Direction.NONE) == (each == {Direction.NONE})


@given(plans(3))
def test_tightening_twice_is_tightening(drawn):
    parameters, first, second, third = drawn
    steps = {direction_of(parameters, first, second), direction_of(parameters, second, third)}

    if steps <= {Direction.NONE, Direction.TIGHTENING}:
        whole = direction_of(parameters, first, third)
        assert whole is (Direction.TIGHTENING if len(steps - {Direction.NONE}) else Direction.NONE)


def test_a_mixed_change_is_a_loosening():
    both = (parameter("cap"), parameter("buffer", tighter="higher"))

    assert direction_of(both, {"cap": "9", "buffer": "9"}, {"cap": "8", "buffer": "8"}) == (
        Direction.LOOSENING
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("app,counter", "app", Direction.TIGHTENING),
        ("app,counter", "counter, app", Direction.NONE),
        ("app", "app,web", Direction.LOOSENING),
        ("app", "web", Direction.LOOSENING),
        ("app", "", Direction.TIGHTENING),
    ],
)
def test_fewer_channels_protect_more(before, after, expected):
    assert direction_of_value(parameter(kind="codes"), before, after) is expected


@pytest.mark.parametrize("tighter", ["lower", "higher"])
def test_a_mode_that_stops_more_protects_more_whatever_the_parameter_says(tighter):
    mode = parameter(kind="permit-mode", tighter=tighter)

    assert direction_of_value(mode, "advisory", "full-stop") is Direction.TIGHTENING
    assert direction_of_value(mode, "no-new-business", "advisory") is Direction.LOOSENING


@pytest.mark.parametrize(
    ("kind", "value"),
    [("permit-mode", "off"), ("bool", "yes"), ("date", "soon"), ("int", "many"), ("money", "")],
)
def test_what_is_no_value_of_the_type_is_refused(kind, value):
    fits = {"permit-mode": "advisory", "bool": "true", "date": "2026-01-01"}.get(kind, "1")
    with pytest.raises(ValueError, match=r".+"):
        direction_of_value(parameter(kind=kind), fits, value)


def test_codes_are_a_set():
    assert codes_of(" app,,web ,app") == {"app", "web"}
