"""The monitor's stream is copied exactly once, whatever is read again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from shidian.apps.supervision.models import (
    AlertEpisode,
    AlertItem,
    CurrentReading,
    EpisodeState,
    IndicatorReading,
    MonitorFault,
    SourceReading,
)
from shidian.apps.supervision.worker import projection
from shidian.apps.supervision.worker.projection import episodes
from shidian.core.monitor.evaluator import Fault
from shidian.core.monitor.items import Change, Current
from shidian.core.monitor.quality import SourceQuality

from .things import BREACH, WARNING, item, quick_pilot, reading


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


def test_items_become_rows_and_one_episode(pilot):
    applied = projection.apply_items(
        [item(pilot, 1, rung=WARNING), item(pilot, 2, Change.ESCALATED, rung=BREACH)]
    )
    episode = AlertEpisode.objects.get()
    assert AlertItem.objects.count() == 2
    assert (episode.level, episode.state) == ("breach", EpisodeState.OPEN)
    assert (episode.opened_entry, episode.last_entry) == (10, 20)
    assert applied.entries == {pilot.public_id: 20}
    assert applied.schemes == {"demo-city": 20}


def test_items_read_again_change_nothing(pilot):
    items = [item(pilot, 1), item(pilot, 2, Change.RESOLVED, end_us=6)]
    projection.apply_items(items)
    before = AlertEpisode.objects.values().get()
    again = projection.apply_items(items)
    assert again.rows == 0
    assert AlertItem.objects.count() == 2
    assert AlertEpisode.objects.values().get() == before


def test_overlapping_batches_leave_each_item_once(pilot):
    items = [item(pilot, seq, episode=f"e{seq}") for seq in range(1, 7)]
    for first in range(6):
        projection.apply_items(items[first : first + 3])
    assert list(AlertItem.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert projection.position(projection.ITEMS) == 6


def test_a_crash_before_the_commit_leaves_the_cursor_where_it_was(pilot, monkeypatch):
    real = episodes.move

    def crash(*_args):
        raise DatabaseError("power cut")

    monkeypatch.setattr(episodes, "move", crash)
    with pytest.raises(DatabaseError), transaction.atomic():
        projection.apply_items([item(pilot, 1)])
    assert projection.position(projection.ITEMS) == 0
    assert not AlertItem.objects.exists()
    monkeypatch.setattr(episodes, "move", real)
    projection.apply_items([item(pilot, 1)])
    assert AlertItem.objects.count() == 1


def test_withdrawn_and_ended_episodes_are_told_apart(pilot):
    projection.apply_items(
        [
            item(pilot, 1, episode="a"),
            item(pilot, 2, Change.WITHDRAWN, episode="a"),
            item(pilot, 3, episode="b"),
            item(pilot, 4, Change.RESOLVED, episode="b", end_us=9),
        ]
    )
    states = dict(AlertEpisode.objects.values_list("episode", "state"))
    assert states == {"a": EpisodeState.WITHDRAWN, "b": EpisodeState.ENDED}


def test_a_rule_that_is_built_in_has_the_title_that_its_explanation_gives(pilot):
    title = {"zh": "无有效凭证开展业务：委托成交", "en": "Acted without a permit: Order placed"}
    acted = replace(
        item(pilot, 1),
        rule="acted-without-a-permit/order.placed",
        explanation={"rule": {"title": title}},
    )

    projection.apply_items(
        [acted, replace(item(pilot, 2, episode="e2"), rule="gone", explanation={})]
    )

    titles = dict(AlertEpisode.objects.values_list("title_zh", "title_en"))
    assert titles == {title["zh"]: title["en"], "gone": "gone"}


def test_items_of_projects_that_are_no_pilots_are_passed_over(pilot):
    projection.apply_items([item("P-1999-0001", 1), item(pilot, 2)])
    assert AlertItem.objects.get().seq == 2
    assert projection.position(projection.ITEMS) == 2


def test_items_are_append_only(pilot):
    projection.apply_items([item(pilot, 1)])
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertItem.objects.update(level="info")
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertItem.objects.all().delete()


def test_a_later_reading_of_an_instant_replaces_the_earlier(pilot):
    projection.apply_readings([reading(pilot, 1, value=5), reading(pilot, 2, value=7)])
    projection.apply_readings([reading(pilot, 3, value=9)])
    assert IndicatorReading.objects.get().value == 9
    assert projection.position(projection.READINGS) == 3


def test_current_values_are_written_only_where_they_differ(pilot, django_assert_num_queries):
    value = Current(4, pilot.public_id, "investors", 60_000_000, 12, 0, final=False)
    assert projection.apply_current([value]).rows == 1
    assert projection.apply_current([value]).rows == 0
    assert CurrentReading.objects.get().value == 12


def test_a_long_stream_costs_the_same_queries_as_a_short_one(pilot):
    def queries(items):
        with connection.execute_wrapper(counter):
            counter.number = 0
            projection.apply_items(items)
        return counter.number

    class Counter:
        number = 0

        def __call__(self, execute, *args):
            self.number += 1
            return execute(*args)

    counter = Counter()
    first = queries([item(pilot, 1)])
    assert queries([item(pilot, seq) for seq in range(2, 60)]) <= first


def test_a_fault_is_kept_once_and_goes_when_the_monitor_has_none(pilot):
    faults = [Fault(7, pilot.public_id, "SumOverflow: beyond"), Fault(8, "P-elsewhere", "x")]
    assert projection.apply_faults(faults).entries == {pilot.public_id: 7}
    assert projection.apply_faults(faults).rows == 0
    assert MonitorFault.objects.get().message == "SumOverflow: beyond"

    assert projection.apply_faults([]).entries == {pilot.public_id: 7}
    assert not MonitorFault.objects.exists()


def test_how_sources_deliver_is_kept_and_replaced(pilot, django_assert_num_queries):
    first = SourceQuality(7, pilot.public_id, "s1", 1, 200, 3, 4, 10, 20, silent=False)
    assert projection.apply_quality([first]).rows == 1
    assert projection.apply_quality([first]).rows == 0

    projection.apply_quality([replace(first, entry=8, silent=True, missing=0)])

    row = SourceReading.objects.get()
    assert (row.entry, row.missing, row.silent, row.late_per_cent) == (8, 0, True, 1.5)
    with django_assert_num_queries(5):
        many = [replace(first, source=f"s{n}", entry=9) for n in range(50)]
        projection.apply_quality(many)
