"""The monitor's store: one transaction, append-only, readable by others; restarts and kills."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from shidian.cli.monitor import monitor
from shidian.cli.replay import replay as replay_command
from shidian.core.journal import JournalReader
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.live import Live
from shidian.core.monitor.replay import replay
from shidian.core.monitor.store import MonitorStore, StoreReader, StreamDiffers
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import Log, random_log

EVENTFUL = 24


def eventful_log() -> Log:
    """A history with many items, seeds tried in order."""
    return max((random_log(seed) for seed in range(EVENTFUL)), key=_items)


def _items(log):
    return len(replay(log.entries).items)


@pytest.fixture(scope="module")
def log():
    return eventful_log()


@pytest.fixture
def stored(tmp_path, log):
    """Journal and store files of a history that was evaluated to its end."""
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    with JournalReader(journal) as reader:
        live = Live(reader, store)
        while live.poll():
            pass
        live.close()
    return journal, store


def test_items_come_back_as_they_were_made(stored, log):
    made = replay(log.entries).items

    with StoreReader(stored[1]) as store:
        assert store.items_after(0, 10_000) == made
        assert store.items_after(made[2].seq, 2) == made[3:5]
        assert store.cursor() == len(log.entries)


def test_readings_say_the_value_at_every_final_instant(stored, log):
    evaluator = Evaluator()
    outputs = [evaluator.step(entry) for entry in log.entries]
    newest = {}
    for reading in [r for output in outputs for r in output.readings]:
        newest[(reading.project, reading.indicator, reading.at_us)] = reading.value

    with StoreReader(stored[1]) as store:
        assert len(store.readings_after(0, 100_000)) == sum(len(o.readings) for o in outputs)
        for project, indicator in {key[:2] for key in newest}:
            expected = sorted((k[2], v) for k, v in newest.items() if k[:2] == (project, indicator))
            assert store.series(project, indicator, 0) == expected
            later = store.series(project, indicator, expected[-1][0] + 1)
            assert later == expected[-1:]


def test_current_values_are_the_newest_ones(stored, log):
    evaluator = Evaluator()
    newest = {}
    for entry in log.entries:
        newest |= {(c.project, c.indicator): c for c in evaluator.step(entry).current}

    with StoreReader(stored[1]) as store:
        found = [c for project in ("p-one", "p-two") for c in store.current(project)]
        assert {(c.project, c.indicator): c for c in found} == newest


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item SET level = 'info'",
        "DELETE FROM item",
        "INSERT OR REPLACE INTO item SELECT * FROM item WHERE seq = 1",
        "DELETE FROM reading",
        "UPDATE reading SET value = 0",
    ],
)
def test_stream_is_append_only(stored, statement):
    with closing(sqlite3.connect(stored[1])) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)


def test_reader_cannot_write_and_needs_a_file(stored, tmp_path):
    with StoreReader(stored[1]) as store, pytest.raises(sqlite3.OperationalError):
        store._db.execute("UPDATE cursor SET entry = 0")
    with pytest.raises(FileNotFoundError, match="start the monitor"):
        StoreReader(tmp_path / "absent.sqlite3")


def test_cursor_never_goes_back(stored):
    with MonitorStore(stored[1]) as store, pytest.raises(ValueError, match="already applied"):
        store.save(1, [])


def test_store_of_another_journal_is_refused(stored, tmp_path):
    other = tmp_path / "other.sqlite3"
    write_journal(other, random_log(EVENTFUL + 1).entries)

    with JournalReader(other) as reader, pytest.raises(StreamDiffers) as refused:
        Live(reader, stored[1])
    assert "backup" in str(refused.value)
    assert "away" not in str(refused.value)  # the app database counts on the store's numbering


def test_monitor_and_replay_commands_agree(tmp_path, log):
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    files = ["--journal", str(journal), "--store", str(store)]

    ran = CliRunner().invoke(monitor, [*files, "--once"])
    compared = CliRunner().invoke(replay_command, [*files, "--compare-live"])

    assert ran.exit_code == 0, ran.output
    assert compared.exit_code == 0, compared.output
    assert "the same" in compared.output


def test_compare_live_fails_on_a_difference(stored):
    journal, store = stored
    with closing(sqlite3.connect(store)) as db:
        db.execute("DROP TRIGGER item_no_update")
        db.execute("UPDATE item SET at_us = at_us + 1 WHERE seq = 1")
        db.commit()

    found = CliRunner().invoke(
        replay_command, ["--journal", str(journal), "--store", str(store), "--compare-live"]
    )

    assert found.exit_code == 1
    assert "DIFFERENT" in found.output


@pytest.mark.parametrize("view", ["as-known", "final"])
@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_replay_writes_what_it_found(stored, log, tmp_path, view, suffix):
    out = tmp_path / f"out.{suffix}"

    found = CliRunner().invoke(
        replay_command, ["--journal", str(stored[0]), "--view", view, "--out", str(out)]
    )

    assert found.exit_code == 0, found.output
    again = replay(log.entries)
    assert again.as_known_digest in found.output
    assert again.final_digest in found.output
    assert rows_in(out) == (
        len(again.items) if view == "as-known" else sum(map(len, again.final.values()))
    )


def rows_in(path):
    if path.suffix == ".json":
        return len(json.loads(path.read_text()))
    return pq.read_table(path).num_rows


def kill_sweep(tmp_path, log, kills, rng):
    """Kill a monitor process `kills` times at random moments, then let it finish."""
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    code = (
        "import sys; from pathlib import Path; from shidian.core.journal import JournalReader;"
        "from shidian.core.monitor.live import Live\n"
        "live = Live(JournalReader(Path(sys.argv[1])), Path(sys.argv[2]))\n"
        "print('ready', flush=True)\n"
        "while live.poll(1): pass\n"
        "print('end', flush=True)"
    )
    killed = 0
    for attempt in range(50 * kills + 1):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(journal), str(store)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process, closing(process.stdout):
            process.stdout.readline()
            if killed < kills:
                time.sleep(rng.random() * 0.05)
                os.kill(process.pid, signal.SIGKILL)
                killed += process.wait() == -signal.SIGKILL
            elif process.wait() == 0:
                break
        if killed < kills and attempt % 10 == 9:
            for file in tmp_path.glob("monitor.sqlite3*"):
                file.unlink()
    with StoreReader(store) as reader:
        return reader.stream_digest()


def test_killed_monitor_goes_on_where_it_stopped(tmp_path, log):
    found = replay(log.entries)

    assert kill_sweep(tmp_path, log, 3, random.Random(5)) == (
        len(found.items),
        found.as_known_digest,
    )


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(5))
def test_monitor_killed_many_times_yields_each_item_once(tmp_path, seed):
    log = random_log(seed)
    found = replay(log.entries)

    assert kill_sweep(tmp_path, log, 20, random.Random(seed)) == (
        len(found.items),
        found.as_known_digest,
    )


def test_a_file_without_tables_is_no_store_yet(tmp_path):
    path = tmp_path / "monitor.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")

    with pytest.raises(FileNotFoundError, match="the monitor is starting"):
        StoreReader(path)


def test_monitor_process_ends_cleanly_on_sigterm(tmp_path, log):
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    code = "from shidian.cli.monitor import monitor; monitor()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--journal", str(journal), "--store", str(store)]
    )
    with process:
        for _ in range(600):
            if store.exists() and _cursor(store) == len(log.entries):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
    assert _cursor(store) == len(log.entries)


def _cursor(store):
    try:
        with StoreReader(store) as reader:
            return reader.cursor()
    except FileNotFoundError:
        return None
