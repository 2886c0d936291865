"""`/livez` and `/readyz` of the pages, before Django: they answer whatever host is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shidian.config import settings
from shidian.health import Readiness, files_in, room_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from shidian.config import Settings


def needs(config: Settings) -> dict[str, Callable[[], object]]:
    """What pages cannot do without."""
    return {
        "database": lambda: _database(config),
        "disk": lambda: room_in(config.home),
        "keys": lambda: files_in(config.keys),
    }


def _database(config: Settings) -> None:
    """That it answers, with a table of ours: in a connection of its own, let go of at once."""
    from django.db import connection

    if not config.database_url and not config.app_database.exists():
        # To ask SQLite would make the file.
        raise FileNotFoundError(config.app_database)

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM notices_publishedcard LIMIT 1"
                if config.zone == "public"
                else "SELECT 1 FROM cases_case LIMIT 1"
            )
    finally:
        connection.close()


def with_health(application: WSGIApplication) -> WSGIApplication:
    """The application with both paths before it."""
    readiness = Readiness(needs(settings()))

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            match environ["PATH_INFO"]:
                case "/livez":
                    return _answered(start_response, "200 OK", {"status": "alive"}, environ)
                case "/readyz":
                    failing = readiness.failing()
                    if not failing:
                        return _answered(start_response, "200 OK", {"status": "ready"}, environ)
                    said = {"status": "not ready", "failing": failing}
                    return _answered(start_response, "503 Service Unavailable", said, environ)
        return application(environ, start_response)

    return serve


def _answered(
    start_response: StartResponse, status: str, content: object, environ: WSGIEnvironment
) -> list[bytes]:
    body = json.dumps(content).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]
