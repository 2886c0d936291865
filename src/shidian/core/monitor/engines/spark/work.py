"""What executors are asked for. Tasks and answers are values that travel; files are read in place.

A damaged file is an answer, not an exception: nothing is tried again that cannot come out better,
and the driver says which file it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shidian.core.journal.entry import Entry, EntryKind, encode_table
from shidian.core.journal.sealed import SegmentDamagedError, read_segment
from shidian.core.journal.sealed.rows import payload_tables
from shidian.core.monitor.engines.batch import ProjectBatch, Unsupported
from shidian.core.monitor.engines.clock import Ticks
from shidian.core.monitor.engines.history import tagged_entry, tagged_segment
from shidian.core.monitor.engines.rows import row_feeds, rows_of
from shidian.core.monitor.engines.shares import Share, from_evaluator, share_of
from shidian.core.monitor.engines.spark.gathered import TilesSource
from shidian.core.monitor.engines.spark.tiles import NO_IDENTITIES, FileTiles, file_tiles
from shidian.core.monitor.program import NotExecutable
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from shidian.core.journal.sealed import Segment
    from shidian.core.monitor.engines.rows import Tagged
    from shidian.core.monitor.engines.spark.tiles import Identities, Wanted
    from shidian.core.monitor.events import Ints
    from shidian.core.rulebook.loaded import Loaded

_EACH = ("entry", "seqno", "rev", "op", "type", "time_us")
_WHOSE = ("entry", "seqno", "rev")


@dataclass(frozen=True, slots=True)
class Damaged:
    """Why a file cannot be trusted, naming it."""

    message: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some entries of a project: those of a segment, or those that are in none yet.

    `entries`: the first without payload, since the segment in `folder` has their rows; the others
    with it. `feeds` numbers sources and epochs alike in all pieces of the project. `leases`: all of
    the project's, where a shape asks for them.
    """

    project: str
    folder: Path
    segment: Segment | None
    entries: tuple[Entry, ...]
    feeds: Mapping[tuple[str, int], int]
    leases: tuple[Entry, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    revised: Identities = NO_IDENTITIES

    @property
    def rows(self) -> int:
        """How many rows it has: what it costs, about."""
        return sum(entry.n for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Judging:
    """All that judges a project, beside its tiles. `ticks`: entry numbers and times."""

    project: str
    entries: tuple[Entry, ...]
    ticks: tuple[Ints, Ints]
    wanted: tuple[Wanted, ...]
    override: Loaded | None
    explain: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A project's share; None with the reason why the evaluator must find it."""

    project: str
    share: Share | None
    watermark_us: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A project for the evaluator: control records and leases as well as data, in order."""

    project: str
    folder: Path
    segments: tuple[Segment, ...]
    entries: tuple[Entry, ...]
    ticks: tuple[Ints, Ints]
    override: Loaded | None


@dataclass(frozen=True, slots=True)
class Revised:
    """Events of a piece that have more than one revision, or whose only one is no first."""

    project: str
    identities: Identities


Answer: TypeAlias = "Judged | Damaged"


def revised(piece: Piece) -> Revised | Damaged:
    """Which events of a piece are to stand alone; the segment is checked against the manifest."""
    try:
        found = [
            (table.column("entry"), table.column("seqno"), table.column("rev"))
            for table in _identities(piece)
        ]
    except SegmentDamagedError as error:
        return Damaged(str(error))
    columns = [
        np.concatenate([column.to_numpy() for column in same]).astype(np.int64)
        for same in zip(*found, strict=True)
    ]
    if not columns:
        return Revised(piece.project, NO_IDENTITIES)
    entry, seqno, rev = columns
    feed = row_feeds(entry, piece.entries, piece.feeds)
    order = np.lexsort((seqno, feed))
    again = (np.diff(feed[order]) == 0) & (np.diff(seqno[order]) == 0)
    chosen = rev > 0
    chosen[order[1:][again]] = True
    return Revised(piece.project, (feed[chosen], seqno[chosen]))


def _identities(piece: Piece) -> Iterator[Any]:
    if piece.segment is not None:
        yield read_segment(piece.folder, piece.segment, columns=_WHOSE)
        return
    for entry in piece.entries:
        tagged = tagged_entry(entry)
        yield tagged.table.append_column("entry", [tagged.entry])


def tiled(piece: Piece) -> FileTiles | Damaged:
    """A piece's events, grouped."""
    try:
        tables = list(_tables(piece))
    except SegmentDamagedError as error:
        return Damaged(str(error))
    rows = rows_of(tables, piece.entries, lambda: piece.leases, piece.feeds)
    return file_tiles(rows, piece.wanted, piece.revised)


def _tables(piece: Piece) -> Iterator[Tagged]:
    """With the columns that are asked for, and no others: what nobody judges does not travel."""
    fields = sorted({name for wanted in piece.wanted for name in wanted.columns})
    if piece.segment is not None:
        columns = [*_EACH, *fields]
        yield tagged_segment(read_segment(piece.folder, piece.segment, columns=columns))
        return
    for entry in piece.entries:
        tagged = tagged_entry(entry)
        columns = [name for name in tagged.table.column_names if name in _EACH or name in fields]
        yield replace(tagged, table=tagged.table.select(columns))


def judged(judging: Judging, files: Sequence[FileTiles | Damaged]) -> Answer:
    """A project's items and final episodes, from the tiles of all its pieces."""
    tiles = []
    for file in files:
        if isinstance(file, Damaged):
            return file
        tiles.append(file)
    source = TilesSource([wanted.shape for wanted in judging.wanted], tiles)
    batch = ProjectBatch(judging.project, judging.entries, _ticks(judging.ticks), source)
    try:
        found = batch.evaluate(judging.override)
    except (Unsupported, NotExecutable, RulebookErrors) as why:
        return Judged(judging.project, None, why=f"{type(why).__name__}: {why}")
    share = share_of(judging.project, found, explain=judging.explain)
    return Judged(judging.project, share, found.watermark_us)


def evaluated(whole: Whole) -> Answer:
    """The same entry by entry: any rules, and one project on one core."""
    try:
        found = replay(_log(whole), project=whole.project, override=whole.override)
    except SegmentDamagedError as error:
        return Damaged(str(error))
    return Judged(whole.project, from_evaluator(found))


def _log(whole: Whole) -> Iterator[Entry]:
    """The project's log in its order, a segment decoded at a time."""
    ticks = _ticks(whole.ticks)
    segments = iter(whole.segments)
    held: dict[int, Any] = {}
    at = 0
    for head in whole.entries:
        while at < len(ticks.entries) and ticks.entries[at] < head.entry:
            yield _tick(ticks.entries[at], ticks.times_us[at])
            at += 1
        entry = head
        if head.kind is EntryKind.DATA and not head.payload:
            while head.entry not in held:
                segment = next(segments, None)
                if segment is None:
                    raise SegmentDamagedError(f"entry {head.entry} is in no segment")
                held = _payloads(whole, segment)
            entry = replace(head, payload=encode_table(held.pop(head.entry)))
        yield entry
    for number, time_us in zip(ticks.entries[at:], ticks.times_us[at:], strict=True):
        yield _tick(number, time_us)


def _payloads(whole: Whole, segment: Segment) -> dict[int, Any]:
    """Entry → table."""
    return payload_tables(read_segment(whole.folder, segment))


def _tick(number: int, time_us: int) -> Entry:
    return Entry(number, EntryKind.TICK, "", 0, 0, time_us, "", 0, b"", b"{}")


def _ticks(columns: tuple[Ints, Ints]) -> Ticks:
    return Ticks(columns[0].tolist(), columns[1].tolist())
