"""Signed requests to a gate over one kept connection."""

from __future__ import annotations

import http.client
import json
import logging
import secrets
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shidian_kit.wire import signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TIMEOUT_S = 30.0
OK = 200
ELSEWHERE = 421
HOPS_MAX = 3
"""Gates that one request may be sent on to."""
TEMPORARY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Answers after which the same may be asked again."""


class GateRefusedError(RuntimeError):
    """The gate refused a whole request, and would again. The events wait in the spool."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class GateUnreachableError(RuntimeError):
    """The gate did not take the events in the time given. They wait in the spool."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `nonce`: that of the request's signature."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    nonce: str

    def problem(self) -> tuple[str, str]:
        """Code and text of an answer that is an error."""
        try:
            problem = json.loads(self.content)
            return str(problem["title"]), str(problem["detail"])
        except (ValueError, KeyError, TypeError):
            return "unknown", self.content[:200].decode("utf-8", "replace")


class GateConnection:
    """Signs with one key, to one gate. From one thread at a time. Raises ValueError on the URL.

    `verify`: an SSL context for a gate with its own certification authority.
    """

    def __init__(
        self,
        gate_url: str,
        key: Ed25519PrivateKey,
        *,
        verify: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        parts = urlsplit(gate_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{gate_url!r} is not the address of a gate: https://gate.example")
        self.url = gate_url.rstrip("/")
        self._key = key
        self._verify = verify
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, content_type: str, body: bytes) -> Answer:
        """One request. Raises OSError, HTTPException where no whole answer came.

        A kept connection that the gate has dropped meanwhile is opened anew, once, and the request
        signed anew: all that a gate takes may be said twice. Where the gate names another one that
        keeps the project by now, the request goes there, and so do those after it.
        """
        for _ in range(HOPS_MAX):
            answer = self._said(path, content_type, body)
            if not self._follow(answer):
                break
        return answer

    def _said(self, path: str, content_type: str, body: bytes) -> Answer:
        kept = self._connection is not None
        try:
            return self._once(path, content_type, body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not kept:
                raise
            return self._once(path, content_type, body)

    def _follow(self, answer: Answer) -> bool:
        """Whether there is another gate to ask; never from https to what anybody can read."""
        if answer.status != ELSEWHERE:
            return False
        url = answer.headers.get("location", "").rstrip("/")
        parts = urlsplit(url)
        secure = parts.scheme == "https" or urlsplit(self.url).scheme == "http"
        if parts.scheme not in ("http", "https") or not parts.hostname or not secure:
            return False
        _log.info("the project is kept by the gate at %s now", url)
        self.close()
        self.url = url
        return True

    def _once(self, path: str, content_type: str, body: bytes) -> Answer:
        url = f"{self.url}{path}"
        nonce = secrets.token_urlsafe(16)
        headers = {"Content-Type": content_type}
        headers |= signatures.sign_request(
            self._key,
            method="POST",
            url=url,
            headers=headers,
            body=body,
            created=int(time.time()),
            nonce=nonce,
        )
        try:
            response = self._sent(urlsplit(url).path, body, headers)
            told = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, told, response.read(), nonce)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; the next request opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _sent(self, path: str, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request("POST", path, body=body, headers=dict(headers))
        return self._connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = self._verify or ssl.create_default_context()
            return http.client.HTTPSConnection(
                host, parts.port, timeout=self._timeout_s, context=context
            )
        return http.client.HTTPConnection(host, parts.port, timeout=self._timeout_s)
