"""`shidian bench replay`: ours and the peers in turns, held to one answer."""

from __future__ import annotations

import multiprocessing
import re
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.answers import Answer, Bounds, answer_of, bounds_of
from bench.workload import Workload, plan, rules

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR = "group_by"
"""No peer but a yardstick: it reads the same files and is asked for no answer."""
AGAIN = "rethreshold"
"""Ours once more in the same process, under other thresholds, with what the first replay kept."""
PEERS = (FLOOR, "duckdb_sql", "polars", "pandas")


class DifferentAnswerError(RuntimeError):
    """A peer does not say what ours says: that is an error of the bench, not a fast peer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One run in a process of its own. `answer` None: none was given, as none of the floor."""

    seconds: float
    answer: Answer | None
    peak_rss_mib: float
    digest: str = ""


def measure(
    load: Workload,
    *,
    peers: tuple[str, ...] = PEERS,
    rounds: int = 3,
    threads: int = 2,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Medians of interleaved rounds, as the JSON that is published. Raises DifferentAnswerError."""
    runs: dict[str, list[Taken]] = {name: [] for name in ("replay", AGAIN, *peers)}
    for turn in range(1, rounds + 1):
        for name, taken in runs.items():
            taken.append(_apart(name, load, threads))
            say(f"round {turn} of {rounds}: {name} {taken[-1].seconds:.2f} s")
            compare(name, runs["replay"][0], taken[-1])
    seconds = {name: round(median(run.seconds for run in taken), 3) for name, taken in runs.items()}
    peaks = {name: round(max(run.peak_rss_mib for run in taken)) for name, taken in runs.items()}
    return {
        "events": load.events,
        "rethreshold": seconds.pop(AGAIN),
        "seconds": seconds,
        "peak_rss_mib": peaks["replay"],
        "rethreshold_peak_rss_mib": peaks[AGAIN],
        "digest": runs["replay"][0].digest,
    }


def compare(name: str, ours: Taken, taken: Taken) -> None:
    """Raises DifferentAnswerError where a run does not say what ours says."""
    if name not in (FLOOR, AGAIN):
        if taken.answer is None or ours.answer is None:
            raise DifferentAnswerError(f"{name} gives no answer")
        for rule in sorted(taken.answer.keys() | ours.answer.keys()):
            theirs, mine = taken.answer.get(rule), ours.answer.get(rule)
            if theirs != mine:
                raise DifferentAnswerError(f"{name} answers {rule}: {theirs}, ours is {mine}")
    if name in ("replay", AGAIN) and taken.digest != ours.digest:
        raise DifferentAnswerError(f"two replays: {ours.digest} and {taken.digest}")


def _apart(name: str, load: Workload, threads: int) -> Taken:
    """In a fresh process, so that memory is its own and nothing is warm."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: Taken = pool.apply(_run, (name, load, threads))
    return found


def _run(name: str, load: Workload, threads: int) -> Taken:
    if name == "replay":
        return replayed_here(load, threads)
    if name == AGAIN:
        return _again(load, threads)
    bounds = bounds_of_load(load)
    work = _peer(name, load.files, bounds, threads)
    started = time.perf_counter()
    answer = work()
    return Taken(time.perf_counter() - started, answer, _peak_mib())


def bounds_of_load(load: Workload) -> Bounds:
    """Thresholds of the workload's rules."""
    from shidian.core.monitor.compiling import compile_rules

    return bounds_of(compile_rules(rules().rulebook, plan(load.events)))


def _peer(name: str, files: str, bounds: Any, threads: int) -> Callable[[], Answer | None]:
    """A peer, imported before the clock starts."""
    if name == "polars":
        from bench.peers import polars_frames

        return lambda: polars_frames.answer(files, bounds)
    if name == "pandas":
        from bench.peers import pandas_frames

        return lambda: pandas_frames.answer(files, bounds)
    from bench.peers import duckdb_sql

    if name == "duckdb_sql":
        return lambda: duckdb_sql.answer(files, bounds, threads)

    def floor() -> None:
        duckdb_sql.group_by(files, threads)

    return floor


def replayed_here(load: Workload, threads: int) -> Taken:
    """As `shidian replay` does it: once, so nothing is kept for another time."""
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.engines.replaying import BatchReplay

    warm()
    with JournalReader(load.journal) as reader:
        started = time.perf_counter()
        batch = BatchReplay(reader, threads=threads, cache_bytes=0)
        found = batch.replay(explain=False)
        seconds = time.perf_counter() - started
        peak = _peak_mib()
        if batch.evaluated:
            raise DifferentAnswerError(f"the evaluator was asked to help: {batch.evaluated}")
        answer = answer_of(found, batch.watermarks_us, bounds_of_load(load))
    return Taken(seconds, answer, peak, found.as_known_digest)


def _again(load: Workload, threads: int) -> Taken:
    """Seconds are those of the second replay, the digest that of the first, memory that of both."""
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.engines.replaying import BatchReplay

    warm()
    with JournalReader(load.journal) as reader:
        batch = BatchReplay(reader, threads=threads)
        digest = batch.replay(explain=False).as_known_digest
        other = _other_thresholds()
        started = time.perf_counter()
        batch.replay(explain=False, override=other)
        seconds = time.perf_counter() - started
    return Taken(seconds, None, _peak_mib(), digest)


def _other_thresholds() -> Any:
    """The workload's rules with every threshold moved, nothing else."""
    return rules({"warn_at: [80]": "warn_at: [85]", '">0.3"': '">0.35"', '">0.03"': '">0.04"'})


def warm() -> None:
    """Compiled kernels are loaded before the clock starts, as imports are."""
    import numpy as np
    import pyarrow as pa

    from shidian.core.monitor.engines.known import dense_values
    from shidian.core.monitor.kernels import kernels
    from shidian.core.rulebook.model import Take

    # The first such call imports pandas where it is installed, as among our development packages.
    pa.chunked_array([[1]]).to_numpy()
    one = np.zeros(1, np.int64)
    for take in (Take.COUNT, Take.SUM, Take.MAX, Take.DISTINCT):
        dense_values(take, one, one, 2, 1, None)
    from fractions import Fraction

    dense_values(Take.QUANTILE, one, one, 2, 1, Fraction(1, 2))
    kernels().top_sums(one, one, np.array([0, 1]), 1)


def _peak_mib() -> float:
    # Not ru_maxrss: that one has what the process had that started this one.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None  # noqa: S101 - every kernel that this runs on says so
    return int(found[1]) / 1024
