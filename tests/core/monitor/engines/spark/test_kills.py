"""Executors killed in the course of replays change nothing; the command as a person gives it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

from click.testing import CliRunner

from shidian.cli.replay import replay as command
from shidian.core.monitor.engines.spark.cluster import session
from shidian.core.monitor.engines.spark.replaying import SparkReplay
from tests.core.monitor.engines.spark.here import ON_SPARK
from tests.core.monitor.engines.spark.test_tiles import assert_same

pytestmark = ON_SPARK

KILLS = int(os.environ.get("SHIDIAN_EXECUTOR_KILLS", "2"))
"""How many executors are killed in the course of replays; each replay has one or more."""

TWO_PROCESSES = "local-cluster[2,1,1024]"


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


def test_killed_executors_leave_the_digests(load, rules, here):
    rng, kills, replays = random.Random(KILLS), 0, 0
    with session(TWO_PROCESSES, {"spark.executor.memory": "768m"}) as cluster:
        application = cluster.spark.sparkContext.applicationId
        # Before anything is asked of them they are not there.
        assert_same(SparkReplay(load.journal, cluster).replay(override=rules), here)
        assert len(executors(application)) == 2
        while kills < KILLS:
            killing = Killing(application, rng, min(2, KILLS - kills))
            killing.start()
            found = SparkReplay(load.journal, cluster).replay(override=rules)
            ended = time.monotonic()
            killing.stop()
            assert_same(found, here)
            kills += sum(at < ended for at in killing.killed)
            replays += 1
            assert replays < 20 * KILLS

    assert kills == KILLS


def test_the_command_prints_the_digests_of_one_machine(load, few, here):
    asked = ["--journal", str(load.journal), "--rulebook", str(few)]

    said = CliRunner().invoke(command, [*asked, "--engine", "spark", "--master", "local[2]"])

    assert said.exit_code == 0, said.output
    assert f"as-known digest: {here.as_known_digest}\n" in said.stdout
    assert f"final digest: {here.final_digest}\n" in said.stdout
