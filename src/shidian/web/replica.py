"""The public site's reads from a copy of the app database, which PostgreSQL keeps by itself.

Only published snapshots, only while a public page is read: whatever decides anything, and whatever
somebody has just written, is read where it was written. Where the copy does not answer, the page is
made from the app database, and the log says so once.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog
from django.db import InterfaceError, OperationalError, connections

from shidian.logs import named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import Model
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

ALIAS = "replica"
REST_S = 10.0
"""How long a copy that did not answer is not asked again."""
_PUBLISHED = frozenset({"PublishedSnapshot", "PublishedCard", "PublishedLeaf"})
_PORTAL = "shidian.apps.portal"
_API = "api/v1/"
_reading: ContextVar[bool] = ContextVar("reading from the replica", default=False)
_log = structlog.get_logger("shidian.web")


class PortalRouter:
    """Sends reads of published snapshots to the copy while a public page is made."""

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        """The copy, or None: wherever it would be read otherwise."""
        return ALIAS if _reading.get() and model.__name__ in _PUBLISHED else None

    def allow_relation(self, *_: Model, **__: Any) -> bool:
        """Both hold the same rows."""
        return True

    def allow_migrate(self, db: str, *_: str, **__: Any) -> bool | None:
        """PostgreSQL brings the copy up to date."""
        return False if db == ALIAS else None


class ReplicaMiddleware:
    """Makes public pages from the copy while it answers. After the one that refuses views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._rests_until = 0.0
        self._away = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: Sequence[object],
        kwargs: Mapping[str, object],
    ) -> HttpResponseBase | None:
        """The page from the copy; None: it is made as any other."""
        if not _is_public_read(request, view) or time.monotonic() < self._rests_until:
            return None
        token = _reading.set(True)
        try:
            connections[ALIAS].ensure_connection()
            answer = view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            self._fails(error)
            return None
        finally:
            _reading.reset(token)
        self._answers()
        return answer

    def _fails(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + REST_S
        connections[ALIAS].close()
        if not self._away:
            _log.warning("replica away: reading the app database", error=named(error))
        self._away = True

    def _answers(self) -> None:
        if self._away:
            _log.info("replica back")
        self._away = False


def _is_public_read(request: HttpRequest, view: Callable[..., HttpResponseBase]) -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    match = request.resolver_match
    is_api = match is not None and match.route.startswith(_API)
    return is_api or getattr(view, "__module__", "").startswith(_PORTAL)
