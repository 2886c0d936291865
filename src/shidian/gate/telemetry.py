"""Bodies of events into items, and the journal's statuses into an answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shidian.core.journal.batch import Incoming, ItemStatus, malformed
from shidian.gate import options
from shidian.gate.http import HttpProblemError, decode_content
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from shidian.core.journal import BatchResult

JSON_BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"

_decode = msgspec.json.Decoder().decode
_JSON_ERRORS = (ValueError, RecursionError)


def read_items(body: bytes, content_type: str, encoding: str | None) -> list[Incoming]:
    """Body → one item per event. An item that is no event spoils no other.

    In NDJSON a line that is no JSON is such an item; a JSON batch that is no JSON is refused whole,
    since nobody can say where its items end. Raises HttpProblemError 400, 413, 415.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (JSON_BATCH, NDJSON):
        raise HttpProblemError(415, "content-type", f"Send {JSON_BATCH} or {NDJSON}.")
    text = decode_content(body, encoding)
    if media_type == NDJSON:
        lines = [line for line in text.split(b"\n") if line.strip()]
        _limit(len(lines))
        return [_line(line) for line in lines]
    try:
        batch = _loads(text)
        if not isinstance(batch, list):
            raise HttpProblemError(400, "json", "A batch is a JSON array of events.")
        _limit(len(batch))
        # What was read with the last of the stack cannot be written again for its hash.
        return [_item(wire, None) for wire in batch]
    except _JSON_ERRORS as error:
        raise HttpProblemError(400, "json", "The body is not JSON: nothing was stored.") from error


def answer(result: BatchResult) -> dict[str, object]:
    """What the sender is told: a status per item in order, and why where one was refused."""
    return {
        "entries": result.entries,
        "ingested": envelope.format_time(result.ingest_us),
        "counts": count(result),
        "statuses": [item.status.value for item in result.items],
        "problems": [
            {"index": at, "status": item.status.value, "field": item.field, "reason": item.reason}
            for at, item in enumerate(result.items)
            if item.status in (ItemStatus.CONFLICT, ItemStatus.QUARANTINED)
        ],
    }


def count(result: BatchResult) -> dict[str, int]:
    """How many items got which status."""
    return dict(Counter([item.status.value for item in result.items]))


def _limit(events: int) -> None:
    if events > options.EVENTS_MAX:
        raise HttpProblemError(413, "too-many", f"At most {options.EVENTS_MAX} events a request.")
    if events == 0:
        raise HttpProblemError(400, "empty", "The batch is empty.")


def _loads(text: bytes) -> object:
    """JSON; what only the second parser takes (NaN, lone surrogates) is refused by item later."""
    try:
        return _decode(text)
    except _JSON_ERRORS:
        return json.loads(text)


def _line(line: bytes) -> Incoming:
    try:
        wire = _loads(line)
    except _JSON_ERRORS:
        return malformed(None, line, envelope.EnvelopeError("", "this line is not JSON"))
    return _item(wire, line)


def _item(wire: object, raw: bytes | None) -> Incoming:
    try:
        return envelope.from_dict(wire)
    except envelope.EnvelopeError as error:
        return malformed(wire, json.dumps(wire).encode() if raw is None else raw, error)
