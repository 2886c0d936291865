"""What a million events cost: seconds of one core and bytes, stage by stage, without network.

A journal takes batches in, as columns, and seals them; a monitor evaluates them as they come; a
replay goes through them all. Each stage runs in a process of its own, so that memory is its own.
Events are those of `bench.ingest`; six indicators are watched.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.ingest import PROJECTS, SOURCE, START_US, Workload, arrow_body
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.arrivals_arrow import read_stream
from shidian.core.journal.sealed import segments_folder
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.live import Live
from shidian.core.rulebook.load import load_text

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = ("ingest", "seal", "live", "replay")
ENTRY_ROWS = 5_000
MILLION = 1_000_000
STEP_US = 600_000
"""A hundred events a minute of each project: what is kept by minute weighs as in daily use."""

RULES = """
rulebook: bench-cost
version: "1"
status: sketch
title: {zh: 基准, en: Benchmark}
because: {basis: assumed}
streams:
  - id: transfer.made
    title: {zh: 转账, en: Transfer}
    fields:
      amount: {type: money, non_negative: true}
      sender: {type: pseudonym}
      receiver: {type: pseudonym}
      product: {type: code}
monitoring: {tile: 1m, lateness: 5m, idle: 30d, tick: 5s}
indicators:
  - {id: hour, title: {zh: 一小时笔数, en: An hour}, of: transfer.made, take: count, window: 1h}
  - {id: day, title: {zh: 一日金额, en: A day}, of: transfer.made, take: sum, field: amount, window: 1d}
  - {id: week, title: {zh: 七日金额, en: A week}, of: transfer.made, take: sum, field: amount, window: 7d}
  - {id: largest, title: {zh: 最大一笔, en: Largest}, of: transfer.made, take: max, field: amount, window: 1d}
  - {id: people, title: {zh: 人数, en: People}, of: transfer.made, take: distinct, field: sender, window: 1d}
  - {id: each, title: {zh: 每人, en: Each}, of: transfer.made, take: sum, field: amount, by: [sender], window: 7d}
alerts:
  - {id: a-hour, title: {zh: 笔数, en: Count}, indicator: hour, no_data: clear, levels: {breach: ">100000000"}}
  - {id: a-day, title: {zh: 金额, en: Sum}, indicator: day, no_data: clear, levels: {breach: ">999999999999"}}
  - {id: a-week, title: {zh: 金额, en: Sum}, indicator: week, no_data: clear, levels: {breach: ">999999999999"}}
  - {id: a-largest, title: {zh: 最大, en: Largest}, indicator: largest, no_data: clear, levels: {breach: ">99999999"}}
  - {id: a-people, title: {zh: 人数, en: People}, indicator: people, no_data: clear, levels: {breach: ">99999999"}}
  - {id: a-each, title: {zh: 每人, en: Each}, indicator: each, no_data: clear, levels: {breach: ">999999999999"}}
"""  # noqa: E501 - lines of YAML


def measure(events: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Per stage and million events: `seconds`, `cpu_seconds`, `bytes`; and `peak_rss_mib`."""
    found: dict[str, Any] = {"events": events, "entry_rows": ENTRY_ROWS, "stages": {}}
    with tempfile.TemporaryDirectory(prefix="shidian-cost-") as folder:
        for stage in STAGES:
            done = subprocess.run(  # noqa: S603 - our own interpreter and words
                [sys.executable, "-m", "bench.cost", stage, folder, str(events)],
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).resolve().parents[1],
            )
            found["stages"][stage] = json.loads(done.stdout)
            say(f"{stage}: {found['stages'][stage]}")
    return found


def run(stage: str, folder: Path, events: int) -> dict[str, float]:
    """One stage over the journal in `folder`, which the stages before have left there."""
    journal, store = folder / "journal.sqlite3", folder / "monitor.sqlite3"
    stages: dict[str, Callable[[], tuple[float, float, int]]] = {
        "ingest": lambda: _ingest(journal, events),
        "seal": lambda: _seal(journal),
        "live": lambda: _live(journal, store),
        "replay": lambda: _replay(journal),
    }
    seconds, cpu_s, size = stages[stage]()
    per = events / MILLION
    return {
        "seconds": round(seconds / per, 2),
        "cpu_seconds": round(cpu_s / per, 2),
        "bytes": round(size / per),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, began_cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - began_cpu


def _ingest(path: Path, events: int) -> tuple[float, float, int]:
    load = Workload(events, STEP_US)
    rules = load_text(RULES, name="bench-cost", resolve=lambda _: "")
    names = [f"P-{number:03}" for number in range(PROJECTS)]
    with Journal(path) as journal:
        for number, name in enumerate(names, 1):
            journal.append_control(
                EntryKind.ACTIVATION,
                number,
                {
                    "project": name,
                    "start_us": START_US,
                    "effective_us": START_US,
                    "rules_digest": rules.rules_digest,
                    "document": rules.document,
                    "plan": {},
                },
            )
        bodies = []
        for at in range(events // ENTRY_ROWS):
            seqno, _ = load.batch(at % PROJECTS, ENTRY_ROWS)
            bodies.append((at % PROJECTS, arrow_body(seqno, load.columns(at % PROJECTS, seqno))))

        def take() -> None:
            for project, body in bodies:
                arrivals = read_stream(body, names[project], SOURCE, ENTRY_ROWS)
                journal.submit_arrivals(names[project], SOURCE, arrivals).result()

        seconds, cpu_s = _timed(take)
    return seconds, cpu_s, _live_bytes(path)


def _seal(path: Path) -> tuple[float, float, int]:
    with Journal(path) as journal:

        def all_of_it() -> None:
            while journal.seal():
                pass

        seconds, cpu_s = _timed(all_of_it)
    files = segments_folder(path).glob("*/*")
    return seconds, cpu_s, sum(file.stat().st_size for file in files) + _live_bytes(path)


def _live(path: Path, store: Path) -> tuple[float, float, int]:
    with JournalReader(path) as reader:
        live = Live(reader, store, checkpoint_every_s=1e9)

        def to_the_end() -> None:
            while live.poll():
                pass

        seconds, cpu_s = _timed(to_the_end)
        live.close()
    return seconds, cpu_s, _live_bytes(store)


def _replay(path: Path) -> tuple[float, float, int]:
    with JournalReader(path) as reader:
        seconds, cpu_s = _timed(
            lambda: BatchReplay(reader, threads=1, cache_bytes=0).replay(explain=False)
        )
    return seconds, cpu_s, 0


def _live_bytes(path: Path) -> int:
    """Bytes of a SQLite file that hold something: free pages are used again."""
    db = sqlite3.connect(path)
    try:
        pages, free, size = (
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    finally:
        db.close()
    return int((pages - free) * size)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
