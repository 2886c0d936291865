"""Limits counted apart: how their groups stand, for those who may see the case and nobody else."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.supervision.board import board
from shidian.apps.supervision.models import GroupedReading
from shidian.apps.supervision.publish.pilots import pilot_body, pilot_figures
from shidian.apps.supervision.queries import limits_with_use
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.nearest import Grouped, GroupValue, Rung

from .test_pilots import with_rules
from .things import quick_pilot

SECRET = 73_501
"""An investor's number, and with it a value, that must be seen by nobody else."""


def stated(pilot, groups=3, *, rule="cap-turnover", entry=7):
    nearest = tuple(
        GroupValue(json.dumps({"investor": SECRET + n}), (90_123_456 - n) * 100, 4)
        for n in range(groups)
    )
    rungs = Rung(80, False, 2), Rung(95, False, 1), Rung(100, True, 0)
    return Grouped(entry, pilot.public_id, rule, 1_767_600_000_000_000, True, 4_321, rungs, nearest)


@pytest.fixture
def pilot(walk, monkeypatch):
    """A pilot whose turnover is limited for each investor."""
    pilot = quick_pilot(walk)
    (limit,) = [one for one in pilot.case.rulebook.limits if one.id == "cap-turnover"]
    indicators = tuple(
        one.model_copy(update={"by": ("investor",)}) if one.id == limit.indicator else one
        for one in pilot.case.rulebook.indicators
    )
    rules = with_rules(monkeypatch, pilot, indicators=indicators)
    monkeypatch.setattr("shidian.apps.supervision.board.rulebook_of", lambda version, digest: rules)
    return pilot


def use_of(pilot, rule="cap-turnover"):
    return next(use for use in limits_with_use(pilot) if use.limit.id == rule)


def test_what_the_monitor_says_is_kept_replaced_and_dropped(pilot):
    assert projection.apply_grouped([stated(pilot)]).entries == {pilot.public_id: 7}
    assert projection.apply_grouped([stated(pilot)]).rows == 0
    projection.apply_grouped([replace(stated(pilot), entry=9, groups=5_000)])
    row = GroupedReading.objects.get()
    assert (row.entry, row.groups, len(row.nearest)) == (9, 5_000, 3)
    assert projection.apply_grouped([]).entries == {pilot.public_id: 9}
    assert not GroupedReading.objects.exists()


def test_groups_of_projects_that_are_no_pilots_are_passed_over(pilot):
    projection.apply_grouped([replace(stated(pilot), project="P-1999-0001")])
    assert not GroupedReading.objects.exists()


def test_use_is_that_of_the_nearest_group(pilot):
    assert use_of(pilot).groups is None
    projection.apply_grouped([stated(pilot)])
    use = use_of(pilot)
    assert use.used == Decimal("901234.56")
    assert [(rung.per_cent, rung.groups) for rung in use.groups.rungs] == [
        (80, 2),
        (95, 1),
        (100, 0),
    ]
    first = use.groups.nearest[0]
    assert first.names == (("investor", str(SECRET), True),)
    assert first.per_cent == Decimal("90.1")


def test_group_just_below_the_limit_does_not_read_as_reaching_it(pilot):
    one = GroupValue('{"investor":1}', 99_999_999, 2)
    projection.apply_grouped([replace(stated(pilot), nearest=(one,))])
    assert use_of(pilot).groups.nearest[0].per_cent == Decimal("99.9")


def test_board_ranks_a_pilot_by_its_nearest_group(pilot, walk):
    projection.apply_grouped([stated(pilot)])
    (tile,) = board(walk.officer).tiles
    assert tile.nearest.limit.id == "cap-turnover"
    assert tile.nearest.used == use_of(pilot).used


@pytest.mark.rendering
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh-hans",
            ["共 4,321 组", "达到限额 80% 以上：2 组", "超出限额：0 组", "第 73501 号", "假名"],
        ),
        (
            "en",
            ["4,321 groups", "at 80% or more: 2", "over the limit: 0", "No. 73501", "pseudonyms"],
        ),
    ],
)
def test_page_shows_counts_and_the_nearest_groups(client, pilot, walk, language, said):
    projection.apply_grouped([stated(pilot)])
    client.force_login(walk.officer)
    address = reverse("supervision:pilot", args=[pilot.public_id])
    page = client.get(address, headers={"accept-language": language})
    for words in [*said, "901,234.56", "90.1%"]:
        assert words in page.text, words


@pytest.mark.rendering
def test_page_costs_the_same_queries_for_one_group_and_for_many(client, pilot, walk):
    client.force_login(walk.officer)
    address = reverse("supervision:pilot", args=[pilot.public_id])

    def queries(*given):
        projection.apply_grouped(list(given))
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    queries(stated(pilot, 1))
    one = queries(stated(pilot, 1))
    more = queries(stated(pilot, 3, entry=8), stated(pilot, 3, rule="cap-losses", entry=8))
    assert more == one


def test_nothing_of_a_group_is_made_public(pilot):
    """Not even of a limit that is public: what stands there is about the pilot as a whole."""
    projection.apply_grouped([stated(pilot)])
    assert use_of(pilot).limit.public
    for language in ("zh", "en"):
        public = json.dumps([pilot_figures(pilot, language), pilot_body(pilot, language)])
        assert "cap-turnover" in public
        for leak in (str(SECRET), "901234", "90123456", "4321", "4,321"):
            assert leak not in public
