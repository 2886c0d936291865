"""Send a pilot's telemetry: durable numbering in a spool, signed requests, retries, statuses.

with Client("https://gate.example", "P-2026-0001", "urn:firm:engine", key, Path("spool")) as client:
    client.event("trade.executed", {"amount": "163.30", "investor": "p_…"})
    client.flush()
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from shidian_kit.spool import Draft, Outcome, Spool, Waiting
from shidian_kit.transport import (
    OK,
    TEMPORARY,
    GateConnection,
    GateRefusedError,
    GateUnreachableError,
)
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shidian_kit.transport import Answer

__all__ = ["Client", "FlushResult", "GateRefusedError", "GateUnreachableError", "draft"]

BATCH_MAX = 2_000
"""Events in one request; the gate takes at most 10,000 and 8 MiB."""
ARROW_BATCH_MAX = 20_000
"""The same of a request in Arrow, of which the gate takes 100,000."""
BODY_MAX_BYTES = 6 * 1024 * 1024
BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 15.0

_JSON = "application/cloudevents-batch+json"
_ARROW = "application/vnd.apache.arrow.stream"
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What one flush did: events by status, and those refused with their reasons."""

    counts: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[Outcome, ...] = ()


class Client:
    """A source of one project. `time` may be aware datetime or µs UTC; left out, it is now.

    `data` holds text, integers, true or false; a Decimal becomes text, a float is refused, since
    it does not say how many digits it means. `verify`: an SSL context for a gate with its own CA.
    `arrow`: send columns where they say the same as JSON; numbering, retries and statuses are the
    same. Raises ImportError where pyarrow is not installed.
    """

    def __init__(
        self,
        gate_url: str,
        project: str,
        source: str,
        key: Ed25519PrivateKey,
        spool_path: Path,
        *,
        verify: ssl.SSLContext | None = None,
        arrow: bool = False,
    ) -> None:
        self._gate = GateConnection(gate_url, key, verify=verify)
        self._path = f"/v1/projects/{quote(project, safe='')}/events"
        self._encode = _arrow_encoder() if arrow else None
        self.spool = Spool(spool_path, project=project, source=source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and the spool; what is not flushed waits for the next start."""
        self._gate.close()
        self.spool.close()

    def event(
        self,
        type: str,  # noqa: A002 - CloudEvents' name
        data: Mapping[str, object],
        time: datetime | int | None = None,
        subject: str | None = None,
    ) -> int:
        """Spool one event, durably; its number. Raises EnvelopeError, TypeError."""
        return self.spool.put(draft(type, data, time, subject))

    def events(self, drafts: Iterable[Draft], *, label: str | None = None) -> range:
        """Spool many in one transaction; their numbers (see `Spool.put_all`)."""
        return self.spool.put_all(drafts, label=label)

    def correct(
        self,
        seqno: int,
        type: str,  # noqa: A002 - CloudEvents' name
        data: Mapping[str, object],
        time: datetime | int | None = None,
    ) -> int:
        """Spool a correction: the event's whole content anew; its revision."""
        return self.spool.correct(seqno, draft(type, data, time))

    def void(self, seqno: int, type: str, time: datetime | int | None = None) -> int:  # noqa: A002 - CloudEvents' name
        """Spool that an event is taken away; its revision."""
        return self.spool.void(seqno, draft(type, {}, time))

    def flush(self, *, give_up_after_s: float = 60.0) -> FlushResult:
        """Send all that waits, oldest first, and keep each event's status.

        A request that fails is repeated with the same numbers, so nothing is stored twice. Raises
        GateRefusedError, and GateUnreachableError after `give_up_after_s` without progress.
        """
        counts: Counter[str] = Counter()
        refused: list[Outcome] = []
        limit = ARROW_BATCH_MAX if self._encode else BATCH_MAX
        while waiting := _within_limits(self.spool.waiting(limit)):
            batch, content_type, body = self._packed(waiting)
            content = self._post(content_type, body, give_up_after_s)
            answers = _answers(batch, content)
            self.spool.answer(answers)
            counts.update(status for _, status, _, _ in answers)
            refused += _refusals(batch, answers)
        return FlushResult(dict(counts), tuple(refused))

    def _packed(self, waiting: list[Waiting]) -> tuple[list[Waiting], str, bytes]:
        """The first of what waits as one body, in columns where that says the same."""
        while self._encode is not None:
            # The spool checked each when it took it.
            events = [envelope.of_spool(json.loads(item.wire)) for item in waiting]
            body = self._encode(events)
            if body is None:
                break
            if len(body) <= BODY_MAX_BYTES or len(waiting) == 1:
                return waiting, _ARROW, body
            # Many fields that are null in most rows: columns can be longer than the text.
            waiting = waiting[: len(waiting) // 2]
        waiting = waiting[:BATCH_MAX]
        return waiting, _JSON, f"[{','.join(item.wire for item in waiting)}]".encode()

    def _post(self, content_type: str, body: bytes, give_up_after_s: float) -> dict[str, Any]:
        until = time.monotonic() + give_up_after_s
        pause_s = BACKOFF_FIRST_S
        while True:
            try:
                answered = self._request(content_type, body)
            except (OSError, http.client.HTTPException) as error:
                problem, retry_after_s = f"{type(error).__name__}: {error}", 0.0
            else:
                if answered.status == OK:
                    answer: dict[str, Any] = json.loads(answered.content)
                    return answer
                code, problem = answered.problem()
                if answered.status not in TEMPORARY:
                    raise GateRefusedError(answered.status, code, problem)
                retry_after_s = _seconds(answered.headers.get("retry-after"))
            wait_s = max(retry_after_s, pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
            if time.monotonic() + wait_s > until:
                raise GateUnreachableError(f"the gate took nothing: {problem}")
            time.sleep(wait_s)
            pause_s = min(pause_s * 2, BACKOFF_MAX_S)

    def _request(self, content_type: str, body: bytes) -> Answer:
        return self._gate.post(self._path, content_type, body)


def draft(
    type: str,  # noqa: A002 - CloudEvents' name
    data: Mapping[str, object],
    time: datetime | int | None = None,
    subject: str | None = None,
) -> Draft:
    """An event without its number. Raises TypeError on a float or a naive time."""
    return Draft(type, _time_us(time), {name: _value(name, v) for name, v in data.items()}, subject)


def _arrow_encoder() -> Callable[[Sequence[envelope.Event]], bytes | None]:
    try:
        from shidian_kit.arrow import encode
    except ImportError as error:
        raise ImportError(
            "the Arrow lane needs pyarrow: pip install 'shidian-kit[arrow]'"
        ) from error
    return encode


def _value(name: str, value: object) -> envelope.Value:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    raise TypeError(f"{name}: give text, an integer, a Decimal, true or false, not {value!r}")


def _time_us(moment: datetime | int | None) -> int:
    if moment is None:
        return time.time_ns() // 1000
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise TypeError("a time needs a zone: datetime.now(UTC)")
    since = moment - _EPOCH_START
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _within_limits(waiting: list[Waiting]) -> list[Waiting]:
    size = 0
    for at, item in enumerate(waiting):
        size += len(item.wire.encode()) + 1
        if size > BODY_MAX_BYTES and at > 0:
            return waiting[:at]
    return waiting


def _answers(batch: list[Waiting], content: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    statuses = content["statuses"]
    if len(statuses) != len(batch):
        raise GateRefusedError(200, "answer", "the gate answered for another number of events")
    why = {problem["index"]: problem for problem in content["problems"]}
    return [
        (item.place, status, why[at]["field"], why[at]["reason"])
        if at in why
        else (item.place, status, "", "")
        for at, (item, status) in enumerate(zip(batch, statuses, strict=True))
    ]


def _refusals(batch: list[Waiting], answers: list[tuple[int, str, str, str]]) -> list[Outcome]:
    found = []
    for item, (_, status, where, reason) in zip(batch, answers, strict=True):
        if status not in ("accepted", "duplicate"):
            event = envelope.from_dict(json.loads(item.wire))
            found.append(Outcome(event.seqno, event.rev, status, where, reason))
    return found


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.isdigit() else 0.0
