"""The events behind an alert: as many as its explanation froze, and the very ones."""

from __future__ import annotations

import pytest

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.period import PeriodRun
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.model import Take
from tests.factories import loaded
from tests.oracle.histories import MINUTE, T0, Log, random_log

FAILED = {"rev": 0, "op": "new", "type": "order.failed", "order.failed/investor": 1}
PLAN = {"investors_max": "100", "turnover_daily_max": "1000000", "losses_max": "1000000"}
ITEMS_MAX = 12
"""Of each history, from its beginning, middle and end."""


def as_of(entries, project, entry):
    taken = (
        (one, one.table() if one.kind is EntryKind.DATA else None)
        for one in entries
        if one.project == project and one.kind is not EntryKind.TICK and one.entry <= entry
    )
    return PeriodRun(project).take(taken)


def parts_of(found, item):
    """(measure, its group, its frozen part), of a quotient both."""
    raw = item.explanation
    (segment,) = [one for one in found.timeline.segments if one.entry == raw["in_force"]["entry"]]
    measure = segment.program.rule(item.rule).measure
    yield measure, item.group, raw
    if raw["divided_by"]:
        under = measure.ratio_to
        yield under, item.group if under.by else "", raw["divided_by"]


def counted(found, measure, group, raw, newest=1_000):
    window = raw["window"]
    return found.counted(measure, group, window["from_us"], window["to_us"], newest)


def held(seeds, *, further=False):
    """Hold the items of these histories against their events; how many, and the kinds of take."""
    number, takes = 0, set()
    for seed in seeds:
        entries = random_log(seed, further=further).entries
        items = [one for one in replay(entries).items if one.explanation["rule"]]
        for item in items[:: max(len(items) // ITEMS_MAX, 1)]:
            found = as_of(entries, item.project, item.entry)
            for measure, group, raw in parts_of(found, item):
                events = counted(found, measure, group, raw)
                said = (seed, item.entry, item.rule, item.group)
                assert len(events.newest) == events.number, said
                if measure.take is not Take.DISTINCT:
                    assert events.number == raw["events"], said
                values = [one.data.get(measure.field) for one in events.newest]
                if measure.take is Take.SUM:
                    frozen = sum(own for _, own in raw["tiles"]) + raw["tiles_before"]["sum"]
                    assert sum(values) == frozen, said
                if (
                    measure.take is Take.DISTINCT
                    and not measure.ratio_to
                    and not raw.get("measured")
                ):
                    assert len(set(values)) == (raw["value"] or 0), said
                takes.add(measure.take)
                number += 1
    return number, takes


def test_as_many_events_count_as_the_explanation_froze():
    number, takes = held(range(20))
    assert number > 50
    assert {Take.COUNT, Take.SUM, Take.DISTINCT} <= takes


@pytest.mark.prove
def test_more_explanations_are_held_against_their_events():
    assert held(range(20, 60))[0] > 100
    assert held(range(30_000, 30_020), further=True)[0] > 50


@pytest.fixture
def log():
    """Thirty failures at once, then two of which one is taken back and one put another time."""
    log = Log()
    log.activate("p-one", loaded(), T0, PLAN)
    for minute, numbers in ((3, range(1, 31)), (20, (31, 32))):
        rows = [FAILED | {"seqno": n, "time_us": T0 + minute * MINUTE} for n in numbers]
        log.now_us = T0 + (minute + 1) * MINUTE
        log.data("p-one", "orders", rows)
    rows = [
        FAILED | {"seqno": 5, "time_us": T0 + 3 * MINUTE, "rev": 1, "op": "void"},
        FAILED | {"seqno": 31, "time_us": T0 + 3 * MINUTE, "rev": 1, "op": "correct"},
    ]
    log.data("p-one", "orders", rows)
    return log


def failures(entries, from_us, to_us, newest=100):
    found = as_of(entries, "p-one", entries[-1].entry)
    (segment,) = found.timeline.segments
    measure = next(one for one in segment.program.measures if one.id == "failures_5m")
    return found.counted(measure, "", from_us, to_us, newest)


def test_a_correction_counts_at_its_own_time_and_names_the_entry_that_brought_it(log):
    found = failures(log.entries, T0, T0 + 5 * MINUTE)
    before = failures(log.entries[:-1], T0, T0 + 5 * MINUTE)

    assert [one.seqno for one in before.newest] == list(range(1, 31))
    assert [one.seqno for one in found.newest] == [*range(1, 5), *range(6, 32)]
    moved = found.newest[-1]
    assert (moved.entry, moved.source, moved.epoch, moved.rev) == (4, "orders", 1, 1)
    assert {(one.entry, one.rev) for one in found.newest[:-1]} == {(2, 0)}
    assert moved.data == {"investor": 1}


def test_the_newest_are_listed_and_all_are_counted(log):
    found = failures(log.entries, None, T0 + 60 * MINUTE, newest=2)

    assert found.number == 31
    assert [one.seqno for one in found.newest] == [31, 32]
    assert failures(log.entries, T0 + 30 * MINUTE, T0 + 60 * MINUTE).number == 0


def test_a_group_that_never_was_has_no_events(log):
    found = as_of(log.entries, "p-one", log.entries[-1].entry)
    (segment,) = found.timeline.segments
    measure = next(one for one in segment.program.measures if one.id == "failures_5m")
    assert found.counted(measure, '{"investor":9}', None, T0 + 60 * MINUTE, 10).number == 0
