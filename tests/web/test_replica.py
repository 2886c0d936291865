"""Public pages are made from the copy, and from the app database where the copy is away."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse
from structlog.testing import capture_logs

from shidian.apps.notices.models import PublishedSnapshot
from shidian.web import replica
from shidian.web.replica import ALIAS, PortalRouter

MIDDLEWARE = "shidian.web.replica.ReplicaMiddleware"


@pytest.fixture
def copy(committed_db, settings):
    """A second connection to the same database, under the copy's name; what it was asked."""
    given = dict(connections["default"].settings_dict)
    connections.settings[ALIAS] = given
    asked = []

    def note(run, sql, *rest):
        asked.append(sql)
        return run(sql, *rest)

    with override_settings(
        DATABASE_ROUTERS=["shidian.web.replica.PortalRouter"],
        MIDDLEWARE=[*settings.MIDDLEWARE, MIDDLEWARE],
    ):
        connections[ALIAS].execute_wrappers.append(note)
        yield asked
    connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


@pytest.fixture
def broken(copy):
    """The copy's server is gone."""
    connections[ALIAS].close()
    found = connections[ALIAS].settings_dict
    found |= {"NAME": "/nowhere/at/all"} if connections[ALIAS].vendor == "sqlite" else {"PORT": "1"}
    return copy


def told(said):
    return [one["event"] for one in said if one["event"].startswith("replica")]


def test_a_public_page_reads_snapshots_from_the_copy_alone(copy):
    assert Client().get(reverse("home")).status_code == 200
    assert copy
    assert all("notices_published" in sql or "SELECT 1" in sql or "PRAGMA" in sql for sql in copy)


def test_the_open_api_does_too(copy):
    assert Client().get("/api/v1/pilots").status_code in (200, 404)
    reads = len(copy)
    assert Client().get(reverse("accounts:sign-in")).status_code == 200
    assert len(copy) == reads


def test_outside_public_pages_nothing_is_read_there(copy):
    PublishedSnapshot.objects.count()
    Client().post(reverse("home"))
    assert copy == []
    assert PortalRouter().db_for_read(PublishedSnapshot) is None


def test_without_the_copy_pages_go_on_and_the_log_says_so_once(broken):
    with capture_logs() as said:
        client = Client()
        for _ in range(2):
            assert client.get(reverse("home")).status_code == 200
    assert told(said) == ["replica away: reading the app database"]
    assert broken == []


def test_a_copy_that_comes_back_is_read_again(broken, monkeypatch):
    monkeypatch.setattr(replica, "REST_S", 0.0)
    client = Client()
    with capture_logs() as said:
        client.get(reverse("home"))
        connections[ALIAS].settings_dict |= connections["default"].settings_dict
        client.get(reverse("home"))
    assert told(said)[-1] == "replica back"
    assert broken


def test_the_copy_is_migrated_by_its_server():
    assert PortalRouter().allow_migrate(ALIAS, "notices") is False
    assert PortalRouter().allow_migrate("default", "notices") is None
