"""Telemetry over HTTP: bodies, statuses, and who may send what."""

from __future__ import annotations

import gzip
import itertools
import json
import time

import pytest
import zstandard

from shidian.core.journal import JournalReader, Malformed
from shidian.gate import telemetry
from shidian.gate.http import HttpProblemError
from shidian_kit.wire import envelope, keys
from tests.core.journal.samples import PROJECT, transfer
from tests.core.journal.test_arrivals import arrow

EVENTS = f"/v1/projects/{PROJECT}/events"
JSON_BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"
_epochs = itertools.count(100)


@pytest.fixture
def batch():
    """Makes wire events of an epoch that no other test uses."""
    epoch = next(_epochs)

    def make(*seqnos, **changed):
        return [envelope.to_dict(transfer(n, epoch=epoch, **changed)) for n in seqnos]

    return make


def encode(events):
    return json.dumps(events).encode()


def test_batch_is_stored_and_each_item_answered(gate, key, batch):
    status, content = gate.post(key, EVENTS, encode(batch(1, 2)), JSON_BATCH)
    assert status == 200
    assert content["statuses"] == ["accepted", "accepted"]
    with JournalReader(gate.journal_path) as reader:
        [entry] = reader.entries_after(content["entries"][0] - 1, 1)
    assert (entry.project, entry.n) == (PROJECT, 2)
    again = gate.post(key, EVENTS, encode(batch(1, 2, 3)), JSON_BATCH)[1]
    assert again["statuses"] == ["duplicate", "duplicate", "accepted"]


def test_one_bad_item_spoils_no_other(gate, key, batch):
    events = [*batch(1), {"specversion": "1.0"}, "text", *batch(2)]
    content = gate.post(key, EVENTS, encode(events), JSON_BATCH)[1]
    assert content["statuses"] == ["accepted", "quarantined", "quarantined", "accepted"]
    assert content["counts"] == {"accepted": 2, "quarantined": 2}
    assert [problem["index"] for problem in content["problems"]] == [1, 2]
    assert all(problem["reason"] for problem in content["problems"])


def test_broken_ndjson_line_is_quarantined_alone(gate, key, batch):
    one, two = (encode(event) for event in batch(1, 2))
    body = b"\n".join([one, b'{"id": "broken', b"", two])
    content = gate.post(key, EVENTS, body, NDJSON)[1]
    assert content["statuses"] == ["accepted", "quarantined", "accepted"]


@pytest.mark.parametrize(
    "value", ["NaN", "1e400", "9" * 5000, '"\\ud800"', "[" * 5000 + "]" * 5000]
)
def test_number_that_is_none_is_quarantined_alone(gate, key, batch, value):
    one, two = (encode(event) for event in batch(1, 2))
    bad = one.replace(b'"10.00"', value.encode())
    content = gate.post(key, EVENTS, b"\n".join([bad, two]), NDJSON)[1]
    assert content["statuses"] == ["quarantined", "accepted"]


def test_nan_in_a_json_batch_is_quarantined_alone(gate, key, batch):
    body = encode(batch(1, 2)).replace(b'"10.00"', b"NaN", 1)
    content = gate.post(key, EVENTS, body, JSON_BATCH)[1]
    assert content["statuses"] == ["quarantined", "accepted"]


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_body_is_read_and_a_cut_one_refused_whole(gate, key, batch, encoding):
    compress = gzip.compress if encoding == "gzip" else zstandard.compress
    body = compress(encode(batch(1, 2)) + b" " * 5000)
    field = {"content-encoding": encoding}
    status, content = gate.post(key, EVENTS, body[:-9], JSON_BATCH, **field)
    assert (status, content["title"]) in {(400, "encoding"), (400, "json")}
    status, content = gate.post(key, EVENTS, body, JSON_BATCH, **field)
    assert content["counts"] == {"accepted": 2}


def test_arrow_stream_is_the_fast_lane(gate, key):
    epoch = next(_epochs)
    events = [transfer(n, epoch=epoch) for n in (1, 2)]
    body = arrow(events, epoch)
    status, content = gate.post(key, EVENTS, body, telemetry.ARROW)
    assert (status, content["statuses"]) == (200, ["accepted", "accepted"])
    compressed = gzip.compress(arrow([*events, transfer(3, epoch=epoch)], epoch))
    content = gate.post(key, EVENTS, compressed, telemetry.ARROW, **{"content-encoding": "gzip"})[1]
    assert content["statuses"] == ["duplicate", "duplicate", "accepted"]
    again = [envelope.to_dict(event) for event in events]
    assert gate.post(key, EVENTS, encode(again), JSON_BATCH)[1]["counts"] == {"duplicate": 2}
    status, content = gate.post(key, EVENTS, body[:-90], telemetry.ARROW)
    assert (status, content["title"]) == (400, "arrow")


def test_bomb_is_refused_by_its_size_after_decoding(gate, key):
    body = gzip.compress(b" " * (40 * 1024 * 1024))
    status, content = gate.post(key, EVENTS, body, JSON_BATCH, **{"content-encoding": "gzip"})
    assert (status, content["title"]) == (413, "too-large")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"[", JSON_BATCH, 400),
        (b"{}", JSON_BATCH, 400),
        (b"[]", JSON_BATCH, 400),
        (b"[]", "text/plain", 415),
        (b"[" + b"1," * 10_000 + b"1]", JSON_BATCH, 413),
    ],
)
def test_unfit_body_is_refused_whole_with_a_problem(gate, key, body, content_type, status):
    given, content = gate.post(key, EVENTS, body, content_type)
    assert given == content["status"] == status
    assert content["detail"]


@pytest.mark.parametrize("content_type", [JSON_BATCH, NDJSON])
def test_no_depth_of_nesting_makes_reading_fail_otherwise(content_type):
    """Every depth about the interpreter's own limit, where reading may succeed and hashing not."""

    def outcome(depth):
        try:
            body = b"[" * depth + b"]" * depth
            arrivals = telemetry.read_arrivals(
                body, content_type, None, project=PROJECT, source="urn:x"
            )
            return [arrivals.item(place) for place in range(arrivals.size)]
        except HttpProblemError as problem:
            return problem.status

    for depth in (*range(900, 1030), 100_000):
        found = outcome(depth)
        assert found == 400 or isinstance(found[0], Malformed)


def test_body_past_the_limit_is_refused(gate, key):
    body = b" " * (8 * 1024 * 1024 + 1)
    headers = gate.signed(key, EVENTS, body, JSON_BATCH)
    headers["content-length"] = str(len(body))
    assert gate.request("POST", EVENTS, b"", headers)[0] == 413


def test_unknown_project_and_unknown_signer_get_the_same_answer(gate, key, batch):
    body = encode(batch(1))
    stranger = keys.generate()
    answers = {
        gate.request("POST", EVENTS, body, {"content-type": JSON_BATCH})[::2],
        gate.request("POST", EVENTS, body, gate.signed(stranger, EVENTS, body, JSON_BATCH))[::2],
        gate.request("POST", "/v1/projects/P-0/events", body)[::2],
        gate.request("GET", "/nowhere")[::2],
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 404


@pytest.mark.parametrize("project", ["P-2026-0002", "P-unknown"])
def test_key_may_write_only_its_own_project(gate, key, batch, project):
    status, content = gate.post(key, f"/v1/projects/{project}/events", encode(batch(1)), JSON_BATCH)
    assert (status, content["title"]) == (403, "foreign")


def test_item_of_another_source_is_quarantined(gate, key, batch):
    content = gate.post(key, EVENTS, encode(batch(1, source="urn:other")), JSON_BATCH)[1]
    assert content["problems"][0]["field"] == "source"


def test_replayed_and_stale_requests_are_refused(gate, key, batch):
    body = encode(batch(1))
    headers = gate.signed(key, EVENTS, body, JSON_BATCH)
    assert gate.request("POST", EVENTS, body, headers)[0] == 200
    status, _, content = gate.request("POST", EVENTS, body, headers)
    assert (status, json.loads(content)["title"]) == (401, "replay")
    old = gate.signed(key, EVENTS, body, JSON_BATCH, created=int(time.time()) - 90)
    status, _, content = gate.request("POST", EVENTS, body, old)
    assert (status, json.loads(content)["title"]) == (401, "signature-stale")


@pytest.mark.parametrize("off_s", [-600, 600])
def test_clock_that_is_ten_minutes_off_is_named_and_nothing_is_taken(gate, key, batch, off_s):
    body = encode(batch(1))
    headers = gate.signed(key, EVENTS, body, JSON_BATCH, created=int(time.time()) + off_s)

    status, _, content = gate.request("POST", EVENTS, body, headers)

    assert (status, json.loads(content)["title"]) == (401, "signature-stale")


def test_changed_body_is_refused(gate, key, batch):
    body = encode(batch(1))
    headers = gate.signed(key, EVENTS, body, JSON_BATCH)
    status, _, content = gate.request("POST", EVENTS, body.replace(b"10.00", b"99.00"), headers)
    assert (status, json.loads(content)["title"]) == (401, "signature-digest")


def test_revoked_key_is_refused(gate, batch):
    key = keys.generate()
    gate.register(key, source="urn:revoked")
    gate.register(key, source="urn:revoked", revoked=True)
    status, content = gate.post(key, EVENTS, encode(batch(1)), JSON_BATCH)
    assert (status, content["title"]) == (403, "revoked")


def test_project_without_rulebook_in_force_is_told_so(gate, batch):
    key = keys.generate()
    gate.register(key, project="P-2026-0009")
    path = "/v1/projects/P-2026-0009/events"
    status, content = gate.post(key, path, encode(batch(1)), JSON_BATCH)
    assert (status, content["title"]) == (409, "not-active")


def test_metrics_count_items_by_status(gate, key, batch):
    gate.post(key, EVENTS, encode(batch(1)), JSON_BATCH)
    status, _, text = gate.request("GET", "/metrics")
    assert status == 200
    assert b'shidian_gate_items_total{status="accepted"}' in text
