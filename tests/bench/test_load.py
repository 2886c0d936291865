"""`shidian bench load` at a small size: copies are what the verbs write, and pages cost as ever."""

from __future__ import annotations

import random

import pytest
from bench.load import Sizes, measured, pages, timed
from bench.load_data import DifferentCopyError, Filled, check, fill
from django.db import transaction

from shidian.apps.cases.models import Case, CaseText, Task
from tests.factories import LONG_AGO


def _fill(count: int) -> Filled:
    return fill(
        cases_wanted=count,
        events_wanted=20 * count,
        institutions=10,
        variants=1,
        seed=3,
        say=lambda _: None,
    )


@pytest.mark.prove
def test_a_bench_of_casework_says_what_it_saw(db: None) -> None:
    sizes = Sizes(cases=100, events=2_000, institutions=10, variants=1, rounds=1)

    found = measured(sizes, lambda _: None)

    assert found["cases"] in range(95, 106)
    assert found["events"] >= 2_000
    assert set(found["p95_ms"]) == set(found["queries"]) >= {"desk", "queue", "search_zh", "case"}
    assert all(one > 0 for one in found["p95_ms"].values())


@pytest.mark.prove
def test_a_copy_that_says_something_else_is_noticed(db: None) -> None:
    filled = _fill(60)
    assert check(filled, random.Random(1)) == 20
    copies = filled.copies().filter(outcome="")

    for spoil in (
        lambda: copies.update(stage="closed"),
        lambda: Task.objects.filter(case__in=copies).update(due=LONG_AGO),
        lambda: CaseText.objects.filter(case__in=copies).update(tokens="wnothing"),
    ):
        with transaction.atomic():
            spoil()
            with pytest.raises(DifferentCopyError):
                check(filled, random.Random(1))
            transaction.set_rollback(True)


@pytest.mark.prove
def test_no_page_asks_more_of_a_fuller_database(db: None) -> None:
    """Three times the cases, and not one query more on any list or case page."""
    asked = []
    for count in (100, 300):
        with transaction.atomic():
            seen = {name: found[:3] for name, found in pages(_fill(count)).items()}
            asked.append(timed(seen, 0, lambda _: None)[2])
            assert Case.objects.count() >= count * 9 // 10
            transaction.set_rollback(True)

    assert asked[0] == asked[1]
