"""The load of an installation of some size, minute by minute, without network: does it keep up?

Every five seconds of simulated time each pilot sends what happened meanwhile (a number drawn anew
each time) as one batch in columns, and the journal notes a tick; then the monitor evaluates what
has come. The clock is simulated, the work is not: a step that takes less than its five seconds is
kept up with by one core. Windows are empty at the beginning: what days of history add, `bench cost`
measures. Events are those of `bench.ingest`, rules those of `bench.cost`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.cost import RULES
from bench.ingest import SOURCE, START_US, arrow_body
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.arrivals_arrow import read_stream
from shidian.core.monitor.live import Live
from shidian.core.rulebook.load import load_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEP_S = 5
PEAK = 3
"""The busiest minutes against the mean of the day."""
DAY_S = 86_400
BATCH_ROWS = 50_000
INVESTORS = 400
"""Of one pilot; their purchases are spread evenly."""
_SEED = 20_260_101
_MICRO = 1_000_000
_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Size:
    """How many pilots send how many events on a day, all of them together."""

    pilots: int
    events_a_day: int

    @property
    def per_step(self) -> float:
        """Events of one pilot in one step at the peak."""
        return PEAK * self.events_a_day * STEP_S / DAY_S / self.pilots


SIZES = {
    "city": Size(10, 100_000),
    "province": Size(100, 20_000_000),
    "national": Size(500, 1_000_000_000),
}
"""As docs/operator/scale.md sizes them; assumptions, not anybody's figures."""


def measure(name: str, minutes: int, say: Callable[[str], None]) -> dict[str, Any]:
    """For gate and monitor, each in a process of its own, how much of one core the peak takes.

    Per part: `cores` (CPU seconds by simulated second), `step_p99_s` (of the 5 s that a step has;
    CPU seconds), `peak_rss_mib`.
    """
    size = SIZES[name]
    found: dict[str, Any] = {
        "size": name,
        "pilots": size.pilots,
        "events_per_second": round(size.per_step * size.pilots / STEP_S, 1),
        "minutes": minutes,
    }
    with tempfile.TemporaryDirectory(prefix="shidian-size-") as folder:
        for part in ("gate", "monitor"):
            done = subprocess.run(  # noqa: S603 - our own interpreter and words
                [sys.executable, "-m", "bench.size", part, folder, name, str(minutes)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                cwd=Path(__file__).resolve().parents[1],
            )
            found[part] = json.loads(done.stdout)
            say(f"{part}: {found[part]}")
    found["events"] = found["gate"].pop("events")
    return found


def run(part: str, folder: Path, name: str, minutes: int) -> dict[str, float]:
    """One part over the journal in `folder`; the monitor's follows the gate's."""
    steps = minutes * 60 // STEP_S
    if part == "gate":
        events, taken = _gate(folder, SIZES[name], steps)
    else:
        events, taken = 0, _monitor(folder)
    taken.sort()
    said: dict[str, float] = {
        "cores": round(sum(taken) / (steps * STEP_S), 4),
        "step_p99_s": round(taken[min(len(taken) - 1, len(taken) * 99 // 100)], 3),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    return {**said, "events": events} if part == "gate" else said


def _gate(folder: Path, size: Size, steps: int) -> tuple[int, list[float]]:
    """How many events were kept, and the CPU seconds of each step; says where each step ends."""
    now_us = START_US
    rng = np.random.default_rng(_SEED)
    sent = [0] * size.pilots
    taken, ends = [], []
    with Journal(folder / "journal.sqlite3", clock=lambda: now_us) as journal:
        _admit(journal, size.pilots)
        for _step in range(steps):
            now_us += STEP_S * _MICRO
            bodies = []
            for pilot, rows in enumerate(rng.poisson(size.per_step, size.pilots).tolist()):
                for few in _in_batches(rows):
                    bodies.append((pilot, _body(pilot, sent[pilot] + 1, few, now_us)))
                    sent[pilot] += few
            began = time.process_time()
            kept = [
                journal.submit_arrivals(
                    _name(pilot), SOURCE, read_stream(body, _name(pilot), SOURCE, BATCH_ROWS)
                )
                for pilot, body in bodies
            ]
            for one in kept:
                one.result()
            ends.append(journal.append_tick())
            taken.append(time.process_time() - began)
    (folder / "ends.json").write_text(json.dumps(ends), encoding="utf-8")
    return sum(sent), taken


def _in_batches(rows: int) -> list[int]:
    return [min(BATCH_ROWS, rows - at) for at in range(0, rows, BATCH_ROWS)]


def _name(pilot: int) -> str:
    return f"P-{pilot:03}"


def _admit(journal: Journal, pilots: int) -> None:
    rules = load_text(RULES, name="bench-size", resolve=lambda _: "")
    for pilot in range(pilots):
        record = {
            "project": _name(pilot),
            "start_us": START_US,
            "effective_us": START_US,
            "rules_digest": rules.rules_digest,
            "document": rules.document,
            "plan": {},
        }
        journal.append_control(EntryKind.ACTIVATION, pilot + 1, record)


def _body(pilot: int, first: int, rows: int, now_us: int) -> bytes:
    """What happened in the step that ends now, in columns."""
    seqno = np.arange(first, first + rows, dtype=np.int64)
    mixed: NDArray[np.int64] = (seqno * 2_654_435_761 + pilot * 40_503) % (1 << 40)
    values = {
        "time_us": now_us - STEP_S * _MICRO + (np.arange(rows) * STEP_S * _MICRO) // rows,
        "amount": mixed % 10_000_000,
        "sender": pilot * INVESTORS + mixed // 7 % INVESTORS,
        "receiver": pilot * INVESTORS + mixed // 11 % INVESTORS,
        "product": mixed // 13 % 8,
    }
    return arrow_body(seqno, values)


def _monitor(folder: Path) -> list[float]:
    """CPU seconds of each step."""
    taken, at = [], 0
    with JournalReader(folder / "journal.sqlite3") as reader:
        live = Live(reader, folder / "monitor.sqlite3", checkpoint_every_s=1e9)
        for end in json.loads((folder / "ends.json").read_text(encoding="utf-8")):
            began = time.process_time()
            while at < end:
                at += live.poll(min(_ENTRIES, end - at))
            taken.append(time.process_time() - began)
        live.close()
    return taken


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
