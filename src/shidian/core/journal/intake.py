"""One batch into the log, inside the writer's transaction: check, compare, build, insert."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from shidian.core.journal import batch as b
from shidian.core.journal.entry import (
    ColumnType,
    EntryKind,
    base_fields,
    column_name,
    encode_table,
    typed_field,
)
from shidian.core.journal.feeds import SPANS_MAX, Feed, Feeds
from shidian.core.journal.streams import Stored, StreamSpec, ValueRefusedError
from shidian_kit.wire.envelope import Event, Op, shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.core.journal.codes import Codes
    from shidian.core.journal.controls import ProjectState
    from shidian.core.journal.log import Log

BEFORE_START_US = 86_400_000_000
AHEAD_US = 60_000_000
"""Event time lies inside [project start − 1 day, ingest + 60 s]."""

Values: TypeAlias = "tuple[Stored, ...]"


@dataclass(frozen=True, slots=True)
class _Row:
    event: Event
    stream: StreamSpec
    values: Values


class Intake:
    """Takes batches of one journal. All state in memory can be forgotten and is read again."""

    def __init__(self, log: Log, feeds: Feeds, codes: Codes) -> None:
        self._log = log
        self._feeds = feeds
        self._codes = codes

    def take(
        self,
        project: str,
        source: str,
        state: ProjectState,
        items: Sequence[b.Incoming],
        now_us: int,
    ) -> b.BatchResult:
        """Store what is new and say what became of each item.

        Writes one data entry per epoch with accepted items, the code rows of new pseudonyms, and a
        refusal row for each conflict or quarantined item.
        """
        one = _Batch(
            log=self._log,
            feeds=self._feeds,
            codes=self._codes,
            project=project,
            source=source,
            state=state,
            now_us=now_us,
            newest_epoch=self._feeds.newest_epoch(project, source),
        )
        results = tuple([one.judge(item) for item in items])
        entries = tuple([one.write(epoch) for epoch in one.fresh])
        refused = [
            (result, item)
            for result, item in zip(results, items, strict=True)
            if result.status in (b.ItemStatus.CONFLICT, b.ItemStatus.QUARANTINED)
        ]
        self._log.add_refusals(project, source, now_us, refused)
        return b.BatchResult(results, entries, now_us)


@dataclass(slots=True)
class _Batch:
    """The work on one batch. `fresh`: accepted rows by epoch and (seqno, rev), in order."""

    log: Log
    feeds: Feeds
    codes: Codes
    project: str
    source: str
    state: ProjectState
    now_us: int
    newest_epoch: int
    known: dict[int, Feed | None] = field(default_factory=dict)
    fresh: dict[int, dict[tuple[int, int], _Row]] = field(default_factory=dict)

    def judge(self, item: b.Incoming) -> b.ItemResult:
        """Status of one item; accepted rows are put aside for `write`."""
        if isinstance(item, b.Malformed):
            return b.ItemResult(b.ItemStatus.QUARANTINED, item.field, item.reason)
        if item.project != self.project or item.source != self.source:
            wrong = "project" if item.project != self.project else "source"
            return _quarantined(wrong, "foreign", f"this key may not write another {wrong}")
        feed = self._feed(item.epoch)
        identity = (item.seqno, item.rev)
        holder = None if feed is None else feed.find(self.log.db, *identity)
        pending = self.fresh.get(item.epoch, {}).get(identity)
        stored = holder is not None or pending is not None
        row = self._convert(item)
        if isinstance(row, b.ItemResult):
            return _conflict() if stored else row
        if stored:
            same = _same(row, pending) if pending else self._is_stored(row, holder or 0)
            return b.DUPLICATE if same else _conflict()
        refused = self._out_of_bounds(item, feed)
        if refused is not None:
            return refused
        self.fresh.setdefault(item.epoch, {})[identity] = row
        return b.ACCEPTED

    def write(self, epoch: int) -> int:
        """Append the accepted rows of one epoch as one entry; its number."""
        fresh = self.fresh[epoch]
        rows = [fresh[identity] for identity in sorted(fresh)]
        table = _table(rows, self.codes.assign(self.project, _pseudonyms(rows)))
        number = self.log.append(
            EntryKind.DATA,
            encode_table(table),
            self.now_us,
            project=self.project,
            seq0=min(seqno for seqno, _ in fresh),
            n=len(rows),
            source=self.source,
            epoch=epoch,
        )
        feed = self.feeds.open(self.project, self.source, epoch, number)
        feed.record(self.log.db, number, list(fresh))
        return number

    def _feed(self, epoch: int) -> Feed | None:
        if epoch not in self.known:
            self.known[epoch] = self.feeds.get(self.project, self.source, epoch)
        return self.known[epoch]

    def _convert(self, event: Event) -> _Row | b.ItemResult:
        stream = self.state.streams.get(event.type)
        if stream is None:
            return _quarantined("type", "stream", "the rulebook in force has no such stream")
        if event.op is Op.VOID:
            return _Row(event, stream, (None,) * len(stream.fields))
        data = event.data
        if not data.keys() <= stream.names:
            unknown = min(str(name) for name in data.keys() - stream.names)
            return _quarantined(
                f"data.{shown_name(unknown)}", "field", "the stream has no such field"
            )
        values: list[Stored] = []
        for spec in stream.fields:
            given = data.get(spec.name)
            if given is None:
                if spec.required:
                    return _quarantined(f"data.{spec.name}", "missing", "this field is required")
                values.append(None)
                continue
            try:
                values.append(spec.convert(given))
            except ValueRefusedError as error:
                return _quarantined(f"data.{spec.name}", error.code, str(error))
        return _Row(event, stream, tuple(values))

    def _out_of_bounds(self, event: Event, feed: Feed | None) -> b.ItemResult | None:
        if event.time_us < self.state.start_us - BEFORE_START_US:
            return _quarantined("time", "time", "is more than a day before the project's start")
        if event.time_us > self.now_us + AHEAD_US:
            return _quarantined("time", "time", "is more than 60 s ahead of the gate's clock")
        if feed is None and event.epoch < self.newest_epoch:
            return _quarantined("epoch", "epoch", "a new epoch must be above all earlier ones")
        if feed is not None and event.rev == 0 and len(feed.spans) >= SPANS_MAX:
            return _quarantined("seqno", "gaps", "too many numbers are missing; send those first")
        return None

    def _is_stored(self, row: _Row, entry: int) -> bool:
        held = self.log.row(entry, row.event.seqno, row.event.rev)
        codes = self.codes.known(self.project, _pseudonyms([row]))
        event = row.event
        expected: dict[str, Stored] = {
            "type": event.type,
            "seqno": event.seqno,
            "rev": event.rev,
            "op": event.op.value,
            "time_us": event.time_us,
        }
        for spec, value in zip(row.stream.fields, row.values, strict=True):
            if value is not None:
                coded = codes.get(str(value), -1) if spec.type is ColumnType.PSEUDONYM else value
                expected[column_name(row.stream.id, spec.name)] = coded
        return held == expected


def _same(row: _Row, other: _Row) -> bool:
    one, two = row.event, other.event
    return (one.type, one.op, one.time_us, row.values) == (
        two.type,
        two.op,
        two.time_us,
        other.values,
    )


def _quarantined(where: str, code: str, message: str) -> b.ItemResult:
    return b.ItemResult(b.ItemStatus.QUARANTINED, where, f"{code}: {message}")


def _conflict() -> b.ItemResult:
    return b.ItemResult(
        b.ItemStatus.CONFLICT,
        "id",
        "conflict: another payload is stored under this identity; correct it with rev + 1",
    )


def _pseudonyms(rows: Sequence[_Row]) -> list[str]:
    return [
        str(row.values[at])
        for row in rows
        for at in row.stream.pseudonyms
        if row.values[at] is not None
    ]


def _table(rows: Sequence[_Row], codes: dict[str, int]) -> pa.Table:
    """Accepted rows → payload table: base columns, then those of each stream that occurs, by name.

    Rows come in order of (seqno, rev). So the table follows from what it says, not from how it
    was sent, and sealed rows can be put together again as they were.
    """
    events = [row.event for row in rows]
    fields = base_fields()
    columns: list[pa.Array] = [
        pa.array([event.type for event in events], pa.utf8()),
        pa.array([event.seqno for event in events], pa.int64()),
        pa.array([event.rev for event in events], pa.int32()),
        pa.array([event.op.value for event in events], pa.utf8()),
        pa.array([event.time_us for event in events], pa.int64()),
    ]
    streams = {row.stream.id: row.stream for row in rows}
    for stream in (streams[name] for name in sorted(streams)):
        for at, spec in enumerate(stream.fields):
            values = [row.values[at] if row.stream is stream else None for row in rows]
            if spec.type is ColumnType.PSEUDONYM:
                values = [None if value is None else codes[str(value)] for value in values]
            fields.append(typed_field(stream.id, spec.name, spec.type, spec.scale))
            columns.append(pa.array(values, fields[-1].type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))
