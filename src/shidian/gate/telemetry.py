"""Bodies of events into arrivals, and the journal's statuses into an answer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shidian.core.journal import arrivals_arrow, arrivals_json
from shidian.core.journal import batch as b
from shidian.core.journal.batch import ItemStatus, TooManyError
from shidian.gate import options
from shidian.gate.http import HttpProblemError, decode_content
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from shidian.core.journal import BatchResult
    from shidian.core.journal.columns import Arrivals

JSON_BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"
_REFUSED = frozenset({ItemStatus.CONFLICT, ItemStatus.QUARANTINED})


def read_arrivals(
    body: bytes, content_type: str, encoding: str | None, *, project: str, source: str
) -> Arrivals:
    """Body → one item per event. An item that is no event spoils no other.

    In NDJSON a line that is no JSON is such an item; a JSON batch that is no JSON and an Arrow
    stream that is not whole are refused, since nobody can say where their items end. `project` and
    `source`: whose key signed; an Arrow stream is theirs. Raises HttpProblemError 400, 413, 415.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (JSON_BATCH, NDJSON, ARROW):
        known = f"Send {JSON_BATCH}, {NDJSON} or {ARROW}."
        raise HttpProblemError(415, "content-type", known)
    content = decode_content(body, encoding)
    arrivals: Arrivals
    try:
        if media_type == ARROW:
            arrivals = arrivals_arrow.read_stream(
                content, project, source, options.ARROW_EVENTS_MAX
            )
        elif media_type == NDJSON:
            arrivals = arrivals_json.read_lines(content, options.EVENTS_MAX)
        else:
            arrivals = arrivals_json.read_batch(content, options.EVENTS_MAX)
    except TooManyError as error:
        raise HttpProblemError(413, "too-many", f"{error}.") from error
    except arrivals_arrow.ArrowError as error:
        raise HttpProblemError(400, "arrow", f"{error}. Nothing was stored.") from error
    except (ValueError, TypeError, RecursionError) as error:
        detail = "The body is not a JSON array of events: nothing was stored."
        raise HttpProblemError(400, "json", detail) from error
    if arrivals.size == 0:
        raise HttpProblemError(400, "empty", "The batch is empty.")
    return arrivals


def answer(result: BatchResult) -> dict[str, object]:
    """What the sender is told: a status per item in order, and why where one was refused."""
    return {
        "entries": result.entries,
        "ingested": envelope.format_time(result.ingest_us),
        "counts": count(result),
        "statuses": [item.status for item in result.items],
        "problems": [
            {"index": at, "status": item.status.value, "field": item.field, "reason": item.reason}
            for at, item in enumerate(result.items)
            if item is not b.ACCEPTED and item.status in _REFUSED
        ],
    }


def count(result: BatchResult) -> dict[str, int]:
    """How many items got which status."""
    # Accepted and duplicate are two shared objects, told apart without looking inside them.
    plain = Counter(map(id, result.items))
    counted = {b.ACCEPTED.status.value: plain[id(b.ACCEPTED)]}
    counted[b.DUPLICATE.status.value] = plain[id(b.DUPLICATE)]
    if sum(counted.values()) < len(result.items):
        counted = Counter([item.status.value for item in result.items])
    return {status: number for status, number in counted.items() if number}
