"""A database server that is restarted: pages come a little later, and nothing is done twice."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.exception import convert_exception_to_response
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from structlog.testing import capture_logs

from shidian.web import outage
from shidian.web.outage import OutageMiddleware, is_away, server_error
from shidian.web.sessions import SessionStore


def error(state: str | None, kind: type[DatabaseError] = OperationalError) -> DatabaseError:
    cause = psycopg.OperationalError("words of the server")
    cause.sqlstate = state
    found = kind("words of the server")
    found.__cause__ = cause
    return found


@pytest.fixture
def on_postgresql(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "postgresql")


@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.parametrize(
    ("state", "away"),
    [
        *((state, True) for state in (None, "08006", "57P01", "57P02", "57P03", "53300")),
        *((state, False) for state in ("57014", "40P01", "55P03", "53100", "42P01")),
    ],
)
def test_a_server_that_is_away_is_told_from_a_query_that_failed(state, away):
    assert is_away(error(state)) is away


@pytest.mark.usefixtures("on_postgresql")
def test_other_errors_are_no_outage():
    assert not is_away(error(None, DatabaseError))
    assert not is_away(ValueError())
    assert not is_away(None)


def test_sqlite_is_never_away(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    assert not is_away(error(None))


class Server:
    """Answers, or is away `misses` times; `asked`: how often the page was made."""

    def __init__(self, monkeypatch, *, reachable=True, fails=0):
        self.reachable, self.fails, self.asked, self.tried = reachable, fails, [], 0
        monkeypatch.setattr(connection, "vendor", "postgresql")
        monkeypatch.setattr(connection, "close", lambda: None)
        monkeypatch.setattr(connection, "close_if_health_check_failed", lambda: None)
        monkeypatch.setattr(connection, "ensure_connection", self.connect)
        monkeypatch.setattr(outage, "LOOK_AGAIN_S", 0.01)
        self.middleware = OutageMiddleware(self.page)

    def connect(self):
        self.tried += 1
        if not self.reachable:
            raise error("57P03")

    def page(self, request):
        self.asked.append(request)
        if len(self.asked) > self.fails:
            return HttpResponse("made")
        try:
            raise error("57P01")
        except OperationalError:
            return server_error(request)

    def ask(self, method="GET"):
        return self.middleware(
            RequestFactory().generic(method, "/", headers={"accept-language": "en"})
        )


def test_a_page_whose_connection_broke_is_made_anew(monkeypatch):
    server = Server(monkeypatch, fails=1)

    assert server.ask().content == b"made"
    assert len(server.asked) == 2
    assert server.asked[0] is not server.asked[1]


def test_what_writes_is_done_once_and_says_to_look_first(monkeypatch):
    server = Server(monkeypatch, fails=1)

    answer = server.ask("POST")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert len(server.asked) == 1
    assert "before you send it again" in answer.content.decode()


def test_what_writes_waits_before_it_begins(monkeypatch):
    server = Server(monkeypatch, reachable=False)
    back = threading.Timer(0.3, lambda: setattr(server, "reachable", True))
    back.start()

    with capture_logs() as said:
        assert server.ask("POST").content == b"made"

    back.join()
    assert len(server.asked) == 1
    assert [one["event"] for one in said] == ["database away: requests wait", "database back"]


def test_once_it_is_away_for_long_nobody_waits_any_more(monkeypatch):
    monkeypatch.setattr(outage, "PATIENCE_S", 0.3)
    server = Server(monkeypatch, reachable=False, fails=99)
    began = time.monotonic()
    assert server.ask().status_code == 503
    assert time.monotonic() - began >= 0.3

    began = time.monotonic()
    assert [server.ask(method).status_code for method in ("GET", "POST")] == [503, 503]
    assert time.monotonic() - began < 0.3
    server.reachable, server.fails = True, 0
    assert server.ask().content == b"made"


def test_one_that_nobody_has_looked_at_since_is_another_one(monkeypatch):
    monkeypatch.setattr(outage, "PATIENCE_S", 0.3)
    server = Server(monkeypatch, reachable=False)
    assert server.ask("POST").status_code == 503
    time.sleep(0.4)
    back = threading.Timer(0.1, lambda: setattr(server, "reachable", True))
    back.start()

    assert server.ask("POST").content == b"made"
    back.join()


def test_a_page_that_fells_the_server_each_time_is_given_up(monkeypatch):
    server = Server(monkeypatch, fails=99)

    assert server.ask().status_code == 503
    assert len(server.asked) == 1 + outage.AGAIN_MAX


@pytest.mark.parametrize(
    ("language", "words"), [("en", "for a moment"), ("zh-hans", "暂时无法访问")]
)
def test_the_page_speaks_the_readers_language(monkeypatch, language, words):
    server = Server(monkeypatch, reachable=False)
    monkeypatch.setattr(outage, "PATIENCE_S", 0)
    request = RequestFactory().post("/", headers={"accept-language": language})

    assert words in server.middleware(request).content.decode()


def test_a_session_deleted_meanwhile_is_still_said_to_be(db):
    session = SessionStore()
    session.create()
    session.model.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


@pytest.mark.parametrize(
    ("failures", "method", "status"), [(1, "GET", 200), (9, "GET", 503), (1, "POST", 503)]
)
def test_a_session_that_an_outage_keeps_from_being_saved_was_not_deleted(
    db, monkeypatch, failures, method, status
):
    """Django's own middleware takes it for deleted, and answers 400."""
    session = SessionStore()
    session.create()
    left, keep = [error("57P01")] * failures, session.model.save

    def save(row, **how):
        if left:
            raise left.pop()
        return keep(row, **how)

    monkeypatch.setattr(session.model, "save", save)
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(connection, "close", lambda: None)

    def page(request):
        request.session["seen"] = "yes"
        return HttpResponse("made")

    chain = convert_exception_to_response(SessionMiddleware(page))
    request = RequestFactory().generic(method, "/", headers={"accept-language": "en"})
    request.META["HTTP_COOKIE"] = f"sessionid={session.session_key}"
    assert OutageMiddleware(chain)(request).status_code == status
