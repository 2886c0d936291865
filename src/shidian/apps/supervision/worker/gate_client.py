"""The worker's line to the gate: signed requests, one kept connection."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from shidian.core.journal.moving import Arriving, Left, Page
from shidian_kit.wire import canonical
from shidian_kit.wire.signatures import sign_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TIMEOUT_S = 10.0
MOVING_TIMEOUT_S = 600.0
"""A whole log is summed up, or taken in, before it is answered."""
REFUSAL_MAX_CHARS = 400
EVENTS_TYPE = "application/cloudevents-batch+json"


class GateUnreachableError(Exception):
    """The gate does not answer, or is busy: the same request can be made again later."""


class GateRefusedError(Exception):
    """The gate does not take the request as it is; making it again would not help.

    `departed`: the record is for a project that has left this gate's journal for another one.
    """

    def __init__(self, why: str, *, departed: bool = False) -> None:
        super().__init__(why)
        self.departed = departed


class GateClient:
    """Speaks to one gate as the worker. Not for use by several threads."""

    def __init__(self, url: str, key: Ed25519PrivateKey) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._timeout_s = TIMEOUT_S
        self._connection: http.client.HTTPConnection | None = None

    def control(self, records: Sequence[Mapping[str, Any]]) -> list[int | GateRefusedError]:
        """Have control records `{outbox_id, kind, …}` appended in this order.

        Of each the entry that it is, however often it is sent, or why it is not taken. Raises
        GateUnreachableError; GateRefusedError where the request as a whole is not taken.
        """
        answer = self._post("/v1/control", {"records": list(records)})
        return [
            int(one["entry"])
            if "entry" in one
            else GateRefusedError(one["refused"], departed=one.get("departed", False))
            for one in answer["answers"]
        ]

    def changed(self, topic: str, entry: int) -> None:
        """Tell listening pages that a topic changed. Raises GateUnreachableError."""
        self._post("/v1/changed", {"topic": topic, "entry": entry})

    def fed(self, as_of_us: int) -> None:
        """Say that at this time (µs UTC) no control record waited. Raises GateUnreachableError."""
        self._post("/v1/fed", {"as_of_us": as_of_us})

    def acknowledgements_after(self, entry: int, limit: int) -> list[dict[str, Any]]:
        """Firms' words on orders that follow an entry. Raises GateUnreachableError."""
        answer = self._post("/v1/acknowledgements/after", {"entry": entry, "limit": limit})
        return list(answer["acknowledgements"])

    def monitor(self, question: Mapping[str, Any]) -> Any:
        """What the monitor beside the gate says (`core.monitor.line`). Raises
        GateUnreachableError, also while there is no monitor yet."""
        return self._post("/v1/monitor", question)["answer"]

    def returns(self, project: str, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Have attested events taken (see `wire.envelope`); the gate's answer, status by status.

        Raises GateUnreachableError, also where the project's rules have not arrived yet;
        GateRefusedError.
        """
        body = canonical.dumps(list(events))
        return self._post_body(f"/v1/projects/{project}/returns", body, EVENTS_TYPE)

    def leaving(self, project: str, after: int, part: str) -> Page:
        """Some of the log, or codes, of a project that has left. Raises GateUnreachableError."""
        answer = self._say("/v1/leaving", {"project": project, "after": after, "part": part})
        return msgspec.json.decode(answer, type=Page)

    def left(self, project: str) -> Left:
        """What has left with a project, as a whole. Raises GateUnreachableError."""
        return msgspec.json.decode(
            self._say("/v1/leaving/whole", {"project": project}, MOVING_TIMEOUT_S), type=Left
        )

    def arriving(self, project: str, page: Page) -> Arriving:
        """Have kept what comes of a project; how far it has come. Raises GateUnreachableError."""
        answer = self._say("/v1/arriving", {"project": project, "page": page}, MOVING_TIMEOUT_S)
        return msgspec.json.decode(answer, type=Arriving)

    def _say(self, path: str, content: object, timeout_s: float = TIMEOUT_S) -> bytes:
        if self._connection is not None and self._connection.timeout != timeout_s:
            self.close()
        self._timeout_s = timeout_s
        return self._answered(path, msgspec.json.encode(content), "application/json")

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._post_body(path, canonical.dumps(content), "application/json")

    def _post_body(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        return dict(json.loads(self._answered(path, body, content_type)))

    def _answered(self, path: str, body: bytes, content_type: str) -> bytes:
        headers = {"content-type": content_type}
        headers |= sign_request(
            self._key,
            method="POST",
            url=f"{self._url}{path}",
            headers=headers,
            body=body,
            created=int(time.time()),
        )
        try:
            status, answer = self._send(path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise GateUnreachableError(f"{self._url}: {error or type(error).__name__}") from error
        if status == 200:  # noqa: PLR2004 - OK
            return answer
        said = answer.decode(errors="replace")[:REFUSAL_MAX_CHARS]
        # 404 and 401 mean keys or clocks that do not fit, 409 rules that are on their way, 5xx and
        # 429 a bad moment: try again.
        if status in (401, 404, 409, 429) or status >= 500:  # noqa: PLR2004
            raise GateUnreachableError(f"{self._url}{path} answered {status}: {said}")
        raise GateRefusedError(f"{status}: {said}")

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            parts = urlsplit(self._url)
            kind = (
                http.client.HTTPSConnection
                if parts.scheme == "https"
                else http.client.HTTPConnection
            )
            self._connection = kind(parts.netloc, timeout=self._timeout_s)
        try:
            return self._exchange(path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The gate may drop an idle connection at any time; a fresh one tells more.
            self._connection.close()
            return self._exchange(path, body, headers)

    def _exchange(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        assert self._connection is not None  # noqa: S101 - set by the caller
        self._connection.request("POST", path, body=body, headers=dict(headers))
        response = self._connection.getresponse()
        return response.status, response.read()
