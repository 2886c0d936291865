"""A sealed plan is run as it was sealed, on later data, or not at all."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from shidian.core.evaluation.analysis import Data, Events, Sample, Share, Verdict, run
from shidian.core.evaluation.before_after import Row
from shidian.core.evaluation.estimate import Method
from shidian.core.evaluation.grade import Grade, overclaims
from shidian.core.evaluation.harm import Subgroup
from shidian.core.evaluation.plan import (
    Better,
    Clusters,
    Margins,
    Measure,
    Plan,
    Seal,
    Window,
    read_plan,
    seal,
)
from shidian.core.evaluation.words import EvaluationError, Words
from shidian_kit.wire import canonical
from tests.core.evaluation.plans import BASELINE, SEALED_AT, WINDOW, a_plan, some_data, some_rows

if TYPE_CHECKING:
    from collections.abc import Callable

PLANS = [
    a_plan(),
    a_plan(measure=Measure.MEAN),
    a_plan(measure=Measure.RATE, better=Better.LOWER, margins=Margins(0.9, 1.1)),
    a_plan(Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.MEAN),
    a_plan(Grade.COMPARED),
    a_plan(Grade.BEFORE_AFTER, measure=Measure.RATE),
    a_plan(Grade.BEFORE_AFTER),
    a_plan(Grade.DESCRIPTION),
    a_plan(Grade.DESCRIPTION, measure=Measure.MEAN),
    a_plan(Grade.DESCRIPTION, measure=Measure.RATE),
]


def named(plan: Plan) -> str:
    return f"{plan.grade}-{plan.measure}"


def ran(plan: Plan, data: Data) -> Any:
    return run(plan, seal(plan, SEALED_AT), data)


@pytest.mark.parametrize("plan", PLANS, ids=named)
def test_plan_reads_back_from_its_sealed_bytes(plan: Plan) -> None:
    assert read_plan(plan.canonical()) == plan


@pytest.mark.parametrize("plan", PLANS, ids=named)
def test_result_is_the_same_to_the_byte_and_within_its_grade(plan: Plan) -> None:
    one, other = ran(plan, some_data(plan)), ran(read_plan(plan.canonical()), some_data(plan))

    assert one.canonical() == other.canonical()
    assert overclaims(one.grade, one.sentence) == ()


def test_order_of_rows_does_not_change_a_byte() -> None:
    plan = a_plan(Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.MEAN)
    shuffled = list(some_rows())
    random.Random(1).shuffle(shuffled)

    one = ran(plan, some_data(plan))

    assert ran(plan, replace(some_data(plan), rows=tuple(shuffled))).canonical() == one.canonical()


@pytest.mark.parametrize(
    "change",
    [
        {"margins": Margins(0.01, -0.02)},
        {"level": 0.9},
        {"looks": 2},
        {"target": 2001},
        {"better": Better.LOWER, "margins": Margins(-0.02, 0.02)},
        {"lot": (2, 1)},
        {"subgroups": ("over-70",)},
        {"false_discovery_rate": 0.2},
        {"window": Window(WINDOW.start, WINDOW.end + timedelta(days=1))},
        {"question": Words("换一个问题", "Another question")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_plan_changed_after_sealing_is_refused(change: dict[str, Any]) -> None:
    plan = a_plan()
    changed = replace(plan, **change)

    with pytest.raises(EvaluationError, match="it was changed since"):
        run(changed, seal(plan, SEALED_AT), some_data(plan))


def test_data_from_before_the_sealing_are_refused() -> None:
    """Even where the plan's window would have them: the record says when it was sealed."""
    plan = a_plan()
    late = Seal(plan.digest(), WINDOW.start + timedelta(days=30))

    with pytest.raises(EvaluationError, match="before the plan was sealed") as refused:
        run(plan, late, some_data(plan))

    assert refused.value.where == "first_at"


def test_time_before_may_lie_before_the_sealing_and_only_there() -> None:
    plan = a_plan(Grade.BEFORE_AFTER)
    fits = some_data(plan)
    assert fits.baseline_first_at is not None
    assert fits.baseline_first_at < SEALED_AT
    assert ran(plan, fits).grade is Grade.BEFORE_AFTER

    for first in (None, BASELINE.start - timedelta(days=1)):
        with pytest.raises(EvaluationError, match="plan's baseline"):
            ran(plan, replace(fits, baseline_first_at=first))
    with pytest.raises(EvaluationError, match="plan's baseline"):
        ran(a_plan(), some_data(a_plan(), baseline_first_at=BASELINE.start))


def test_plan_is_sealed_before_its_window_begins() -> None:
    with pytest.raises(EvaluationError, match="let the window begin later"):
        seal(a_plan(), WINDOW.start)


def test_randomised_plan_reports_an_effect() -> None:
    result = ran(a_plan(), some_data(a_plan()))

    assert result.estimate.method is Method.NEWCOMBE
    assert result.verdict is Verdict.OPEN
    assert "is an effect of the pilot" in result.sentence.en
    assert result.lot is not None
    assert not result.lot.mismatch


def test_lot_that_did_not_hold_takes_the_words_of_a_lot_away() -> None:
    plan = a_plan()
    data = some_data(plan, pilot=Share(700, 850), reference=Share(920, 1150))

    result = ran(plan, data)

    assert result.grade is Grade.COMPARED
    assert "effect" not in result.sentence.en
    assert overclaims(Grade.COMPARED, result.sentence) == ()
    assert any("lowered" in caution.en for caution in result.cautions)


@pytest.mark.parametrize(
    ("events", "verdict"),
    [(900, Verdict.SUCCESS), (800, Verdict.SHORT), (845, Verdict.OPEN), (740, Verdict.HARM)],
)
def test_verdict_follows_interval_and_margins(events: int, verdict: Verdict) -> None:
    plan = a_plan(margins=Margins(0.04, -0.02), target=2000)

    result = ran(plan, some_data(plan, pilot=Share(events, 1000)))

    assert result.verdict is verdict


def test_verdict_where_lower_is_better() -> None:
    plan = a_plan(measure=Measure.RATE, better=Better.LOWER, margins=Margins(0.9, 1.1))

    assert ran(plan, some_data(plan)).verdict is Verdict.SUCCESS
    more = some_data(plan, pilot=Events(90, 3000.0))
    assert ran(plan, more).verdict is Verdict.HARM


def test_first_of_two_looks_has_a_wider_interval() -> None:
    plan = a_plan(looks=2, target=4000)
    early = ran(plan, some_data(plan))
    last = ran(plan, some_data(plan, earlier=(1500,)))
    single = ran(a_plan(target=4000), some_data(a_plan()))

    assert (early.look, last.look) == (1, 2)
    assert early.estimate.low < last.estimate.low < single.estimate.low
    with pytest.raises(EvaluationError, match="the plan has 2"):
        ran(plan, some_data(plan, earlier=(900, 1500)))


@pytest.mark.parametrize(
    ("clusters", "method"),
    [
        (Clusters.ROBUST_ERRORS, Method.DIFFERENCES_CLUSTERED),
        (Clusters.CHANGES, Method.CHANGES_WELCH),
    ],
)
def test_clusters_are_treated_as_planned(clusters: Clusters, method: Method) -> None:
    plan = a_plan(Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.MEAN, clusters=clusters)
    rows = tuple(
        replace(row, cluster=f"{'pilot' if row.pilot else 'control'} {at % 5}")
        for at, row in enumerate(some_rows())
    )

    result = ran(read_plan(plan.canonical()), some_data(plan, rows=rows))

    assert result.estimate.method is method
    assert result.estimate.clusters == 10
    assert bool(result.cautions) == (method is Method.DIFFERENCES_CLUSTERED)


def test_harmed_subgroup_is_named_in_the_result() -> None:
    plan = a_plan(subgroups=("under-30", "over-70"))
    groups = (
        Subgroup("under-30", 45, 1500, 44, 1500),
        Subgroup("over-70", 95, 1500, 45, 1500),
    )

    result = ran(plan, some_data(plan, subgroups=groups))

    assert [harm.name for harm in result.harms if harm.found] == ["over-70"]


@pytest.mark.parametrize(
    ("plan", "changes", "where"),
    [
        (a_plan(), {"reference": None}, "data"),
        (a_plan(), {"reference": Share(0, 0)}, "control total"),
        (a_plan(), {"pilot": Sample((1.0, 2.0))}, "data"),
        (a_plan(), {"rows": some_rows()}, "data"),
        (a_plan(Grade.DESCRIPTION), {"reference": Share(1, 2)}, "data"),
        (a_plan(), {"subgroups": (Subgroup("found later", 1, 5, 1, 5),)}, "subgroups"),
        (a_plan(subgroups=("over-70",)), {}, "subgroups"),
        (a_plan(), {"last_at": WINDOW.end}, "first_at"),
        (a_plan(), {"first_at": datetime(2026, 4, 2)}, "first_at"),  # noqa: DTZ001 - what is refused
        (
            a_plan(
                Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.MEAN, clusters=Clusters.ROBUST_ERRORS
            ),
            {},
            "rows",
        ),
        (
            a_plan(Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.MEAN),
            {"rows": (*some_rows(), Row(1.0, True, True, "c"))},
            "rows",
        ),
    ],
)
def test_data_other_than_planned_are_refused(
    plan: Plan, changes: dict[str, Any], where: str
) -> None:
    with pytest.raises(EvaluationError) as refused:
        ran(plan, replace(some_data(plan), **changes))

    assert refused.value.where == where


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: a_plan(plan_id="Not an id"), "plan_id"),
        (lambda: a_plan(lot=None), "lot"),
        (lambda: a_plan(lot=(1, 0)), "lot"),
        (lambda: a_plan(Grade.COMPARED, lot=(1, 1)), "lot"),
        (lambda: a_plan(Grade.BEFORE_AFTER, baseline=None), "baseline"),
        (lambda: a_plan(Grade.BEFORE_AFTER, baseline=WINDOW), "baseline"),
        (lambda: a_plan(window=Window(WINDOW.end, WINDOW.start)), "window"),
        (lambda: a_plan(margins=Margins(-0.02, 0.02)), "margins"),
        (lambda: a_plan(margins=Margins(float("nan"), 0.0)), "margins"),
        (lambda: a_plan(looks=11), "looks"),
        (lambda: a_plan(target=0), "target"),
        (lambda: a_plan(level=95), "level"),
        (lambda: a_plan(clusters=Clusters.ROBUST_ERRORS), "clusters"),
        (lambda: a_plan(Grade.CONTROLLED_BEFORE_AFTER, measure=Measure.RATE), "measure"),
        (lambda: a_plan(subgroups=("a", "a")), "subgroups"),
        (lambda: a_plan(false_discovery_rate=10), "false_discovery_rate"),
        (lambda: a_plan(outcome=Words("长" * 2001, "long")), "outcome"),
        (lambda: a_plan(unit=Words("件", "cases")), "unit"),
        (lambda: a_plan(measure=Measure.MEAN, unit=None), "unit"),
    ],
)
def test_plan_that_contradicts_itself_is_refused(make: Callable[[], Plan], where: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        make()

    assert refused.value.where == where


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b" " * 300_000,
        b"{}",
        a_plan().canonical() + b" ",
        canonical.dumps({**a_plan().document(), "also": 1}),
        canonical.dumps({**a_plan().document(), "lot": [1]}),
        canonical.dumps({**a_plan().document(), "lot": [1, 1, 1]}),
        canonical.dumps({**a_plan().document(), "level": "0.95"}),
        canonical.dumps({**a_plan().document(), "clusters": "yes"}),
        canonical.dumps({**a_plan().document(), "spending": "pocock"}),
        canonical.dumps({**a_plan().document(), "window": {"start": "2026", "end": "x"}}),
    ],
)
def test_document_that_is_no_plan_is_refused(text: bytes) -> None:
    with pytest.raises(EvaluationError):
        read_plan(text)


def test_figures_of_the_result_name_plan_and_data_by_digest() -> None:
    plan = a_plan()
    one, other = ran(plan, some_data(plan)), ran(plan, some_data(plan, pilot=Share(851, 1000)))

    assert one.plan_digest == plan.digest() == other.plan_digest
    assert one.data_digest != other.data_digest


def test_the_same_instant_in_another_time_zone_is_the_same_plan() -> None:
    beijing = timezone(timedelta(hours=8))
    there = Window(WINDOW.start.astimezone(beijing), WINDOW.end.astimezone(beijing))

    assert a_plan(window=there).digest() == a_plan().digest()
    assert a_plan().document()["window"]["start"] == "2026-04-01T00:00:00Z"
