"""Fetches a published log over HTTP, for `LogReader`."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit

from shidian_kit.wire.refusal import RecordError, Refusal

TIMEOUT_S = 20.0


class Web:
    """Fetches from below a URL prefix, over one kept connection. Raises ValueError for no http(s).

    A call raises RecordError not-reachable for any answer but 200 and 404.
    """

    def __init__(self, prefix: str) -> None:
        parts = urlsplit(prefix)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{prefix!r} is not the http or https address of a log")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._prefix, self._base = prefix, parts.path.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __call__(self, path: str, bytes_max: int) -> bytes | None:
        try:
            status, data = self._get(path, bytes_max)
        except (OSError, http.client.HTTPException):
            # A kept connection may have been closed since.
            self._connection.close()
            try:
                status, data = self._get(path, bytes_max)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                raise _unreachable(f"{self._prefix}: {error}") from error
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise _unreachable(f"{self._prefix}: {path} is answered with {status}")
        return data

    def _get(self, path: str, bytes_max: int) -> tuple[int, bytes]:
        headers = {"accept-encoding": "identity"}
        self._connection.request("GET", f"{self._base}/{path}", headers=headers)
        answer = self._connection.getresponse()
        data = answer.read(bytes_max + 1)
        if not answer.isclosed():  # longer than asked for: the rest is not wanted
            self._connection.close()
        return answer.status, data


def _unreachable(detail: str) -> RecordError:
    return RecordError(Refusal.NOT_REACHABLE, detail)
