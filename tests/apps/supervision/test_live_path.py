"""From an event sent to an alert on the board: real gate, monitor, worker and web."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest

from shidian_kit.client import Client
from shidian_kit.wire import keys
from tests.browser import ROOT, build_home, environment, free_port, run_python, serve

SEED = """
import json, sys
from datetime import timedelta
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from django.utils import timezone
from shidian.apps.cases.calendars import store_calendar
from shidian.core.procedure.calendars import by_id
store_calendar(by_id("cn-working-day"))
from tests.apps.supervision.things import quick_pilot
from tests.factories import Walk, make_world
from shidian.apps.supervision.domain.keys import register_machine_key
walk = Walk(make_world())
pilot = quick_pilot(walk, at=timezone.now() - timedelta(minutes=10))
register_machine_key(pilot=pilot, source="orders-1", public_key={key!r}, by=None)
session = SessionStore()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
session[SESSION_KEY] = str(walk.officer.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = walk.officer.get_session_auth_hash()
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
request = HttpRequest()
request.session = session
record_authentication(request, walk.officer, "mfa", type="totp")
session.create()
print(json.dumps(dict(pilot=pilot.public_id, cookie=session.session_key)))
"""
pytestmark = pytest.mark.prove  # a bound on time needs the machine to itself

VISIBLE_WITHIN_S = 2.0


@contextmanager
def process(name, home, **more):
    """One of the installation's processes; its output in `<name>.log`."""
    with (home / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "shidian", name],
            env=environment(home, **more),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield child
        finally:
            child.terminate()
            assert child.wait(timeout=20) == 0, (home / f"{name}.log").read_text()


def until(what, within_s):
    """Wait for a true answer; how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if what():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A home with one running pilot, and all processes over it."""
    key = keys.generate()
    home = build_home(tmp_path_factory.mktemp("live") / "home")
    seeded = json.loads(run_python(SEED.format(key=keys.public_text(key.public_key())), home))
    port = free_port()
    more = {
        "SHIDIAN_GATE_BIND": f"127.0.0.1:{port}",
        "SHIDIAN_GATE_URL": f"http://127.0.0.1:{port}",
    }
    with ExitStack() as stack:
        # The worker first: it has to get on without gate and monitor for a while.
        for name in ("worker", "gate", "monitor"):
            stack.enter_context(process(name, home, **more))
        site = stack.enter_context(serve(home, **more))
        yield {**seeded, "home": home, "key": key, "site": site, "gate": more["SHIDIAN_GATE_URL"]}


def fetch(installation, path):
    request = urllib.request.Request(
        installation["site"].url + path,
        headers={"Cookie": f"sessionid={installation['cookie']}", "Accept-Language": "en"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def test_an_alert_is_on_the_board_within_two_seconds(installation, tmp_path):
    page = f"/supervision/pilots/{installation['pilot']}/"
    until(lambda: fetch(installation, page).count("in force from entry") == 2, 15)
    assert "Surge of failed orders" not in fetch(installation, "/supervision/live/")
    token = json.loads(fetch(installation, "/supervision/token/"))
    stream = urllib.request.urlopen(f"{token['url']}?token={token['token']}", timeout=10)
    with Client(
        installation["gate"],
        installation["pilot"],
        "orders-1",
        installation["key"],
        tmp_path / "spool.sqlite3",
    ) as client:
        for _ in range(121):
            client.event("order.failed", {"investor": "p_" + "a" * 26, "code": "timeout"})
        sent = time.monotonic()
        result = client.flush()
        assert result is not None
        line = b""
        while not line.startswith(b"event: changed"):
            line = stream.readline()
        assert json.loads(stream.readline().removeprefix(b"data: "))["topic"] == "board:demo-city"
        board = ""
        while "Surge of failed orders" not in board:
            board = fetch(installation, "/supervision/live/")
            assert time.monotonic() - sent < 10
        assert time.monotonic() - sent < VISIBLE_WITHIN_S
    stream.close()
    assert "Critical" in board
    assert "121" in fetch(installation, page)
