"""A disk that fills: telemetry is refused before it is full, and what must go on goes on."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from shidian import health
from shidian.gate.http import HttpProblemError
from shidian.gate.limits import Room
from shidian.health import room_in, room_needed
from shidian_kit.client import Client, GateUnreachableError
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, SOURCE, START_US

from .running import running_gate
from .test_durability import check_stored_once

if TYPE_CHECKING:
    from pathlib import Path

MIB, GIB = 2**20, 2**30
DISK = 192 * MIB
WITHIN_S = 10.0
TRANSFER = {"amount": "1.00", "sender": "p_aaaaaaaa", "receiver": "p_bbbbbbbb"}


def test_a_twentieth_of_the_disk_is_kept_within_bounds():
    assert room_needed(10 * GIB) == 10 * GIB // 20
    assert room_needed(MIB) == 64 * MIB
    assert room_needed(1000 * GIB) == GIB


@pytest.fixture
def usage(monkeypatch):
    """What the disk says: total, used, free."""
    found = [10 * GIB, 0, 10 * GIB]
    monkeypatch.setattr(
        health.shutil,
        "disk_usage",
        lambda _: type("Usage", (), {"total": found[0], "used": found[1], "free": found[2]}),
    )
    return found


def test_at_95_per_cent_there_is_no_room(usage, tmp_path):
    usage[2] = 10 * GIB // 20
    room_in(tmp_path)
    usage[2] -= 1
    with pytest.raises(OSError, match="free"):
        room_in(tmp_path)


def test_the_disk_is_asked_once_a_second_at_most_and_both_turns_are_logged(usage, tmp_path):
    room = Room(tmp_path)
    room.require(0.0)
    usage[2] = 0
    room.require(0.5)
    with pytest.raises(HttpProblemError) as refused:
        room.require(1.5)
    assert (refused.value.status, refused.value.code) == (503, "disk-full")
    assert int(refused.value.headers["retry-after"]) > 0
    usage[2] = 10 * GIB
    with pytest.raises(HttpProblemError):
        room.require(2.0)
    room.require(3.0)


@contextmanager
def small_disk(folder: Path):
    """A file system of its own, in memory."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "shidian-test", folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def ready(gate):
    try:
        with urllib.request.urlopen(f"{gate.url}/readyz", timeout=WITHIN_S) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def test_a_gate_refuses_telemetry_before_its_disk_is_full_and_loses_nothing(tmp_path):
    with small_disk(tmp_path / "disk") as disk, running_gate(disk / "home") as gate:
        key = keys.generate()
        assert gate.activate()[0] == 200
        assert gate.register(key)[0] == 200
        with Client(gate.url, PROJECT, SOURCE, key, tmp_path / "spool") as client:
            for number in range(20):
                client.event("transfer.made", TRANSFER, START_US + number)
            assert client.flush().counts == {"accepted": 20}

            ballast = disk / "ballast"
            with ballast.open("wb") as file:
                file.write(bytes(DISK - 40 * MIB))
            began = time.monotonic()
            while ready(gate) != {"status": "not ready", "failing": ["disk"]}:
                assert time.monotonic() - began < WITHIN_S
                time.sleep(0.1)
            time.sleep(1.1)  # so long the gate may go by what the disk said before
            client.event("transfer.made", TRANSFER, START_US + 21)
            with pytest.raises(GateUnreachableError, match="nearly full"):
                client.flush(give_up_after_s=0)
            assert client.spool.waiting_count() == 1
            # What the reserve is for.
            assert gate.register(keys.generate(), source="urn:test:second")[0] == 200

            ballast.unlink()
            began = time.monotonic()
            while ready(gate) != {"status": "ready"}:
                assert time.monotonic() - began < WITHIN_S
                time.sleep(0.1)
            assert client.flush(give_up_after_s=60).counts == {"accepted": 1}
            assert len(check_stored_once(gate, SOURCE, client.spool)) == 21
