"""Each thing that is wrong with an installation is named, with what to do; what is right is quiet."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from shidian import zone_keys
from shidian.core.bundle import Zone
from shidian.core.journal import Journal
from shidian.core.monitor.store import MonitorStore
from shidian.doctor import database, processes, stores, zones
from shidian.doctor.finding import Level
from tests.backup.homes import config, furnished
from tests.browser import ROOT, environment
from tests.core.journal.samples import activate


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A home with nothing wrong, not to be changed."""
    return furnished(tmp_path_factory.mktemp("doctor") / "home")


@pytest.fixture
def home(sound, tmp_path):
    """The same, to be spoilt."""
    shutil.copytree(sound.home, tmp_path / "home")
    return config(tmp_path / "home")


def usage(free):
    return SimpleNamespace(total=100, used=100 - free, free=free)


def levels(look, found):
    return {finding.name: finding.level for finding in look(found)}


def only(look, found, name):
    (finding,) = [one for one in look(found) if one.name == name]
    return finding


@pytest.mark.parametrize("look", [stores.disk, stores.keys, stores.journal, stores.record])
def test_what_is_in_order_is_said_to_be(sound, look, monkeypatch):
    monkeypatch.setattr(stores.shutil, "disk_usage", lambda _: usage(50))
    monkeypatch.setattr(stores.time, "time_ns", lambda: 2_000_000_000 * 10**9)

    assert set(levels(look, sound).values()) == {Level.OK}


@pytest.mark.parametrize(
    ("free", "level"), [(15, Level.OK), (14, Level.WARN), (5, Level.WARN), (4, Level.FAIL)]
)
def test_a_disk_that_fills_is_told_before_it_is_full(sound, monkeypatch, free, level):
    monkeypatch.setattr(stores.shutil, "disk_usage", lambda _: usage(free))

    assert levels(stores.disk, sound)["disk"] is level


def test_a_home_that_is_not_there_is_named(tmp_path):
    assert levels(stores.disk, config(tmp_path / "nowhere")) == {"home": Level.FAIL}


def test_a_key_that_others_can_read_is_named(home):
    (home.keys / "gate.key").chmod(0o644)

    finding = only(stores.keys, home, "keys")

    assert finding.level is Level.FAIL
    assert "gate.key" in finding.what
    assert "worker.key" not in finding.what
    assert finding.do.startswith("chmod")


def test_a_sealed_file_that_is_gone_is_named(home):
    lost = next(path for path in home.home.rglob("*.parquet"))
    lost.unlink()

    assert lost.name in only(stores.journal, home, "segments").what


def test_a_journal_that_is_none_is_named(home):
    home.journal.write_bytes(b"no database" * 1000)

    assert levels(stores.journal, home) == {"journal": Level.FAIL}


def test_a_clock_behind_the_newest_entry_is_told(home, monkeypatch):
    monkeypatch.setattr(stores.time, "time_ns", lambda: 1_000_000_000 * 10**9)

    assert only(stores.journal, home, "clock").level is Level.FAIL


def test_a_clock_is_not_blamed_without_cause(tmp_path):
    home = config(tmp_path)
    home.journal.parent.mkdir()
    journal = Journal(home.journal, clock=lambda: time.time_ns() // 1000)
    activate(journal)
    journal.close()

    assert levels(stores.journal, home) == {"journal": Level.OK}


@pytest.mark.parametrize(
    ("cursor", "level"), [(0, Level.WARN), (1, Level.OK), (1_001, Level.OK), (1_002, Level.FAIL)]
)
def test_a_monitor_behind_or_ahead_of_its_journal_is_told(home, monkeypatch, cursor, level):
    home.monitor_store.parent.mkdir(exist_ok=True)
    with MonitorStore(home.monitor_store) as store:
        if cursor:
            store.save(cursor, [])
    monkeypatch.setattr(stores.JournalReader, "last_entry", lambda _: 1_001)

    assert only(stores.monitor, home, "monitor").level is level


def test_a_changed_tile_of_the_record_is_found(home):
    tile = max((home.record_tiles / "tile" / "0").rglob("*.p/*"), key=os.path.getmtime)
    tile.write_bytes(b"\0" * len(tile.read_bytes()))

    assert levels(stores.record, home) == {"record": Level.FAIL}


def test_processes_that_do_not_run_are_named_within_seconds(sound):
    started = time.monotonic()
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        found = config(sound.home, web_bind=address, gate_url="http://127.0.0.1:1")
        assert levels(processes.web, found) == {"web": Level.FAIL}
    assert levels(processes.gate, found) == {"gate": Level.FAIL}
    assert levels(processes.notary, found) == {"notary": Level.FAIL}
    assert time.monotonic() - started < 10


def test_a_home_without_a_database_gets_none(tmp_path):
    assert levels(database.database, config(tmp_path)) == {"database": Level.FAIL}
    assert list(tmp_path.iterdir()) == []


def run(home, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "shidian", "doctor", *arguments],
        env={**environment(home), **more},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_ends_with_one_where_something_fails(sound, tmp_path):
    done = run(sound.home, "--stores", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"database", "outbox", "journal", "record"} <= {one["name"] for one in found}
    assert done.returncode == int(any(one["level"] == "fail" for one in found))

    nowhere = run(tmp_path / "nowhere")
    assert nowhere.returncode == 1
    assert "SHIDIAN_HOME" in nowhere.stdout

    unreachable = run(
        sound.home, "--stores", SHIDIAN_DATABASE_URL="postgresql://a:secret@127.0.0.1:1/b"
    )
    assert "fail  database" in unreachable.stdout
    assert "secret" not in unreachable.stdout + unreachable.stderr


def zoned(home, zone, **more):
    return home.model_copy(update={"zone": zone, **more})


def test_keys_of_another_zone_are_named(home):
    found = zoned(home, "ingest")

    said = [one.what for one in zones.zone(found) if one.level is Level.FAIL]

    assert any("worker.key is a key of another zone" in what for what in said)
    (home.keys / "worker.key").unlink()
    assert [one.level for one in zones.zone(found)] == [Level.OK]


def test_the_public_zone_must_not_be_able_to_open_what_it_seals(home):
    zone_keys.own_card(home.keys, Zone.INTERNAL)

    said = " ".join(one.what for one in zones.zone(zoned(home, "public")))

    assert "zone-sealing.key is a key of another zone" in said


def test_folders_of_a_zone_are_looked_at(home, tmp_path):
    for name in ("worker.key", "gate.key"):
        (home.keys / name).unlink()
    nowhere = zoned(home, "public", zone_in=tmp_path / "in", zone_out=tmp_path / "in")
    said = " ".join(one.what for one in zones.zone(nowhere))
    assert "is no folder that can be used" in said
    assert "are one folder" in said
    assert "SHIDIAN_ZONE_IN is not set" in " ".join(
        one.what for one in zones.zone(zoned(home, "public"))
    )
    for name in ("in", "out"):
        (tmp_path / name).mkdir()

    right = zoned(home, "public", zone_in=tmp_path / "in", zone_out=tmp_path / "out")

    assert [one.level for one in zones.zone(right)] == [Level.OK]


def test_a_zone_that_knows_no_other_is_told_how(home):
    (finding,) = zones.exchange(zoned(home, "internal"))

    assert finding.level is Level.FAIL
    assert "trusts no other yet" in finding.what


def test_folders_without_a_zone_are_said_to_do_nothing(home, tmp_path):
    (finding,) = zones.zone(zoned(home, "all", zone_in=tmp_path))

    assert finding.level is Level.WARN
