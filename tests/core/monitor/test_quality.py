"""How sources deliver: what is missing, late or silent, as a function of the log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.quality import QualityState
from tests.oracle.histories import MINUTE, T0, Log, random_log


def sent(*batches, epochs=None):
    """A log of one source whose batches are lists of (seqno, minute)."""
    log = Log()
    for place, batch in enumerate(batches):
        rows = [
            {
                "seqno": seqno,
                "rev": 0,
                "op": "new",
                "time_us": T0 + minute * MINUTE,
                "type": "order.failed",
                "order.failed/investor": 1,
                "order.failed/delay": 0,
            }
            for seqno, minute in batch
        ]
        log.now_us = T0 + place * MINUTE
        log.data("p", "s", rows, (epochs or [1] * len(batches))[place])
    return log


def quality(log, lateness_us=MINUTE):
    state, found = QualityState("p"), None
    for entry in log.entries:
        found = state.saw(entry, entry.table(), lateness_us) or found
    return found


def test_numbers_are_missing_until_they_come():
    assert quality(sent([(1, 0), (2, 0)])).missing == 0
    assert quality(sent([(1, 0), (5, 0)])).missing == 3
    assert quality(sent([(3, 0)], [(2, 0), (1, 0)])).missing == 0


def test_another_epoch_counts_anew():
    found = quality(sent([(1, 0), (9, 0)], [(1, 1)], epochs=[1, 2]))

    assert (found.epoch, found.missing, found.events) == (2, 0, 3)


def test_late_is_what_comes_more_than_the_lateness_behind():
    found = quality(sent([(1, 5)], [(2, 4), (3, 3), (4, 6)]))

    assert (found.events, found.late) == (4, 1)


@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=5), min_size=1, max_size=12))
def test_missing_is_what_lies_below_the_highest_and_never_came(batches):
    unique = [sorted(set(batch)) for batch in batches]
    came = {seqno for batch in unique for seqno in batch}

    found = quality(sent(*[[(seqno, 0) for seqno in batch] for batch in unique]))

    assert found.missing == max(came) - len(came)


def test_ticks_make_silent_and_entries_end_it():
    silent = set()
    for seed in range(30):
        state = {}
        evaluator = Evaluator()
        for entry in random_log(seed).entries:
            told = evaluator.step(entry).quality
            state |= {(one.project, one.source): one.silent for one in told}
            assert all(one.silent is (entry.kind is EntryKind.TICK) for one in told)
        silent |= set(state.values())

    assert silent == {True, False}
