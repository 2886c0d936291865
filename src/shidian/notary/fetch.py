"""Fetches a published log over HTTP, for `LogReader`."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from shidian.core.record.reader import Fetch

TIMEOUT_S = 20.0
_TRIES = 2


def url(prefix: str) -> Fetch:
    """A fetch from below a URL prefix, over one kept connection. Raises ValueError for no http(s).

    The fetch raises RecordError not-reachable for any answer but 200 and 404.
    """
    parts = urlsplit(prefix)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{prefix!r} is not the http or https address of a log")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    base = parts.path.rstrip("/")

    def fetch(path: str, bytes_max: int) -> bytes | None:
        for left in reversed(range(_TRIES)):
            try:
                connection.request("GET", f"{base}/{path}", headers={"accept-encoding": "identity"})
                answer = connection.getresponse()
                data = answer.read(bytes_max + 1)
            except (OSError, http.client.HTTPException) as error:
                # A kept connection may have been closed since.
                connection.close()
                if not left:
                    raise _unreachable(f"{prefix}: {error}") from error
                continue
            if not answer.isclosed():
                connection.close()
            if answer.status == HTTPStatus.NOT_FOUND:
                return None
            if answer.status != HTTPStatus.OK:
                raise _unreachable(f"{prefix}/{path} answers {answer.status}")
            return data
        raise AssertionError("the last try returns or raises")

    return fetch


def _unreachable(detail: str) -> RecordError:
    return RecordError(Refusal.NOT_REACHABLE, detail)
