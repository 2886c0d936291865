"""`shidian bench replay --engine spark`: ours on clusters of this machine, and Spark SQL beside it.

Each run has a process of its own. Start-up is apart: the session, and Python workers that have
imported what they need; a cluster that stands is not started for a replay.
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.answers import answer_of
from bench.replaying import (
    DifferentAnswerError,
    Taken,
    bounds_of_load,
    compare,
    replayed_here,
    warm,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.workload import Workload

MASTERS = ("local[1]", "local[2]", "local-cluster[2,1,2048]")
PEER = "spark_sql"
PEER_MASTER = "local[2]"
SETTINGS = {
    "spark.driver.memory": "4g",
    # Workers warm up by this package, which is not installed.
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[1]),
}


@dataclass(frozen=True, slots=True)
class Started:
    """A run on a cluster, and the seconds before it."""

    startup_s: float
    taken: Taken


def measure(
    load: Workload,
    *,
    masters: tuple[str, ...] = MASTERS,
    peer: bool = True,
    rounds: int = 3,
    threads: int = 2,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Medians of interleaved rounds, as the JSON that is published. Raises DifferentAnswerError."""
    here: list[Taken] = []
    runs: dict[str, list[Started]] = {master: [] for master in masters}
    if peer:
        runs[PEER] = []
    for turn in range(1, rounds + 1):
        here.append(_apart(replayed_here, load, threads))
        say(f"round {turn} of {rounds}: replay {here[-1].seconds:.2f} s")
        compare("replay", here[0], here[-1])
        for name, started in runs.items():
            found = _apart(_peer, load) if name == PEER else _apart(_ours_on, load, name)
            started.append(found)
            said = f"{found.taken.seconds:.2f} s, {found.startup_s:.2f} s to start"
            say(f"round {turn} of {rounds}: {name} {said}")
            compare(name, here[0], found.taken)
            if name != PEER and found.taken.digest != here[0].digest:
                raise DifferentAnswerError(f"{name}: {found.taken.digest}, not {here[0].digest}")
    seconds = {
        name: round(median(one.taken.seconds for one in started), 3)
        for name, started in runs.items()
    }
    one_machine = round(median(taken.seconds for taken in here), 3)
    return {
        "engine": "spark",
        "events": load.events,
        "seconds": {"replay": one_machine, **seconds},
        "startup_seconds": {
            name: round(median(one.startup_s for one in started), 3)
            for name, started in runs.items()
        },
        "against_replay": {name: round(each / one_machine, 2) for name, each in seconds.items()},
        "cores_1_to_2": _scaling(seconds),
        "digest": here[0].digest,
    }


def _scaling(seconds: dict[str, float]) -> float | None:
    """How many times faster two cores are than one; None where either was left out."""
    if not {"local[1]", "local[2]"} <= seconds.keys():
        return None
    return round(seconds["local[1]"] / seconds["local[2]"], 2)


def _apart(work: Callable[..., Any], *arguments: object) -> Any:
    """In a fresh process, with a Java machine of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _ours_on(load: Workload, master: str) -> Started:
    from shidian.core.monitor.engines.spark.cluster import session
    from shidian.core.monitor.engines.spark.replaying import SparkReplay

    begun = time.perf_counter()
    with session(master, SETTINGS) as cluster:
        cluster.each(_worker, [(1, None)] * (4 * cluster.cores))
        started = time.perf_counter()
        engine = SparkReplay(load.journal, cluster)
        found = engine.replay(explain=False)
        ended = time.perf_counter()
    if engine.evaluated:
        raise DifferentAnswerError(f"the evaluator was asked to help: {engine.evaluated}")
    answer = answer_of(found, engine.watermarks_us, bounds_of_load(load))
    taken = Taken(ended - started, answer, 0.0, found.as_known_digest)
    return Started(started - begun, taken)


def _peer(load: Workload) -> Started:
    from bench.peers import spark_sql
    from shidian.core.monitor.engines.spark.cluster import session

    # As Spark is for SQL, without what ours asks for.
    settings = {
        **SETTINGS,
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
        "spark.sql.shuffle.partitions": "8",
    }
    begun = time.perf_counter()
    with session(PEER_MASTER, settings) as cluster:
        cluster.spark.range(1000).selectExpr("sum(id)").collect()
        started = time.perf_counter()
        answer = spark_sql.answer(cluster.spark, load.files, bounds_of_load(load))
        ended = time.perf_counter()
    return Started(started - begun, Taken(ended - started, answer, 0.0))


def _worker(_: None) -> None:
    """Imports and compiled kernels, on an executor."""
    from shidian.core.monitor.engines.spark import work  # noqa: F401 - to have it imported

    warm()
