"""Each request has an id, which its lines in the log carry; slow ones are named.

Written are the view's name, never the path: an address may hold a token or a reference.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from shidian.logs import REQUEST_ID_HEADER, request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

SLOW_S = 2.0
_SERVER_ERROR = 500
_log = structlog.get_logger("shidian.web")


class RequestLogMiddleware:
    """Binds the id for all that is logged meanwhile; see the module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(REQUEST_ID_HEADER)
        name = request_id(given)
        began_s = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=name):
            response = self.get_response(request)
            _write(request, response.status_code, time.perf_counter() - began_s)
        # Else two answers that must not differ, lest they tell something, would.
        if name == given or response.status_code >= _SERVER_ERROR:
            response.headers[REQUEST_ID_HEADER] = name
        return response


def _write(request: HttpRequest, status: int, took_s: float) -> None:
    if status >= _SERVER_ERROR:
        say = _log.error
    else:
        say = _log.warning if took_s >= SLOW_S else _log.debug
    match = request.resolver_match
    view = match.view_name if match else None
    say("answered", view=view, method=request.method, status=status, ms=round(took_s * 1000))
