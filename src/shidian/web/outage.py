"""A database server that is restarted: pages wait for it a moment rather than fail.

What only reads is made anew once the server answers again. What writes waits before it begins; if
the connection breaks while it is done, nobody can know whether the commit was heard: the answer is
503, and says to look before sending again. SQLite has no server to be away.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import structlog
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, connection
from django.http import HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from django.utils import translation

from shidian.config import settings
from shidian.logs import named
from shidian.web.context import PRODUCT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

PATIENCE_S = 6.0
"""How long a request waits, and from the first that fails on how long any does: with the last try
to connect less than the ten seconds in which `/readyz` names the database, whose turn comes after.
"""
LOOK_AGAIN_S = 0.1
AGAIN_MAX = 2
"""How often a page is made anew: one whose query fells the server must not do so for ever."""
RETRY_AFTER_S = 5
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_BROKEN_OFF = ("08", "57P")
"""SQLSTATE classes: no connection; the server is shut down, has crashed, or is starting."""
_TOO_MANY = "53300"
_log = structlog.get_logger("shidian.web")


class OutageAnswer(HttpResponse):
    """503 in words: the database is away, and what to do."""

    status_code = 503


def is_away(error: BaseException | None) -> bool:
    """Whether the server could not be reached, or broke off; no fault of what was asked of it."""
    if not isinstance(error, OperationalError) or connection.vendor != "postgresql":
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_BROKEN_OFF) or state == _TOO_MANY


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler of what no view caught."""
    if is_away(sys.exc_info()[1]):
        return _answer(request)
    return HttpResponseServerError(_page(request, "500.html"))


def _answer(request: HttpRequest) -> OutageAnswer:
    text = _page(request, "503.html", read=request.method in _READS)
    return OutageAnswer(text, headers={"Retry-After": str(RETRY_AFTER_S)})


def _page(request: HttpRequest, template: str, **more: object) -> str:
    """With what every page knows and no database is asked for."""
    known = {"product_name": PRODUCT_NAME, "demo": settings().demo, **more}
    with translation.override(translation.get_language_from_request(request)):
        return render_to_string(template, known)


class OutageMiddleware:
    """Bridges a restart of the server; see the module. Before all that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._since_s: float | None = None
        self._missed_s = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        until_s = time.monotonic() + PATIENCE_S
        reads = request.method in _READS
        if (not reads or self._since_s is not None) and not self._answers(until_s):
            return _answer(request)
        response = self.get_response(request)
        for _ in range(AGAIN_MAX):
            if not reads or not isinstance(response, OutageAnswer):
                break
            connection.close()
            if not self._answers(until_s):
                break
            response = self.get_response(WSGIRequest(request.META))
        return response

    def _answers(self, until_s: float) -> bool:
        """Whether the server can be spoken to, waited for while nobody has waited as long yet."""
        while True:
            try:
                connection.close_if_health_check_failed()
                connection.ensure_connection()
            except OperationalError as error:
                if not is_away(error):
                    raise
                self._is_away(error)
            else:
                self._is_back()
                return True
            now_s = time.monotonic()
            since_s = now_s if self._since_s is None else self._since_s
            if now_s >= min(until_s, since_s + PATIENCE_S):
                return False
            time.sleep(LOOK_AGAIN_S)

    def _is_away(self, error: OperationalError) -> None:
        now_s = time.monotonic()
        # One that nobody has looked at for so long may be over: then this is another one.
        if self._since_s is None or now_s - self._missed_s > PATIENCE_S:
            self._since_s = now_s
            _log.error("database away: requests wait", error=named(error))
        self._missed_s = now_s

    def _is_back(self) -> None:
        since_s, self._since_s = self._since_s, None
        if since_s is not None:
            _log.warning("database back", after_s=round(time.monotonic() - since_s, 1))
