"""Chart geometry: everything lies in the box, labels do not cover each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from shidian import charts
from shidian.web.templatetags import components

START = datetime(2026, 1, 1, tzinfo=UTC)
values = st.one_of(st.none(), st.integers(0, 10**9), st.floats(0, 1e6))


def series(rows: list[list[float | None]]) -> list[charts.Series]:
    return [
        charts.Series(f"s{n}", [(START + timedelta(minutes=i), v) for i, v in enumerate(row)])
        for n, row in enumerate(rows)
    ]


@given(st.floats(1e-6, 1e12))
def test_ticks_start_at_zero_and_reach_the_highest_value(high: float) -> None:
    ticks = charts.nice_ticks(high)
    assert ticks[0] == 0
    assert ticks[-1] >= high * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7


@given(
    st.lists(st.lists(values, min_size=1, max_size=20), min_size=1, max_size=3),
    st.one_of(st.none(), st.integers(1, 10**9)),
)
def test_all_that_is_drawn_lies_in_the_box(
    rows: list[list[float | None]], limit: int | None
) -> None:
    chart = charts.draw(series(rows), limit, "cap")
    if chart is None:
        assert all(value is None for row in rows for value in row)
        return
    for line in chart.lines:
        for points in line.polylines:
            for pair in points.split():
                x, y = map(float, pair.split(","))
                assert -0.1 <= x <= charts.PLOT_WIDTH + 0.1
                assert -0.1 <= y <= charts.PLOT_HEIGHT + 0.1
    heights = sorted(label.y for label in chart.labels)
    assert all(b - a >= charts.LABEL_GAP_PX - 1e-6 for a, b in pairwise(heights))


@pytest.mark.parametrize(
    ("counts", "ticks"), [([0, 1], [0, 1]), ([0, 2], [0, 1, 2]), ([3, 9], [0, 5, 10])]
)
def test_what_is_counted_has_no_halves_on_its_axis(counts: list[int], ticks: list[int]) -> None:
    chart = charts.draw(series([counts]))
    assert chart is not None
    assert [tick.value for tick in chart.y_ticks] == ticks
    halves = charts.draw(series([[Decimal("0.5"), Decimal(1)]]))
    assert halves is not None
    assert 0.5 in [tick.value for tick in halves.y_ticks]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_axis_of_months_names_months(language: str) -> None:
    at = [datetime(2026, n, 1, tzinfo=UTC) for n in (1, 2, 3, 9, 12)]
    line = {"label": "", "points": [(one, 1) for one in at]}
    with translation.override(language), timezone.override(UTC):
        drawn = components.line_chart([line])
    named = [drawn[name] for name in ("x_first", "x_middle", "x_last")]
    english = ["January 2026", "September 2026", "December 2026"]
    assert named == (english if language == "en" else ["2026年1月", "2026年9月", "2026年12月"])


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=20, unique=True))
def test_the_middle_of_the_axis_names_the_instant_that_lies_there(minutes: list[int]) -> None:
    """However unevenly the points lie: most may be of the last minutes."""
    at = [START + timedelta(minutes=n) for n in sorted(minutes)]
    chart = charts.draw([charts.Series("s", [(one, 1) for one in at])])
    assert chart is not None
    assert chart.x_middle == at[0] + (at[-1] - at[0]) / 2
    assert abs(chart.x_middle_percent - 50) < 1e-6

    days = [one.date() for one in at]
    chart = charts.draw([charts.Series("s", [(one, 1) for one in days])])
    assert chart is not None
    if chart.x_middle is None:
        assert days[-1] - days[0] < timedelta(days=2)
        return
    share = (chart.x_middle - days[0]) / (days[-1] - days[0])
    assert abs(chart.x_middle_percent - share * 100) < 1e-6


def test_a_gap_breaks_the_line_and_is_no_zero() -> None:
    chart = charts.draw(series([[1, 2, None, 4]]))
    assert chart is not None
    assert len(chart.lines[0].polylines) == 1
    assert len(chart.lines[0].dots) == 1
    assert chart.low == 1


def test_sparkline_needs_two_values() -> None:
    assert charts.sparkline([1, None]) == ""
    assert len(charts.sparkline([1, 2, 3]).split()) == 3


@given(st.lists(st.lists(values, min_size=1, max_size=20), min_size=1, max_size=3))
def test_a_table_has_every_value_that_the_lines_have_once_and_in_order(
    rows: list[list[float | None]],
) -> None:
    lines = series(rows)
    table = charts.table_of(lines)
    instants = [at for at, _ in table]
    assert instants == sorted(set(instants))  # type: ignore[type-var]
    for index, line in enumerate(lines):
        told = {at: found[index] for at, found in table}
        assert all(told[at] == value for at, value in line.points)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.floats(-1e6, 1e6), max_size=2),
)
def test_estimates_lie_between_their_ends_and_all_in_the_box(
    drawn: list[tuple[float, float, float, bool]], marks: list[float]
) -> None:
    rows = [
        (f"e{n}", value, value - below, None if is_open else value + above)
        for n, (value, below, above, is_open) in enumerate(drawn)
    ]
    found = charts.intervals(rows, [(f"m{n}", at) for n, at in enumerate(marks)])
    assert found is not None
    for row in found.rows:
        assert row.low is not None
        assert -1e-6 <= row.low <= row.value + 1e-6
        assert row.value <= (charts.PLOT_WIDTH if row.high is None else row.high) + 1e-6
    places = [one.at for one in (*found.marks, *found.ticks)]
    assert all(-1e-6 <= at <= charts.PLOT_WIDTH + 1e-6 for at in places)


def test_nothing_estimated_draws_nothing() -> None:
    assert charts.intervals([], [("margin", 0.0)]) is None
