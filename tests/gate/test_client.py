"""The kit against a real gate: client, command line, example."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shidian.core.journal import EntryKind, JournalReader
from shidian_kit import cli
from shidian_kit.client import Client, GateRefusedError, GateUnreachableError
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, START_US

from .running import free_port

TRANSFER = {"amount": "5.00", "sender": "p_aaaaaaaa", "receiver": "p_bbbbbbbb"}
EXAMPLE = Path(__file__).parents[2] / "kit" / "examples" / "send_transfers.py"


@pytest.fixture
def own(gate, tmp_path):
    """A source of its own: key file, name, spool."""
    source = f"urn:test:{tmp_path.name}"
    key = keys.generate()
    keys.save_private(tmp_path / "key", key)
    gate.register(key, source=source)
    return {"source": source, "key": key, "spool_path": tmp_path / "spool"}


def rows_of(gate, source):
    with JournalReader(gate.journal_path) as reader:
        return [
            row
            for entry in reader
            if entry.kind is EntryKind.DATA and entry.source == source
            for row in entry.table().to_pylist()
        ]


def test_client_sends_and_keeps_each_status(gate, own):
    with Client(gate.url, PROJECT, **own) as client:
        client.event("transfer.made", TRANSFER, START_US)
        client.event("transfer.made", TRANSFER | {"amount": "5.001"}, START_US)
        client.correct(1, "transfer.made", TRANSFER | {"amount": "6.00"}, START_US)
        result = client.flush()
        assert result.counts == {"accepted": 2, "quarantined": 1}
        assert [(o.seqno, o.field) for o in result.refused] == [(2, "data.amount")]
        assert client.flush().counts == {}
    assert [row["transfer.made/amount"] for row in rows_of(gate, own["source"])] == [500, 600]


def test_answer_that_was_lost_costs_nothing(gate, own, monkeypatch):
    with Client(gate.url, PROJECT, **own) as client:
        client.events([])
        client.event("transfer.made", TRANSFER, START_US)
        request = client._request
        calls = []

        def losing(body):
            answer = request(body)
            calls.append(answer[0])
            if len(calls) == 1:
                raise ConnectionResetError
            return answer

        monkeypatch.setattr(client, "_request", losing)
        assert client.flush().counts == {"duplicate": 1}
    assert len(rows_of(gate, own["source"])) == 1


def test_events_wait_while_the_gate_is_away(own):
    with Client(f"http://127.0.0.1:{free_port()}", PROJECT, **own) as client:
        client.event("transfer.made", TRANSFER, START_US)
        with pytest.raises(GateUnreachableError):
            client.flush(give_up_after_s=0.3)
        assert client.spool.waiting_count() == 1


def test_refused_request_leaves_the_events_in_the_spool(gate, own):
    with Client(gate.url, PROJECT, **own | {"key": keys.generate()}) as client:
        client.event("transfer.made", TRANSFER, START_US)
        with pytest.raises(GateRefusedError, match="404"):
            client.flush()
        assert client.spool.waiting_count() == 1


def options(gate, own, tmp_path):
    return [
        *("--gate", gate.url, "--project", PROJECT, "--source", own["source"]),
        *("--key", str(tmp_path / "key"), "--spool", str(tmp_path / "spool")),
    ]


def test_command_sends_a_file_once(gate, own, tmp_path, capsys):
    lines = [
        {"type": "transfer.made", "data": TRANSFER, "time": "2023-01-01T00:00:00Z"},
        {"type": "transfer.made", "data": TRANSFER | {"amount": "x"}},
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert cli.main(["send", str(file), *options(gate, own, tmp_path)]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"accepted": 1, "quarantined": 1}
    assert "data.amount" in shown.err
    assert cli.main(["send", str(file), *options(gate, own, tmp_path)]) == 0
    assert len(rows_of(gate, own["source"])) == 1
    file.write_text('{"type": "transfer.made"}')
    assert cli.main(["send", str(file), *options(gate, own, tmp_path)]) == 2
    assert "line 1" in capsys.readouterr().err


def test_command_makes_keys_and_pseudonyms(tmp_path, capsys, monkeypatch):
    assert cli.main(["keygen", str(tmp_path / "k")]) == 0
    shown = capsys.readouterr().out
    assert keys.key_id(keys.load_private(tmp_path / "k").public_key()) in shown
    assert cli.main(["keygen", str(tmp_path / "k")]) == 2
    secret = tmp_path / "secret"
    secret.write_bytes(os.urandom(32))
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", io.StringIO("张三\n李四\n张三\n"))
    assert cli.main(["pseudonym", "--secret", str(secret)]) == 0
    one, two, three = capsys.readouterr().out.split()
    assert one == three != two


def send_example(gate, own, tmp_path, file):
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef")
    command = [sys.executable, EXAMPLE, file, *options(gate, own, tmp_path), "--secret", secret]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_example_sends_transfers(gate, own, tmp_path):
    file = tmp_path / "transfers.csv"
    file.write_text("sourceNodeId,targetNodeId,value,time\n1,2,163.3,1\n1,3,143.11,1\n2,1,5,2\n")
    assert send_example(gate, own, tmp_path, file) == {"accepted": 3}
    assert send_example(gate, own, tmp_path, file) == {}
    rows = rows_of(gate, own["source"])
    assert [row["transfer.made/amount"] for row in rows] == [16330, 14311, 500]
    day_us = 86_400_000_000
    assert [row["time_us"] - START_US for row in rows] == [0, 10_000, day_us]
    assert rows[0]["transfer.made/sender"] == rows[2]["transfer.made/receiver"]
