"""Figures of a period: held against the oracle, and each computed again from its evidence alone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from shidian.core.journal import JournalReader
from shidian.core.journal.entry import EntryKind, EventsRemovedError
from shidian.core.monitor.evidence import entries_digest
from shidian.core.monitor.period import FigureKind, PeriodRun, Span, decimal_text
from shidian.core.monitor.period_reading import digest_between, run_of
from shidian.core.monitor.readings import stated
from tests.core.monitor.agreement import write_journal
from tests.factories import loaded
from tests.oracle import naive
from tests.oracle.histories import MINUTE, T0, Log, random_log

FAILED = {"rev": 0, "op": "new", "type": "order.failed", "order.failed/investor": 1}
SPAN = Span(T0, T0 + 60 * MINUTE)
PLAN = {"investors_max": "100", "turnover_daily_max": "1000000", "losses_max": "1000000"}


def taken(entries, project="p-one"):
    for entry in entries:
        if entry.project == project and entry.kind is not EntryKind.TICK:
            yield entry, entry.table() if entry.kind is EntryKind.DATA else None


def run(entries, project="p-one", **more):
    return PeriodRun(project, **more).take(taken(entries, project))


def oracle(entries, project, found, span):
    """The figure as the oracle's windows say it, as (integer or None, scale)."""
    plain = naive.relevant([naive.plain(entry) for entry in entries], project)
    plain = naive.marked(plain, project)
    begun = naive.segments(plain)
    (*_, segment) = [one for one in begun if one[0] < span.to_us] or begun[:1]
    measure = next(one for one in segment[3].measures if one.id == found.indicator)
    known = naive.Known(naive.believed_events(plain))
    step = measure.step_us
    if found.kind is FigureKind.TOTAL:
        measure = widened(measure, span)
        instants = [-(-span.to_us // measure.tile_us) * measure.tile_us]
    elif found.kind is FigureKind.AT_END:
        instants = [span.to_us // step * step]
    else:
        instants = range(-(-(span.from_us + 1) // step) * step, span.to_us + 1, step)
    values = [
        value
        for group, first in known.groups(measure).items()
        for at in instants
        if at >= (first // step + 1) * step
        and (value := naive.value_at(measure, at, group, known)) is not None
    ]
    if not values:
        return None, found.scale
    return stated(measure, max(values).numerator, max(values).denominator)


def widened(measure, span):
    tile = measure.tile_us
    low, high = (-(-at // tile) * tile for at in (span.from_us, span.to_us))
    under = None if measure.ratio_to is None else widened(measure.ratio_to, span)
    return replace(
        measure, window_us=high - low, step_us=tile, by=(), opens_us=None, ratio_to=under
    )


def test_figures_are_the_oracles_and_follow_from_their_evidence_alone():
    assert agreed(range(5)) == set(FigureKind)


@pytest.mark.prove
def test_more_figures_are_the_oracles():
    assert agreed(range(5, 40)) == set(FigureKind)


def agreed(seeds):
    """Hold the figures of these histories against the oracle; the kinds that were held."""
    kinds = set()
    for seed in seeds:
        rng = random.Random(seed)
        entries = random_log(seed).entries
        low = T0 + rng.randint(-2, 8) * MINUTE
        span = Span(low, low + rng.randint(1, 15) * MINUTE)
        for project in {entry.project for entry in entries if entry.project}:
            whole = run(entries, project)
            for figure in whole.figures(span, {f"i{n}" for n in range(4)}):
                kinds.add(figure.kind)
                expected = oracle(entries, project, figure, span)
                said = (figure.indicator, figure.kind, seed, project)
                assert (figure.value, figure.scale) == expected, said
                evidence = figure.evidence
                alone = run(
                    entries, project, only=(evidence.first_entry, evidence.last_entry)
                ).figure(figure.indicator, figure.kind, span)
                assert (alone.value, alone.at_us) == (figure.value, figure.at_us), said
                assert alone.evidence.digest == evidence.digest, said
    return kinds


@pytest.fixture
def log():
    """Thirty failed orders in one minute, two later, ten in the next period."""
    log = Log()
    log.activate("p-one", loaded(), T0, PLAN)
    seqno = 0
    for minute, number in ((3, 30), (20, 2), (70, 10)):
        rows = []
        for _ in range(number):
            seqno += 1
            rows.append(FAILED | {"seqno": seqno, "time_us": T0 + minute * MINUTE})
        log.now_us = T0 + (minute + 1) * MINUTE
        log.data("p-one", "orders", rows)
    return log


def failures(found):
    return {one.kind: one for one in found.figures(SPAN, {"failures_5m"})}


def test_a_month_is_its_own_window_and_its_highest_moment_is_named(log):
    found = failures(run(log.entries))

    assert found[FigureKind.TOTAL].text == "32"
    assert found[FigureKind.HIGHEST].text == "30"
    assert found[FigureKind.HIGHEST].at_us == T0 + 4 * MINUTE
    assert found[FigureKind.AT_END].text == "0"
    evidence = found[FigureKind.TOTAL].evidence
    assert (evidence.first_entry, evidence.last_entry, evidence.feeds) == (2, 3, (("orders", 1),))
    heads = [(entry.entry, entry.sha256) for entry in log.entries[1:3]]
    assert evidence.digest == entries_digest(heads)


def test_indicators_of_which_nothing_ever_came_are_left_out(log):
    found = run(log.entries)
    asked = {one.id for one in loaded().rulebook.indicators}
    named = {one.indicator for one in found.figures(SPAN, asked)}
    assert "failures_5m" in named
    assert "complaints_1d" not in named
    with pytest.raises(LookupError):
        found.figure("no-such", FigureKind.TOTAL, SPAN)


def test_a_late_correction_moves_the_figure_and_its_range_and_not_what_was_known_before(log):
    rows = [FAILED | {"seqno": 31, "time_us": T0 + 20 * MINUTE, "rev": 1, "op": "void"}]
    log.data("p-one", "orders", rows)

    after, before = failures(run(log.entries)), failures(run(log.entries[:-1]))

    assert (before[FigureKind.TOTAL].text, after[FigureKind.TOTAL].text) == ("32", "31")
    assert after[FigureKind.TOTAL].evidence.last_entry == log.entries[-1].entry
    assert before[FigureKind.TOTAL].query == after[FigureKind.TOTAL].query


def test_a_period_without_events_has_zeros_and_rests_on_no_entry(log):
    empty = Span(T0 + 30 * MINUTE, T0 + 40 * MINUTE)
    found = run(log.entries).figure("failures_5m", FigureKind.TOTAL, empty)
    assert (found.text, found.evidence.first_entry, found.evidence.entries) == ("0", 0, 0)
    assert found.evidence.digest == entries_digest([])


def test_the_journal_gives_the_same_as_the_entries_and_as_of_any_entry(log, tmp_path):
    path = tmp_path / "journal.sqlite3"
    write_journal(path, log.entries)
    with JournalReader(path) as reader:
        now, then = run_of(reader, "p-one"), run_of(reader, "p-one", through=2)
        first = failures(now)[FigureKind.TOTAL]
        assert (first.text, now.last_entry) == ("32", 4)
        assert failures(then)[FigureKind.TOTAL].text == "30"
        evidence = first.evidence
        bounds = evidence.first_entry, evidence.last_entry
        assert digest_between(reader, "p-one", *bounds) == evidence.digest
        assert not list(run_of(reader, "p-two").figures(SPAN, {"failures_5m"}))


def test_decimal_text_is_exact():
    assert [decimal_text(*one) for one in ((12345, 2), (-5, 2), (7, 0), (None, 2), (0, 6))] == [
        "123.45",
        "-0.05",
        "7",
        "",
        "0.000000",
    ]


def test_removed_events_are_said_to_be_removed(log, tmp_path, monkeypatch):
    path = tmp_path / "journal.sqlite3"
    write_journal(path, log.entries)
    with JournalReader(path) as reader:
        monkeypatch.setattr(reader, "removals", lambda: {"p-one": object()})
        with pytest.raises(EventsRemovedError):
            run_of(reader, "p-one")
