"""What a process needs is named within seconds where it is not to be had, and no more is said."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from structlog.testing import capture_logs

from shidian.health import Readiness, files_in, room_in
from tests.browser import build_home, serve
from tests.gate.running import RunningGate

WITHIN_S = 10


def fails():
    raise OSError("postgresql://secret@db.internal does not answer")


def test_what_is_there_is_not_named():
    assert Readiness({"database": lambda: None, "disk": lambda: 3}).failing() == []


def test_what_fails_is_named_and_the_reason_is_for_the_log_alone():
    readiness = Readiness({"disk": lambda: None, "keys": fails, "database": fails}, kept_s=0)

    with capture_logs() as logged:
        assert readiness.failing() == ["database", "keys"]
        assert readiness.failing() == ["database", "keys"]

    assert [(line["need"], "secret" in line["why"]) for line in logged] == [
        ("database", True),
        ("keys", True),
    ]


def test_what_hangs_is_named_and_not_asked_again_until_it_answers():
    go, asked = threading.Event(), []

    def hangs():
        asked.append(1)
        go.wait()

    readiness = Readiness({"journal": hangs, "disk": fails}, within_s=0.2, kept_s=0)
    began = time.monotonic()

    assert readiness.failing() == ["disk", "journal"]
    assert readiness.failing() == ["disk", "journal"]

    assert time.monotonic() - began < 2
    assert asked == [1]
    go.set()
    time.sleep(0.05)
    assert readiness.failing() == ["disk"]


def test_an_answer_is_kept_for_a_while_whoever_asks():
    asked = []
    readiness = Readiness({"disk": lambda: asked.append(1)}, kept_s=60)

    assert [readiness.failing() for _ in range(5)] == [[]] * 5
    assert asked == [1]


def test_one_waits_for_what_hangs_and_others_are_told_what_was_known():
    go = threading.Event()
    hanging = [False]
    readiness = Readiness(
        {"journal": lambda: go.wait() if hanging[0] else None}, within_s=5, kept_s=0
    )
    assert readiness.failing() == []
    hanging[0] = True
    first = threading.Thread(target=readiness.failing)
    first.start()
    time.sleep(0.1)
    began = time.monotonic()

    assert readiness.failing() == []

    assert time.monotonic() - began < 2
    go.set()
    first.join()


def test_an_empty_folder_and_a_missing_one_are_not_to_be_had(tmp_path):
    with pytest.raises(OSError, match="empty"):
        files_in(tmp_path)
    with pytest.raises(FileNotFoundError):
        room_in(tmp_path / "none")


def asked(url):
    """Status and JSON."""
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_S) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def until(url, wanted):
    deadline = time.monotonic() + WITHIN_S
    while (found := asked(url)) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_a_gate_says_what_it_lacks(tmp_path):
    gate = RunningGate(tmp_path)
    gate.start()
    try:
        assert asked(f"{gate.url}/livez") == (200, {"status": "alive"})
        assert asked(f"{gate.url}/readyz") == (200, {"status": "ready"})

        (tmp_path / "keys").rename(tmp_path / "elsewhere")
        until(f"{gate.url}/readyz", (503, {"status": "not ready", "failing": ["keys"]}))
        assert asked(f"{gate.url}/livez") == (200, {"status": "alive"})

        (tmp_path / "elsewhere").rename(tmp_path / "keys")
        until(f"{gate.url}/readyz", (200, {"status": "ready"}))
    finally:
        gate.stop()


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory):
    return build_home(tmp_path_factory.mktemp("health") / "home")


def test_pages_say_that_their_database_is_gone_and_make_none(empty_home):
    with serve(empty_home) as site:
        host = urllib.request.Request(f"{site.url}/livez", headers={"Host": "10.0.0.7"})
        assert urllib.request.urlopen(host, timeout=WITHIN_S).status == 200
        assert asked(f"{site.url}/readyz") == (200, {"status": "ready"})

        database = empty_home / "app.sqlite3"
        database.rename(empty_home / "elsewhere")
        until(f"{site.url}/readyz", (503, {"status": "not ready", "failing": ["database"]}))
        assert not database.exists()
        assert asked(f"{site.url}/livez") == (200, {"status": "alive"})

        (empty_home / "elsewhere").rename(database)
        until(f"{site.url}/readyz", (200, {"status": "ready"}))


def test_pages_name_a_postgresql_that_hangs_or_refuses_and_say_no_more(empty_home):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://me@127.0.0.1:{port}/shidian"
        with serve(empty_home, SHIDIAN_DATABASE_URL=url, waits_for="/livez") as site:
            began = time.monotonic()
            assert asked(f"{site.url}/readyz") == (
                503,
                {"status": "not ready", "failing": ["database"]},
            )
            assert time.monotonic() - began < WITHIN_S
            silent.close()
            until(
                f"{site.url}/readyz",
                (503, {"status": "not ready", "failing": ["database"]}),
            )
