"""On a real cluster: the digests of one machine, files refused by name, executors killed midway.

`make prove` installs Spark (scripts/setup-spark); SHIDIAN_SPARK=no leaves it and these tests out.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from bench.workload import workload
from click.testing import CliRunner

from shidian.cli.replay import replay as command
from shidian.core.journal import JournalReader
from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.engines.spark import cluster as clusters
from shidian.core.monitor.engines.spark.cluster import ClusterError, session
from shidian.core.monitor.engines.spark.replaying import SparkReplay
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import write_journal
from tests.core.monitor.engines.spark.test_tiles import assert_same, sealed_journal
from tests.oracle.histories import random_log

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(os.environ.get("SHIDIAN_SPARK") == "no", reason="SHIDIAN_SPARK=no"),
    # What PySpark does inside is not ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark.*"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KILLS = int(os.environ.get("SHIDIAN_EXECUTOR_KILLS", "3"))
"""How many executors are killed in the course of replays; each replay has one or more."""

TWO_PROCESSES = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """A sealed history of 64 projects."""
    return workload(tmp_path_factory.mktemp("history"), 200_000, 1)


@pytest.fixture(scope="module")
def here(load):
    """What one machine says of it."""
    with JournalReader(load.journal) as reader:
        return BatchReplay(reader, threads=2, cache_bytes=0).replay()


@pytest.fixture(scope="module")
def two_cores():
    with session("local[2]") as cluster:
        yield cluster


def test_random_histories_come_to_the_same_on_two_cores(two_cores, tmp_path):
    by_cluster = 0
    for seed in range(54_000, 54_004):
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


def test_a_sealed_history_comes_to_the_same_on_two_cores(two_cores, load, here):
    engine = SparkReplay(load.journal, two_cores)

    assert_same(engine.replay(), here)

    assert not engine.evaluated


def test_one_project_comes_to_the_same(two_cores, load, here):
    found = SparkReplay(load.journal, two_cores).replay(project="P-004")

    wanted = [item for item in here.items if item.project == "P-004"]
    assert wanted
    assert [item.explanation for item in found.items] == [item.explanation for item in wanted]


def test_a_damaged_file_is_refused_by_name(two_cores, tmp_path):
    load = workload(tmp_path, 20_000, 2)
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
        SparkReplay(load.journal, two_cores).replay()


def executors(application):
    """Process ids of an application's executors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any("CoarseGrainedExecutorBackend" in word for word in words) and application in words:
            found.append(int(folder.name))
    return sorted(found)


class Killing(threading.Thread):
    """Kills an executor now and then until told to stop; `killed`: when, in seconds since then."""

    def __init__(self, application, rng, most):
        super().__init__(daemon=True)
        self._application, self._rng, self._most = application, rng, most
        self._over = threading.Event()
        self.killed = []

    def run(self):
        while len(self.killed) < self._most:
            if self._over.wait(self._rng.uniform(0.05, 1.5)):
                return
            if running := executors(self._application):
                os.kill(self._rng.choice(running), signal.SIGKILL)
                self.killed.append(time.monotonic())

    def stop(self):
        self._over.set()
        self.join()


def test_killed_executors_leave_the_digests(load, here):
    rng, kills, replays = random.Random(KILLS), 0, 0
    with session(TWO_PROCESSES, {"spark.executor.memory": "768m"}) as cluster:
        application = cluster.spark.sparkContext.applicationId
        # Before anything is asked of them they are not there.
        assert_same(SparkReplay(load.journal, cluster).replay(), here)
        assert len(executors(application)) == 2
        while kills < KILLS:
            killing = Killing(application, rng, min(2, KILLS - kills))
            killing.start()
            found = SparkReplay(load.journal, cluster).replay()
            ended = time.monotonic()
            killing.stop()
            assert_same(found, here)
            kills += sum(at < ended for at in killing.killed)
            replays += 1
            assert replays < 20 * KILLS

    assert kills == KILLS


def test_the_command_prints_the_digests_of_one_machine(load, here, monkeypatch):
    said = CliRunner().invoke(
        command,
        ["--journal", str(load.journal), "--engine", "spark", "--master", "local[2]"],
    )

    assert said.exit_code == 0, said.output
    assert here.as_known_digest in said.output
    assert here.final_digest in said.output
