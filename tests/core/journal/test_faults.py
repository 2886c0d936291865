"""A disk that fails and power that goes: nothing acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .faults.power import losses

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
KINDS = ("EIO", "ENOSPC", "short", "fsync")
STEP = int(os.environ.get("SHIDIAN_FAULT_STEP", "3"))


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    if shutil.which("gcc") is None:
        pytest.skip("no gcc to compile the shim with; scripts/setup installs it")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-o", made, HERE / "faults" / "shim.c", "-ldl"],
        check=True,
    )
    return made


def child(shim, folder, *arguments):
    env = os.environ | {"LD_PRELOAD": str(shim), "SHIM_DIR": str(folder)}
    command = [sys.executable, "-m", "tests.core.journal.faults.child", *map(str, arguments)]
    ran = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def sweep(shim, folder, kind, *, step, sticky="once", seal="plain"):
    output = child(shim, folder, "faults", folder, kind, step, sticky, seal)
    return json.loads(output)["failed"]


@pytest.mark.parametrize("kind", KINDS)
def test_failing_disk_never_leads_to_a_false_acknowledgement(shim, tmp_path, kind):
    step = 12 if kind == "fsync" else 90
    assert sweep(shim, tmp_path, kind, step=step, seal="seal") >= 2


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_every_write_and_sync_of_an_ingest_may_fail(shim, tmp_path, kind):
    """Each n in turn, until the ingest has no n-th sync; of writes each with SHIDIAN_FAULT_STEP=1."""
    step = 1 if kind == "fsync" else STEP
    assert sweep(shim, tmp_path, kind, step=step) >= (10 if kind == "fsync" else 40 // STEP)


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_disk_that_stays_broken_is_survived(shim, tmp_path, kind):
    """From the n-th on all fail, until space returns; sealing in between."""
    step = 4 if kind == "fsync" else 30
    assert sweep(shim, tmp_path, kind, step=step, sticky="sticky", seal="seal") >= 5


def power_loss(shim, tmp_path, synchronous, *, step, seed=None):
    folder, before = tmp_path / "run", tmp_path / "before"
    trace = tmp_path / "trace"
    if not trace.exists():
        child(shim, folder, "record", folder, trace, synchronous, "seal")
    return losses(folder, before, trace, tmp_path / "scratch", step=step, seed=seed)


def test_power_loss_takes_nothing_acknowledged(shim, tmp_path):
    points, lost = power_loss(shim, tmp_path, "FULL", step=11)
    assert (points > 20, lost) == (True, 0)


def test_the_same_proof_finds_the_loss_where_commits_are_not_synced(shim, tmp_path):
    points, lost = power_loss(shim, tmp_path, "NORMAL", step=11)
    assert lost > points // 10


@pytest.mark.prove
def test_power_loss_at_every_point_takes_nothing_acknowledged(shim, tmp_path):
    assert power_loss(shim, tmp_path, "FULL", step=1)[1] == 0
    for seed in range(3):
        assert power_loss(shim, tmp_path, "FULL", step=3, seed=seed)[1] == 0
