"""From an event sent to an alert on the board: real gate, monitor, worker and web."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import timedelta

import pytest

from shidian_kit.client import Client
from tests.installation import SOURCE, installed

pytestmark = pytest.mark.prove  # a bound on time needs the machine to itself

VISIBLE_WITHIN_S = 2.0


def pilot_and_officer():
    """In a process of its own: a pilot that runs, and an officer who watches it."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from tests.apps.supervision.things import quick_pilot
    from tests.factories import Walk, make_world

    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world())
    return quick_pilot(walk, at=timezone.now() - timedelta(minutes=10)), walk.officer


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with installed(tmp_path_factory.mktemp("live") / "home", world=__name__) as found:
        yield found


def test_an_alert_is_on_the_board_within_two_seconds(installation, tmp_path):
    assert "Surge of failed orders" not in installation.fetch("/supervision/live/")
    token = json.loads(installation.fetch("/supervision/token/"))
    stream = urllib.request.urlopen(f"{token['url']}?token={token['token']}", timeout=10)
    with Client(
        installation.gate, installation.pilot, SOURCE, installation.key, tmp_path / "spool.sqlite3"
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
            board = installation.fetch("/supervision/live/")
            assert time.monotonic() - sent < 10
        assert time.monotonic() - sent < VISIBLE_WITHIN_S
    stream.close()
    assert "Critical" in board
    assert "121" in installation.fetch(f"/supervision/pilots/{installation.pilot}/")
