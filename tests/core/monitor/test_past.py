"""What is let go of is called back where it is needed: the same is said, and memory is bounded."""

from __future__ import annotations

import pytest

from shidian.core.journal import Journal, JournalReader
from shidian.core.journal.entry import EntryKind
from shidian.core.journal.sealed import SegmentDamagedError, segments_folder
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.past import JournalPast
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import through_the_journal, write_journal
from tests.core.monitor.test_evaluator import COUNT, PROJECT, SUM, alert, loaded
from tests.oracle.histories import MINUTE, T0, Log, random_log

DISTINCT = (
    "{id: d, title: {zh: 人, en: d}, of: trade.done, take: distinct, field: investor, window: 10m}"
)
LARGEST = "{id: m, title: {zh: 大, en: m}, of: trade.done, take: max, field: amount, window: 10m}"
EACH = "{id: e, title: {zh: 每, en: e}, of: trade.done, take: sum, field: amount, by: [investor], window: 10m}"
LAST = "{id: l, title: {zh: 末, en: l}, of: trade.done, take: last, field: amount, window: 5m}"
ALL = (COUNT, SUM, DISTINCT, LARGEST, EACH, LAST)


class Little(JournalPast):
    """Holds no more than windows need; `asked`: stretches that were read again."""

    def __init__(self, journal, **options):
        super().__init__(journal, **{"keep_us": 0, "least_rows": 1} | options)
        self.asked = []

    def events(self, project, before, low_us, high_us):
        self.asked.append((low_us, high_us))
        return super().events(project, before, low_us, high_us)


def told(entries, past, *, eager=True):
    """Items of an evaluator that lets go of events (`eager`: at every entry), and itself."""
    evaluator, items = Evaluator(), []
    evaluator.past = past
    for entry in entries:
        items += evaluator.apply(entry)
        for project in evaluator._projects.values() if eager else ():
            project._memory._look_at_rows = 0
    return [item.numbered(0) for item in items], evaluator


def assert_the_same(journal, entries=None):
    """With explanations and final episodes; how often events were read again."""
    with JournalReader(journal) as reader:
        entries = entries or list(reader)
        past = Little(reader)
        items, evaluator = told(entries, past)
    full = replay(entries)
    assert items == [item.numbered(0) for item in full.items]
    assert evaluator.final() == full.final
    return len(past.asked)


@pytest.mark.parametrize(
    ("first", "options"),
    [(0, {}), (40, {}), (30_000, {"further": True}), (500, {"permits": True})],
)
def test_random_histories_are_told_alike_and_explained_alike(first, options, tmp_path):
    asked = 0
    for seed in range(first, first + 5):
        log = random_log(seed, **options)
        journal = tmp_path / f"{seed}.sqlite3"
        write_journal(journal, log.entries)
        asked += assert_the_same(journal, log.entries)

    assert asked > 10


def test_what_is_sealed_is_read_again_from_its_files(tmp_path):
    asked = 0
    for seed in range(2000, 2006):
        journal = tmp_path / f"{seed}.sqlite3"
        through_the_journal(journal, random_log(seed))
        with Journal(journal) as writer:
            while writer.seal():
                pass
        assert any(segments_folder(journal).rglob("*.parquet"))
        asked += assert_the_same(journal)

    assert asked > 10


class Long:
    """A pilot that sends a trade every ten seconds for as long as it is told to."""

    def __init__(
        self,
        rules='alerts: [{id: a, title: {zh: 多, en: a}, indicator: n, levels: {breach: ">40"}}]\n',
    ):
        self.log = Log()
        self.log.activate(PROJECT, loaded(rules, indicators=ALL), T0, {"cap": "10"})
        self.seqno = 0

    def go_on(self, minutes):
        """In entries of five minutes."""
        for _ in range(minutes // 5):
            numbers = range(self.seqno + 1, self.seqno + 31)
            self.send([self.row(n, T0 + (n - 1) * MINUTE // 6) for n in numbers])
            self.seqno += 30
        return self

    def row(self, seqno, time_us, **changed):
        return {
            "type": "trade.done",
            "seqno": seqno,
            "rev": 0,
            "op": "new",
            "time_us": time_us,
            "trade.done/amount": seqno % 17 * 100,
            "trade.done/investor": seqno % 5,
        } | changed

    def send(self, rows):
        self.log.now_us = max(self.log.now_us, *(row["time_us"] for row in rows))
        self.log.data(PROJECT, "s", rows)
        return self


def told_long(tmp_path, long, **options):
    journal = tmp_path / "journal.sqlite3"
    write_journal(journal, long.log.entries)
    with JournalReader(journal) as reader:
        past = Little(reader, **options)
        items, evaluator = told(long.log.entries, past, eager=False)
    assert items == [item.numbered(0) for item in replay(long.log.entries).items]
    return past.asked, evaluator._projects[PROJECT]._values


def held(values):
    """Events, and cells of all measures and groups."""
    contents = [content.cells for content in values._contents.values()]
    contents += [one._cells for one in values._groupings.values()]
    for content in values._contents.values():
        if content.distinct is not None:
            contents += [content.distinct._pairs, content.distinct.steps]
    return values.rows, sum(map(len, contents))


def test_what_is_held_does_not_grow_with_the_history(tmp_path):
    _, short = told_long(tmp_path / "short", Long().go_on(200), least_rows=100)
    asked, long = told_long(tmp_path / "long", Long().go_on(1000), least_rows=100)

    assert not asked
    assert long.rows < 2 * 6 * (long.reach_us // MINUTE + 2)
    assert held(long)[0] <= 1.5 * held(short)[0]
    assert held(long)[1] <= 1.5 * held(short)[1]
    # One number or two for a chunk of which everything is gone.
    assert not [key for key in long._events._chunks if key[2] < 4]


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    for name in ("short", "long"):
        (tmp_path / name).mkdir()


def test_a_correction_of_long_ago_is_read_again_and_what_it_changes_is_told(tmp_path):
    long = Long().go_on(300)
    long.send([long.row(61, T0 + 10 * MINUTE, rev=1, op="void")])
    long.go_on(150)
    long.send([long.row(long.seqno + 40, T0 + 20 * MINUTE)])

    asked, values = told_long(tmp_path, long)

    assert len(asked) == 2
    assert asked[0][0] < T0 + 10 * MINUTE < asked[0][1] < asked[1][1]
    assert values.from_us is not None


def test_a_plan_of_the_same_measures_asks_for_nothing_again(tmp_path):
    long = Long("limits: [{id: r, title: {zh: 限, en: l}, indicator: n, max: plan.cap}]\n").go_on(
        200
    )
    plan = {"effective_us": T0 + 200 * MINUTE, "plan": {"cap": "20"}}
    long.log.control(EntryKind.PLAN, PROJECT, plan)

    asked, _ = told_long(tmp_path, long.go_on(50))

    assert not asked


def test_a_window_that_grows_is_told_of_as_much_more(tmp_path):
    long = Long().go_on(200)
    longer = [one.replace("window: 5m", "window: 150m") for one in (COUNT, SUM)]
    rules = loaded(alert('info: ">850", warning: ">880"'), indicators=longer)
    long.log.activate(PROJECT, rules, T0 + 200 * MINUTE, {"cap": "10"})

    asked, _ = told_long(tmp_path, long.go_on(50))

    assert len(asked) == 1


def test_rules_that_ask_something_new_are_told_of_everything(tmp_path):
    long = Long().go_on(200)
    since = COUNT.replace("window: 5m", "window: since-start")
    rules = loaded(alert('info: ">1230"'), indicators=(since, SUM))
    long.log.activate(PROJECT, rules, T0 + 201 * MINUTE, {"cap": "10"})

    asked, values = told_long(tmp_path, long.go_on(50))

    assert [low for low, _ in asked] == [0]
    assert values.from_us is not None


def test_a_damaged_file_is_named_when_it_is_asked_for_again(tmp_path):
    long = Long().go_on(200)
    journal = tmp_path / "journal.sqlite3"
    through_the_journal(journal, long.log)
    with Journal(journal) as writer, JournalReader(journal) as reader:
        evaluator = told(list(reader), Little(reader))[1]
        while writer.seal():
            pass
        (file,) = segments_folder(journal).rglob("*.parquet")
        file.write_bytes(file.read_bytes()[:-1])
        long.send([long.row(61, T0 + 10 * MINUTE, rev=1, op="void")])

        with pytest.raises(SegmentDamagedError, match=file.name):
            evaluator.apply(long.log.entries[-1])


def test_a_project_whose_events_went_meanwhile_is_left_out(tmp_path):
    long = Long().go_on(200)
    closing = {"effective_us": 1, "outcome": "graduated", "keep_until_us": 2}
    long.log.control(EntryKind.CLOSING, PROJECT, closing)
    journal = tmp_path / "journal.sqlite3"
    write_journal(journal, long.log.entries)
    with JournalReader(journal) as reader:
        evaluator = told(long.log.entries, Little(reader))[1]
        with Journal(journal) as writer:
            assert writer.retain() == [PROJECT]
        long.send([long.row(61, T0 + 10 * MINUTE, rev=1, op="void")])

        assert evaluator.apply(long.log.entries[-1]) == []
    assert evaluator.removed == {PROJECT}
    assert evaluator.projects == []
