"""One batch into the log, inside the writer's transaction: check, compare, build, insert."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from shidian.core.journal import batch as b
from shidian.core.journal.columns import chosen
from shidian.core.journal.compare import same
from shidian.core.journal.entry import (
    ColumnType,
    EntryKind,
    base_fields,
    column_name,
    encode_table,
)
from shidian.core.journal.feeds import SPANS_MAX, Feed, Feeds
from shidian.core.journal.payload import in_order, plain_table, stream_fields
from shidian.core.journal.streams import Stored, StreamSpec, ValueRefusedError
from shidian_kit.wire.envelope import Event, Op, shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.core.journal.codes import Codes
    from shidian.core.journal.columns import Arrivals, Columns, Ints, Mask, StreamColumns
    from shidian.core.journal.controls import ProjectState
    from shidian.core.journal.log import Log

BEFORE_START_US = 86_400_000_000
AHEAD_US = 60_000_000
"""Event time lies inside [project start − 1 day, ingest + 60 s]."""

_NONE: Ints = np.empty(0, np.int64)

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
        arrivals: Arrivals,
        *,
        columns: Columns | None,
        now_us: int,
    ) -> b.BatchResult:
        """Store what is new and say what became of each item.

        `columns`: those of `arrivals` for the state's streams. Writes one data entry per epoch with
        accepted items, the code rows of new pseudonyms, and a refusal row for each conflict or
        quarantined item.
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
        results: list[b.ItemResult] = [b.ACCEPTED] * arrivals.size
        refused: list[tuple[b.ItemResult, b.Incoming]] = []
        apart = np.ones(arrivals.size, np.bool_)
        if columns is not None and columns.size:
            taken, repeated = one.take_columns(columns, arrivals)
            apart[taken] = False
            for place in repeated.tolist():
                results[place] = b.DUPLICATE
        for place in np.flatnonzero(apart).tolist():
            item = arrivals.item(place)
            result = results[place] = one.judge(item)
            if result.status in (b.ItemStatus.CONFLICT, b.ItemStatus.QUARANTINED):
                refused.append((result, item))
        entries = tuple([one.write(epoch) for epoch in one.epochs()])
        self._log.add_refusals(project, source, now_us, refused)
        return b.BatchResult(tuple(results), entries, now_us)


@dataclass(slots=True)
class _Batch:
    """The work on one batch.

    `plain`: rows accepted in columns; `fresh`: accepted one by one, by epoch and (seqno, rev).
    """

    log: Log
    feeds: Feeds
    codes: Codes
    project: str
    source: str
    state: ProjectState
    now_us: int
    newest_epoch: int
    plain: Columns | None = None
    known: dict[int, Feed | None] = dataclass_field(default_factory=dict)
    fresh: dict[int, dict[tuple[int, int], _Row]] = dataclass_field(default_factory=dict)

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

    def take_columns(self, columns: Columns, arrivals: Arrivals) -> tuple[Ints, Ints]:
        """Take what needs no judge: new originals within bounds, and exact repeats of stored ones.

        Returns the places in the batch of all rows dealt with, and of those the repeats. What is
        left has something about it: the judge of single events says what.
        """
        feed = self._feed(columns.epoch)
        if (feed is None and columns.epoch < self.newest_epoch) or (
            feed is not None and len(feed.spans) >= SPANS_MAX
        ):
            return _NONE, _NONE
        seqno = columns.seqno
        plain = columns.time_us >= self.state.start_us - BEFORE_START_US
        plain &= columns.time_us <= self.now_us + AHEAD_US
        plain &= ~self._also_apart(columns, arrivals, plain)
        stored = np.zeros(len(seqno), np.bool_) if feed is None else feed.spans.inside(seqno)
        repeated = plain & stored
        if feed is not None and repeated.any():
            repeated &= self._repeats(feed, columns, repeated)
        fresh = plain & ~stored
        if fresh.any():
            self.plain = chosen(columns, fresh)
        return columns.place[fresh | repeated], columns.place[repeated]

    def _also_apart(self, columns: Columns, arrivals: Arrivals, plain: Mask) -> Mask:
        """Rows whose number stands in the batch more than once: their order decides."""
        seqno = columns.seqno
        twice = np.zeros(len(seqno), np.bool_)
        if not (np.diff(seqno) > 0).all():
            order = np.argsort(seqno, kind="stable")
            again = np.flatnonzero(seqno[order][1:] == seqno[order][:-1])
            twice[order[again]] = twice[order[again + 1]] = True
        if columns.size < arrivals.size or not plain.all():
            others = np.setdiff1d(np.arange(arrivals.size), columns.place[plain])
            items = [arrivals.item(place) for place in others.tolist()]
            numbers = [item.seqno for item in items if item.seqno is not None]
            twice |= np.isin(seqno, np.array(numbers, np.int64))
        return twice

    def _repeats(self, feed: Feed, columns: Columns, asked: Mask) -> Mask:
        """Of the rows asked, whose numbers are stored, those that are stored as they are."""
        repeats = chosen(columns, asked)
        seqno = repeats.seqno
        names = [name for part in repeats.streams for name in _names(part)]
        codes = self.codes.known(self.project, names)
        by_entry: dict[int, Mask] = {}
        for first, last, entry in feed.holders(self.log.db, int(seqno.min()), int(seqno.max())):
            mine = (seqno >= first) & (seqno <= last)
            if mine.any():
                by_entry[entry] = by_entry.get(entry, False) | mine
        equal = np.zeros(len(seqno), np.bool_)
        for entry, mine in by_entry.items():
            held = self.log.table(self.project, entry)
            equal[mine] = same(chosen(repeats, mine), held, codes)
        found = np.zeros(columns.size, np.bool_)
        found[asked] = equal
        return found

    def epochs(self) -> list[int]:
        """Epochs that have something to write, rising."""
        return sorted({*self.fresh, *([self.plain.epoch] if self.plain else [])})

    def write(self, epoch: int) -> int:
        """Append the accepted rows of one epoch as one entry; its number."""
        single = self.fresh.get(epoch, {})
        rows = [single[identity] for identity in sorted(single)]
        tables = [_table(rows, self.codes.assign(self.project, _pseudonyms(rows)))] if rows else []
        originals = np.array([seqno for seqno, rev in single if rev == 0], np.int64)
        if self.plain is not None and self.plain.epoch == epoch:
            names = [name for part in self.plain.streams for name in _names(part)]
            codes = self.codes.assign(self.project, names)
            tables.append(plain_table(self.plain, codes))
            originals = np.concatenate([originals, self.plain.seqno])
        table = in_order(tables)
        number = self.log.append(
            EntryKind.DATA,
            encode_table(table),
            self.now_us,
            project=self.project,
            seq0=int(table["seqno"][0].as_py()),
            n=table.num_rows,
            source=self.source,
            epoch=epoch,
        )
        feed = self.feeds.open(self.project, self.source, epoch, number)
        revisions = sorted(identity for identity in single if identity[1] > 0)
        feed.record(self.log.db, number, np.sort(originals), revisions)
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
        held = self.log.row(self.project, entry, row.event.seqno, row.event.rev)
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


def _names(part: StreamColumns) -> list[str]:
    """Pseudonyms that the part's rows name, each once a column."""
    return [
        name
        for array in part.values.values()
        if pa.types.is_dictionary(array.type)
        for name in array.dictionary.take(array.indices.unique().drop_null()).to_pylist()
    ]


def _table(rows: Sequence[_Row], codes: dict[str, int]) -> pa.Table:
    """Rows accepted one by one, of all streams that occur."""
    events = [row.event for row in rows]
    fields = base_fields()
    columns: list[pa.Array] = [
        pa.array([event.type for event in events], pa.utf8()),
        pa.array([event.seqno for event in events], pa.int64()),
        pa.array([event.rev for event in events], pa.int32()),
        pa.array([event.op.value for event in events], pa.utf8()),
        pa.array([event.time_us for event in events], pa.int64()),
    ]
    for stream in {row.stream.id: row.stream for row in rows}.values():
        for at, field in enumerate(stream_fields(stream)):
            values = [row.values[at] if row.stream is stream else None for row in rows]
            if at in stream.pseudonyms:
                values = [None if value is None else codes[str(value)] for value in values]
            fields.append(field)
            columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))
