"""Acts done in a process of their own, each timed until strangers can read it on the record."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S_MAX = 60.0
PAUSE_S_MAX = 0.4
"""Acts keep no step with the worker's rounds."""


def seed() -> None:
    """A small world; what it published fills the outbox as an upgrade would find it."""
    from tests.factories import make_world

    make_world()


def main(count: int) -> None:
    """Open calls one after another; prints the seconds from each act to its published leaves."""
    from shidian.apps.cases.domain import open_call
    from shidian.apps.cases.models import RulebookVersion
    from shidian.config import settings

    rules = RulebookVersion.objects.get()
    checkpoint = settings().record_tiles / "checkpoint"
    _until_published(checkpoint, {})
    taken = []
    for number in range(count):
        time.sleep(random.uniform(0, PAUSE_S_MAX))
        started = time.perf_counter()
        call = open_call(
            rulebook=rules,
            title=f"第 {number} 批",
            opens_on=date(2025, 1, 1),
            closes_on=None,
            by=None,
        )
        act = _until_published(checkpoint, {"kind": "call.opened", "call": call.slug})
        page = _until_published(checkpoint, {"kind": "page.published", "key": call.slug})
        taken.append((act - started, page - started))
    sys.stdout.write(json.dumps(taken))


def _until_published(checkpoint: Path, payload: dict[str, str]) -> float:
    """When the checkpoint that lies in the folder covers the leaf of that act."""
    from shidian.apps.record.models import LeafRow

    wanted = {f"outbox__payload__{name}": value for name, value in payload.items()}
    deadline = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline:
        row = LeafRow.objects.filter(**wanted).exclude(index=None).first()
        if row is not None and row.index is not None:
            size = int(checkpoint.read_text().split("\n")[1])
            assert size > row.index, "a leaf is acknowledged before it is published"
            return time.perf_counter()
        time.sleep(0.02)
    raise AssertionError(f"not on the record after {WAIT_S_MAX} s: {payload}")
