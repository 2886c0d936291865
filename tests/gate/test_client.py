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
from shidian_kit.client import Client, GateRefusedError, GateUnreachableError, draft
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


@pytest.mark.parametrize("arrow", [False, True])
def test_answer_that_was_lost_costs_nothing(gate, own, monkeypatch, arrow):
    with Client(gate.url, PROJECT, **own, arrow=arrow) as client:
        client.events([])
        client.event("transfer.made", TRANSFER, START_US)
        request = client._request
        calls = []

        def losing(*sent):
            answer = request(*sent)
            calls.append(answer.status)
            if len(calls) == 1:
                raise ConnectionResetError
            return answer

        monkeypatch.setattr(client, "_request", losing)
        assert client.flush().counts == {"duplicate": 1}
    assert len(rows_of(gate, own["source"])) == 1


def spool_everything(client):
    """Two streams, each kind of value, revisions, and what the gate refuses."""
    for n in range(1, 30):
        client.event("transfer.made", TRANSFER | {"amount": f"{n}.5"}, START_US + n)
    client.event("service.probe", {"up": True, "latency": 12, "topic": "网络"}, START_US)
    client.event("service.probe", {"up": False, "score": "0.5", "words": "全角，ascii"}, START_US)
    client.event("service.probe", {"up": "perhaps"}, START_US)
    client.event("service.probe", {"up": True, "words": "13800138000"}, START_US)
    client.event("transfer.made", TRANSFER | {"amount": "5.001"}, START_US)
    client.event("transfer.made", TRANSFER | {"amount": 7}, START_US)
    client.event("transfer.made", {"amount": "1"}, START_US)
    client.event("no.stream", {"a": 1}, START_US)
    client.event("service.probe", {"up": True, "unknown": "x"}, START_US)
    client.event("transfer.made", TRANSFER, START_US - 10**15)
    client.correct(3, "transfer.made", TRANSFER | {"amount": "6.00"}, START_US)
    client.void(4, "transfer.made", START_US)


def sent_by(gate, tmp_path, name, *, arrow):
    key, source = keys.generate(), f"urn:test:{tmp_path.name}:{name}"
    gate.register(key, source=source)
    seen = []
    with Client(gate.url, PROJECT, source, key, tmp_path / name, arrow=arrow) as client:
        post = client._post
        client._post = lambda kind, *rest: seen.append(kind) or post(kind, *rest)
        spool_everything(client)
        result = client.flush()
        refused = [(o.seqno, o.rev, o.status, o.field, o.reason) for o in result.refused]
        assert client.spool.waiting_count() == 0
    return result.counts, refused, rows_of(gate, source), seen


def test_columns_are_judged_and_stored_as_json_is(gate, tmp_path, monkeypatch):
    # Requests so small that some hold columns of one kind, and others are mixed and go as JSON.
    monkeypatch.setattr("shidian_kit.client.ARROW_BATCH_MAX", 5)
    monkeypatch.setattr("shidian_kit.client.BATCH_MAX", 5)
    by_json = sent_by(gate, tmp_path, "json", arrow=False)
    by_arrow = sent_by(gate, tmp_path, "arrow", arrow=True)

    assert by_arrow[:3] == by_json[:3]
    assert by_json[0]["accepted"] == 33
    assert len(by_json[1]) == 8
    assert set(by_json[3]) == {"application/cloudevents-batch+json"}
    assert set(by_arrow[3]) == {
        "application/cloudevents-batch+json",
        "application/vnd.apache.arrow.stream",
    }


def test_columns_longer_than_a_request_are_sent_in_parts(gate, own, monkeypatch):
    monkeypatch.setattr("shidian_kit.client.BODY_MAX_BYTES", 6_000)
    with Client(gate.url, PROJECT, **own, arrow=True) as client:
        client.events([draft("transfer.made", TRANSFER, START_US)] * 200)
        assert client.flush().counts == {"accepted": 200}
    assert [row["seqno"] for row in rows_of(gate, own["source"])] == list(range(1, 201))


def test_columns_without_pyarrow_are_refused_before_anything_is_spooled(own, monkeypatch):
    monkeypatch.setitem(sys.modules, "shidian_kit.arrow", None)
    with pytest.raises(ImportError, match=r"shidian-kit\[arrow\]"):
        Client("http://127.0.0.1:1", PROJECT, **own, arrow=True)
    assert not own["spool_path"].exists()


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
