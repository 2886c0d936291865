"""The stores of a home, as files: nothing is written, nobody is asked."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from typing import TYPE_CHECKING

from shidian.core.journal.reader import JournalReader
from shidian.core.monitor.store import StoreReader
from shidian.core.record.files import LogFiles
from shidian.doctor.finding import Finding, Level
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.config import Settings

FREE_WARN, FREE_FAIL = 0.15, 0.05
"""Shares of the disk that are free: SQLite and Parquet need room to work in."""
BEHIND_WARN = 1_000
"""Entries that the monitor may be behind the journal: some seconds at full load."""
AHEAD_US_MAX = 5_000_000
"""How far the newest entry may be ahead of the clock."""


def disk(config: Settings) -> Iterator[Finding]:
    """Whether the home is there, can be written, and has room."""
    home = config.home
    if not home.is_dir():
        yield Finding(
            "home", Level.FAIL, f"{home} is no folder", "set SHIDIAN_HOME, or start `shidian up`"
        )
        return
    if not os.access(home, os.W_OK):
        yield Finding(
            "home", Level.FAIL, f"{home} cannot be written", "give it to the user of the processes"
        )
    usage = shutil.disk_usage(home)
    free = usage.free / usage.total
    level = Level.FAIL if free < FREE_FAIL else Level.WARN if free < FREE_WARN else Level.OK
    yield Finding(
        "disk",
        level,
        f"{usage.free / 1e9:,.1f} GB of {usage.total / 1e9:,.1f} GB free ({free:.0%})",
        "" if level is Level.OK else "make room: below 5 % nothing is promised",
    )


def keys(config: Settings) -> Iterator[Finding]:
    """Whether secrets can be read by others."""
    if not config.keys.is_dir():
        yield Finding(
            "keys", Level.FAIL, f"{config.keys} is not there", "start `shidian up`, or restore them"
        )
        return
    loose = [
        path
        for path in [config.keys, *sorted(config.keys.iterdir())]
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.suffix != ".pub"
    ]
    if loose:
        shown = ", ".join(str(path) for path in loose)
        yield Finding("keys", Level.FAIL, f"others can read {shown}", f"chmod go-rwx {shown}")
    else:
        yield Finding("keys", Level.OK, "readable by their owner alone")


def journal(config: Settings) -> Iterator[Finding]:
    """Whether the journal can be read, its sealed files are there, and the clock is not behind."""
    if not config.journal.exists():
        yield Finding("journal", Level.WARN, "there is none yet", "start `shidian gate`")
        return
    try:
        with JournalReader(config.journal) as reader:
            last, segments = reader.last_entry(), reader.sealed_segments()
            newest = reader.entries_after(last - 1, 1)
            folder = reader.segments_folder
    except (sqlite3.Error, OSError) as error:
        yield Finding(
            "journal", Level.FAIL, f"{config.journal}: {error}", "put it back from a backup"
        )
        return
    lost = [one.path for one in segments if not (folder / one.path).is_file()]
    if lost:
        yield Finding(
            "segments",
            Level.FAIL,
            f"{len(lost)} of {len(segments)} sealed files are gone, the first {lost[0]}",
            f"put them back into {folder} from a backup; `shidian telemetry verify` compares all",
        )
    yield Finding("journal", Level.OK, f"{last} entries, {len(segments)} sealed files")
    if newest and newest[0].ingest_us > time.time_ns() // 1000 + AHEAD_US_MAX:
        yield Finding(
            "clock",
            Level.FAIL,
            "the newest entry is from the future: this machine's clock was ahead, or is behind",
            "set the clock by NTP; until it has passed, time stands still for rules",
        )


def monitor(config: Settings) -> Iterator[Finding]:
    """How far the monitor is behind the journal, and which pilots it cannot compute."""
    if not config.journal.exists():
        return
    if not config.monitor_store.exists():
        yield Finding("monitor", Level.WARN, "it has no store yet", "start `shidian monitor`")
        return
    try:
        with JournalReader(config.journal) as reader, StoreReader(config.monitor_store) as store:
            last, cursor, faults = reader.last_entry(), store.cursor(), store.faults()
    except (sqlite3.Error, OSError) as error:
        yield Finding("monitor", Level.FAIL, f"{config.monitor_store}: {error}")
        return
    if cursor > last:
        yield Finding(
            "monitor",
            Level.FAIL,
            f"its store is at entry {cursor}, the journal ends at {last}",
            "put journal, monitor store and app database back from one backup",
        )
    elif last - cursor > BEHIND_WARN:
        yield Finding(
            "monitor",
            Level.WARN,
            f"{last - cursor} entries behind the journal",
            "look whether `shidian monitor` runs and is not short of processor time",
        )
    else:
        yield Finding("monitor", Level.OK, f"at entry {cursor} of {last}")
    for fault in faults:
        yield Finding(
            "pilot-halted",
            Level.WARN,
            f"{fault.project}: {fault.message}",
            "its alerts have stopped; see its page on the board",
        )


def record(config: Settings) -> Iterator[Finding]:
    """Whether the published tiles lead to the root that was signed last."""
    state = config.record / "signer" / "state.sqlite3"
    if not os.access(state.parent, os.R_OK | os.X_OK):
        if config.record_tiles.is_dir():
            yield Finding(
                "record", Level.OK, "the signer's folder is another user's: not looked at"
            )
        else:
            yield Finding("record", Level.WARN, "there is none yet", "start `shidian notary`")
        return
    try:
        with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT size, root FROM signed ORDER BY size DESC LIMIT 1").fetchone()
        if row is not None:
            LogFiles(config.record_tiles, *row)
    except (sqlite3.Error, RecordError, OSError) as error:
        yield Finding(
            "record", Level.FAIL, str(error), "see docs/operator, The public record and Backup"
        )
        return
    yield Finding("record", Level.OK, f"{row[0] if row else 0} leaves, root as signed")
