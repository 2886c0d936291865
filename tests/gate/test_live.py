"""Live updates: who may listen, and what is heard."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import contextmanager

import pytest

from shidian import keyring
from shidian_kit.wire.token import make_live_token

from .running import running_gate


@contextmanager
def listening(gate, topics, *, expires_in_s=60, headers=None):
    secret = keyring.live_secret(gate.home / "keys")
    token = make_live_token(secret, topics, int(time.time()) + expires_in_s)
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=10)
    connection.request("GET", f"/v1/live?token={token}", headers=headers or {})
    response = connection.getresponse()
    try:
        assert response.status == 200
        assert response.readline() == b"retry: 2000\n"
        assert response.readline() == b"\n"
        yield response
    finally:
        connection.close()


def change(gate, topic, entry):
    worker = keyring.worker_key(gate.home / "keys")
    body = json.dumps({"topic": topic, "entry": entry}).encode()
    return gate.post(worker, "/v1/changed", body)


def test_listener_hears_of_its_topics_only(gate):
    with listening(gate, ["board"]) as stream:
        assert change(gate, "other", 1) == (200, {"told": 0})
        assert change(gate, "board", 5) == (200, {"told": 1})
        assert stream.readline() == b"event: changed\n"
        assert stream.readline() == b'data: {"topic":"board","entry":5}\n'


def test_pages_of_the_web_origin_only_may_read(gate):
    with listening(gate, ["t"], headers={"origin": "http://127.0.0.1:8000"}) as stream:
        assert stream.headers["access-control-allow-origin"] == "http://127.0.0.1:8000"
        assert stream.headers["content-type"] == "text/event-stream"
    with listening(gate, ["t"], headers={"origin": "http://evil.example"}) as stream:
        assert stream.headers["access-control-allow-origin"] is None


@pytest.mark.parametrize("token", ["", "v1.a.b", "x" * 9000])
def test_forged_token_is_refused(gate, token):
    assert gate.request("GET", f"/v1/live?token={token}")[0] == 401


def test_stream_ends_with_its_token(gate):
    with listening(gate, ["t"], expires_in_s=2) as stream:
        began = time.monotonic()
        assert b"changed" not in stream.read()
        assert time.monotonic() - began < 5


def test_unfit_change_is_explained(gate):
    worker = keyring.worker_key(gate.home / "keys")
    status, content = gate.post(worker, "/v1/changed", b'{"topic": 1}')
    assert (status, content["title"]) == (422, "changed")


def test_shutdown_ends_streams_and_exits_cleanly(tmp_path):
    with running_gate(tmp_path) as own, listening(own, ["t"]) as stream:
        own.process.terminate()
        stream.read()
        assert own.process.wait(5) == 0
