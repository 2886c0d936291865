"""From an officer's act to a checkpoint that covers it: real worker, real notary, real waiting."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

import pytest

from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.wire.policy import parse_policy
from tests.browser import ROOT, build_home, environment, run_python

from .running import RunningNotary

if TYPE_CHECKING:
    from pathlib import Path

P99_S_MAX = 5.0
ACTS = 60
_log = logging.getLogger(__name__)


@pytest.mark.prove
def test_an_act_is_in_a_published_checkpoint_within_five_seconds(tmp_path: Path) -> None:
    home = build_home(tmp_path / "home", seed="tests.notary.acts:seed")
    worker = subprocess.Popen(
        [sys.executable, "-m", "shidian", "worker"],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with RunningNotary(home) as notary:
            notary.client().close()
            told = run_python(f"from tests.notary.acts import main\nmain({ACTS})", home)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    taken = json.loads(told)
    assert len(taken) == ACTS
    for what, times in zip(("act", "page"), zip(*taken, strict=True), strict=True):
        p99_s = sorted(times)[len(times) * 99 // 100]
        _log.info("%s: p99 %.2f s, median %.2f s", what, p99_s, median(times))
        assert p99_s <= P99_S_MAX, what
    reader = LogReader(home / "record" / "tiles")
    assert verify_log(reader, parse_policy(reader.published_policy().decode())).checkpoint.size
