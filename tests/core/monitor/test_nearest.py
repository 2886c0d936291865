"""Groups nearest to a limit: exactly those, however many there are and however they are valued."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.journal import JournalReader
from shidian.core.monitor import nearest as nearest_module
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.live import Live
from shidian.core.monitor.store import StoreReader
from shidian.core.rulebook.load import load_text
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import HEAD, MINUTE, T0, Log

PROJECT = "p-one"
RULES = """indicators:
  - {id: amount, title: {zh: 金额, en: Amount}, of: trade.done, take: sum, field: amount, by: [investor], window: 30m}
  - {id: mean, title: {zh: 均额, en: Mean}, of: trade.done, take: avg, field: amount, by: [investor, venue], window: since-start}
  - {id: all, title: {zh: 总额, en: All}, of: trade.done, take: sum, field: amount, window: 30m}
  - {id: share, title: {zh: 占比, en: Share}, of: trade.done, take: sum, field: amount, by: [investor], window: 30m, ratio_to: all}
limits:
  - {id: l-amount, title: {zh: 甲, en: A}, indicator: amount, max: "9", warn_at: [50, 80], on_breach: notify, public: true}
  - {id: l-mean, title: {zh: 乙, en: B}, indicator: mean, max: "6", warn_at: [80], below: true, on_breach: notify}
  - {id: l-share, title: {zh: 丙, en: C}, indicator: share, max: "0.2", warn_at: [50], on_breach: notify}
  - {id: l-all, title: {zh: 丁, en: D}, indicator: all, max: "90", on_breach: notify}
"""
trades = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 9), st.sampled_from("AB"), st.integers(0, 1000)),
    min_size=1,
    max_size=40,
)


def evaluated(trades):
    log = Log()
    text = HEAD.format(version=1, tile="1m", lateness="1m", idle="10m") + RULES
    log.activate(
        PROJECT, load_text(text, name="tiny.yaml", resolve=lambda name: ""), T0, {"cap": "1"}
    )
    for seqno, (minute, investor, venue, amount) in enumerate(trades, 1):
        row = {"type": "trade.done", "seqno": seqno, "rev": 0, "op": "new"}
        row |= {"time_us": T0 + minute * MINUTE, "trade.done/amount": amount}
        row |= {"trade.done/investor": investor, "trade.done/venue": venue}
        log.data(PROJECT, "s", [row])
    evaluator = Evaluator()
    for entry in log.entries:
        evaluator.step(entry)
    return log, evaluator


def by_hand(trades, at_us):
    """Rule → group → value, from the list of trades alone; amounts in minor units."""
    sums, means = {}, {}
    for minute, investor, venue, amount in trades:
        key = f'{{"investor":{investor},"venue":"{venue}"}}'
        means.setdefault(key, []).append(amount)
        sums.setdefault(f'{{"investor":{investor}}}', 0)
        if at_us - 30 * MINUTE <= T0 + minute * MINUTE < at_us:
            sums[f'{{"investor":{investor}}}'] += amount
    whole = sum(sums.values())
    shares = {name: Fraction(value, whole) for name, value in sums.items()} if whole else {}
    return {
        "l-amount": {name: Fraction(value) for name, value in sums.items()},
        "l-mean": {name: Fraction(sum(values), len(values)) for name, values in means.items()},
        "l-share": shares,
    }


BOUNDS = {
    "l-amount": [(50, lambda v: v >= 450), (80, lambda v: v >= 720), (100, lambda v: v > 900)],
    "l-mean": [(80, lambda v: v >= 480), (100, lambda v: v >= 600)],
    "l-share": [(50, lambda v: v >= Fraction(1, 10)), (100, lambda v: v > Fraction(1, 5))],
}


@settings(max_examples=25, deadline=None)
@given(trades, st.integers(1, 7), st.integers(1, 4))
def test_groups_and_counts_are_those_found_by_hand(trades, chunk, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_module, "CHUNK", chunk)
        patch.setattr(nearest_module, "NEAREST_MAX", most)
        _, evaluator = evaluated(trades)
        stated = evaluator.grouped(PROJECT, 7)
    assert [one.rule for one in stated] == ["l-amount", "l-mean", "l-share"]
    groups = {"l-mean": len({(i, v) for _, i, v, _ in trades})}
    for one in stated:
        values = by_hand(trades, one.at_us)[one.rule]
        assert (one.entry, one.project) == (7, PROJECT)
        assert one.at_us > max(T0 + minute * MINUTE for minute, *_ in trades)
        assert one.groups == groups.get(one.rule, len({i for _, i, _, _ in trades}))
        expected = sorted(values.values(), reverse=True)[:most]
        assert [values[shown.group] for shown in one.nearest] == expected
        for shown in one.nearest:
            exact = values[shown.group] * Fraction(10) ** (shown.scale - 2)
            exact *= 100 if one.rule == "l-share" else 1
            assert shown.value == exact.numerator // exact.denominator
        counted = [(rung.per_cent, rung.groups) for rung in one.rungs]
        assert counted == [
            (per_cent, sum(map(holds, values.values()))) for per_cent, holds in BOUNDS[one.rule]
        ]
        assert [rung.breach for rung in one.rungs][-1]
        assert not any(rung.breach for rung in one.rungs[:-1])


@given(
    st.lists(
        st.tuples(st.integers(-(2**61), 2**61), st.integers(1, 2**40)), min_size=11, max_size=60
    )
)
def test_quotients_that_floats_cannot_tell_apart_are_told_apart(pairs):
    pairs = [*pairs, *((top + 1, under) for top, under in pairs[:5])]
    number, over = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    found = nearest_module._largest(number, over).tolist()
    exact = sorted(range(len(pairs)), key=lambda at: (-Fraction(*pairs[at]), at))
    assert found == exact[: nearest_module.NEAREST_MAX]


def test_monitor_states_how_groups_stand_and_again_after_a_restart(tmp_path):
    trades = [(n, n % 5, "A", 100 * n) for n in range(30)]
    log, evaluator = evaluated(trades)
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    for _ in range(2):
        with JournalReader(journal) as reader:
            live = Live(reader, store)
            while live.poll():
                pass
            live.close()
        with StoreReader(store) as reader:
            assert reader.grouped() == evaluator.grouped(PROJECT, len(log.entries))
