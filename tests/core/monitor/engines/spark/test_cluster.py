"""On a real cluster: the digests of one machine, and files refused by name.

`make prove` installs Spark (scripts/setup-spark); SHIDIAN_SPARK=no leaves it and these tests out.
"""

from __future__ import annotations

import random

import pytest
from bench.workload import workload

from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.engines.spark import cluster as clusters
from shidian.core.monitor.engines.spark.cluster import ClusterError, session
from shidian.core.monitor.engines.spark.replaying import SparkReplay
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import write_journal
from tests.core.monitor.engines.spark.here import ON_SPARK
from tests.core.monitor.engines.spark.test_tiles import assert_same, sealed_journal
from tests.oracle.histories import random_log

pytestmark = ON_SPARK


@pytest.fixture(scope="module")
def two_cores():
    with session("local[2]") as cluster:
        yield cluster


def test_random_histories_come_to_the_same_on_two_cores(two_cores, tmp_path):
    by_cluster = 0
    for seed in range(54_000, 54_003):
        log = random_log(seed, permits=True)
        path = tmp_path / f"{seed}.sqlite3"
        if seed % 2:
            write_journal(path, log.entries)
            entries = log.entries
        else:
            entries = sealed_journal(path, random_log(seed), random.Random(seed))
        engine = SparkReplay(path, two_cores)
        assert_same(engine.replay(), replay(entries))
        by_cluster += bool(engine.evaluated)

    assert by_cluster


def test_a_sealed_history_comes_to_the_same_on_two_cores(two_cores, load, rules, here):
    engine = SparkReplay(load.journal, two_cores)

    assert_same(engine.replay(override=rules), here)

    assert not engine.evaluated


def test_a_damaged_file_is_refused_by_name(two_cores, tmp_path):
    load = workload(tmp_path, 10_000, 2)
    file = sorted((load.journal.parent / "journal.segments").glob("*/*.parquet"))[5]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(SegmentDamagedError, match=file.name):
        SparkReplay(load.journal, two_cores).replay()

    file.unlink()
    with pytest.raises(SegmentDamagedError, match=file.name):
        SparkReplay(load.journal, two_cores).replay()


def test_an_executor_of_another_release_is_refused(two_cores, load, monkeypatch):
    monkeypatch.setattr(clusters, "version", lambda _: "0.0.9")

    with pytest.raises(ClusterError, match=r"has Shidian \S+ installed, the driver 0\.0\.9"):
        SparkReplay(load.journal, two_cores).replay(project="P-004")


def test_a_second_cluster_in_one_process_is_refused(two_cores):
    with pytest.raises(ClusterError, match="already"), session("local[1]"):
        raise AssertionError("unreachable")
