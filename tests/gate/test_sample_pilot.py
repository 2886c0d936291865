"""The kit's sample pilot against a gate: it streams, is stopped, closes out, goes on again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue

import pytest

from shidian import keyring
from shidian.core.journal import EntryKind, JournalReader
from shidian.egress import Guard, post
from shidian.notary.orders import OrderSigner
from shidian_kit import cli
from shidian_kit.wire import keys, order
from tests.core.journal.samples import DOCUMENT, PROJECT, START_US

from .running import free_port, running_gate

EXAMPLE = Path(__file__).parents[2] / "kit" / "examples" / "sample_pilot.py"
TERMS = {"ttl": "2s", "grace": "0s", "on_regulator_outage": "no-new-business"}
PERMITS = DOCUMENT | {"orders": {"permit": TERMS}}
PROBE = json.dumps({"up": True})


@pytest.fixture
def gate(tmp_path):
    with running_gate(tmp_path / "home") as gate:
        now_us = time.time_ns() // 1000
        assert gate.activate(document=PERMITS, start_us=now_us)[0] == 200
        yield gate


class Authority:
    """The worker's and the notary's side: feeds the gate, gives orders, hears words."""

    def __init__(self, gate, folder):
        self.gate = gate
        self.signer = OrderSigner(folder)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._feed, daemon=True)
        self.thread.start()

    def _feed(self):
        worker = keyring.worker_key(self.gate.home / "keys")
        while not self.stop.wait(0.3):
            body = json.dumps({"as_of_us": time.time_ns() // 1000}).encode()
            self.gate.post(worker, "/v1/fed", body)

    def give(self, order_id, kind, url):
        document = order.OrderDocument(
            id=order_id,
            project=PROJECT,
            kind=order.OrderKind(kind),
            reason=order.Reason("原因", "why"),
            basis="plan",
            authority="bureau",
            rules_digest="sha256:" + "0" * 64,
            issued_at=datetime.now(UTC),
        )
        record = {
            "project": PROJECT,
            "order_id": order_id,
            "order_kind": kind,
            "effective_us": START_US,
            "digest": order.digest(document),
        }
        assert self.gate.control(EntryKind.ORDER, record)[0] == 200
        body = order.canonical(document)
        headers = self.signer.sign(body.decode(), url)
        guard = Guard.of("127.0.0.0/8")
        assert post(url, headers, body, guard=guard, timeout_s=5).status == 202

    def words(self, entry=0):
        body = json.dumps({"entry": entry}).encode()
        worker = keyring.worker_key(self.gate.home / "keys")
        answer = self.gate.post(worker, "/v1/acknowledgements/after", body)[1]
        return [(one["order_id"], one["kind"]) for one in answer["acknowledgements"]]


class Sample:
    """The example as a process; its lines as they come."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLE), *options], stdout=subprocess.PIPE, text=True
        )
        self.lines = Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def until(self, name, seconds=15):
        """The next line that has this member."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=0.2)
            except Empty:
                assert self.process.poll() is None
                continue
            if name in line:
                return line
        raise AssertionError(f"no {name}")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        self.reader.join(5)
        self.process.stdout.close()


def stored(gate):
    with JournalReader(gate.journal_path) as reader:
        return sum(entry.n for entry in reader if entry.kind is EntryKind.DATA)


def test_sample_pilot_streams_is_suspended_and_resumes(gate, tmp_path, capsys):
    key_file = tmp_path / "sample.key"
    assert cli.main(["keygen", str(key_file)]) == 0
    key = keys.load_private(key_file)
    gate.register(key, source="sample")
    authority = Authority(gate, tmp_path)
    gate_key = (gate.home / "keys" / "gate.pub").read_text().strip()
    listen = f"127.0.0.1:{free_port()}"
    connection = [
        *("--gate", gate.url, "--project", PROJECT, "--source", "sample"),
        *("--key", str(key_file), "--spool", str(tmp_path / "spool")),
    ]
    time.sleep(0.5)
    assert cli.main(["doctor", *connection, "--gate-key", gate_key]) == 0
    assert "Ready." in capsys.readouterr().out
    sample = Sample(
        *connection,
        *("--gate-key", gate_key, "--order-key", authority.signer.public_key),
        *("--listen", listen, "--type", "service.probe", "--data", PROBE, "--every", "0.05"),
    )
    try:
        assert sample.until("permit") == {"permit": "running", "open": True, "order": None}
        while stored(gate) < 5:
            time.sleep(0.05)
        url = f"http://{listen}/orders"
        authority.give("O-1", "suspend", url)
        assert sample.until("permit")["open"] is False
        assert "suspended by O-1" in sample.until("stopped")["stopped"]
        closed_out = sample.until("closed_out")["closed_out"]
        time.sleep(0.3)
        assert stored(gate) == closed_out
        authority.give("O-2", "resume", url)
        assert sample.until("permit")["open"] is True
        while stored(gate) == closed_out:
            time.sleep(0.05)
        end = time.monotonic() + 10
        while len(authority.words()) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        assert authority.words() == [
            ("O-1", "received"),
            ("O-1", "effective"),
            ("O-2", "received"),
            ("O-2", "effective"),
        ]
        authority.stop.set()
        authority.thread.join(5)
        gate.kill()
        assert "lease has ended" in sample.until("stopped")["stopped"]
    finally:
        sample.close()
        authority.stop.set()
        authority.thread.join(5)
    assert cli.main(["doctor", *connection, "--gate-key", gate_key]) == 1
    assert "does not answer" in capsys.readouterr().out


def test_doctor_says_what_to_mend(gate, tmp_path, capsys):
    key_file = tmp_path / "sample.key"
    connection = [
        *("--gate", gate.url, "--project", PROJECT, "--source", "sample"),
        *("--key", str(key_file), "--spool", str(tmp_path / "spool")),
    ]
    assert cli.main(["doctor", *connection]) == 1
    assert "shidian-kit keygen" in capsys.readouterr().out
    cli.main(["keygen", str(key_file)])
    key_file.chmod(0o644)
    assert cli.main(["doctor", *connection]) == 1
    told = capsys.readouterr().out
    assert "chmod 600" in told
    assert "does not know this key" in told
    gate.register(keys.load_private(key_file), source="sample")
    assert cli.main(["doctor", *connection]) == 1
    assert "authority's side is down" in capsys.readouterr().out
    body = json.dumps({"as_of_us": time.time_ns() // 1000}).encode()
    gate.post(keyring.worker_key(gate.home / "keys"), "/v1/fed", body)
    assert cli.main(["doctor", *connection]) == 1
    assert "give --gate-key" in capsys.readouterr().out
    stranger = keys.public_text(keys.generate().public_key())
    assert cli.main(["doctor", *connection, "--gate-key", stranger]) == 1
    assert "not a trusted gate" in capsys.readouterr().out
