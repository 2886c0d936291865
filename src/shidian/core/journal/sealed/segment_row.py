"""What a segment is: the manifest's row, and the columns of the file it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shidian.core.journal.entry import BASE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

TILE_US = 1_000_000
"""Length of the tile that column `tile` counts, µs: the shortest that a rulebook may name, so every
tile of whole seconds is an integer quotient of it."""

OPS = ("new", "correct", "void")
"""Column `op` is a place in this."""

FORMAT = 1
METADATA_KEY = b"shidian.segment"

SORT_KEYS = ("time_us", "entry", "seqno", "rev")


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of the manifest: a file that holds all data of a project's entries in a range.

    `first_entry` and `last_entry` are the lowest and the highest entry with rows in the file; the
    ranges of a project's segments do not meet. `path` is relative to the folder of segments,
    `sha256` that of the file, times are event times in µs UTC.
    """

    project: str
    first_entry: int
    last_entry: int
    path: str
    sha256: bytes
    size_bytes: int
    rows: int
    min_time_us: int
    max_time_us: int


def segment_schema(typed: Iterable[pa.Field]) -> pa.Schema:
    """Columns of a segment.

    `entry`; `feed` (the journal's number of (project, source, epoch); the file's metadata names
    them); `seqno`; `rev`; `op` (place in `OPS`); `type`; `time_us`; `tile` = time_us ÷ TILE_US,
    rounded down; `behind_us` ≥ 0: how far the event lies behind the highest event time of its
    source (all epochs) in earlier entries, 0 in the source's first entry, so that a row is late by
    a lateness L exactly where behind_us > L. Then one column per typed field as in payloads,
    `<stream>/<field>`, null in rows of other streams.
    """
    return pa.schema(
        [
            pa.field("entry", pa.int64(), nullable=False),
            pa.field("feed", pa.int32(), nullable=False),
            pa.field("seqno", pa.int64(), nullable=False),
            pa.field("rev", pa.int32(), nullable=False),
            pa.field("op", pa.int8(), nullable=False),
            pa.field("type", pa.dictionary(pa.int32(), pa.utf8()), nullable=False),
            pa.field("time_us", pa.int64(), nullable=False),
            pa.field("tile", pa.int64(), nullable=False),
            pa.field("behind_us", pa.int64(), nullable=False),
            *typed,
        ]
    )


FIXED_COLUMNS = tuple(segment_schema(()).names)


def metadata(project: str, feeds: dict[int, tuple[str, int]]) -> dict[bytes, bytes]:
    """What the file says of itself: project, length of a tile, feed → (source, epoch)."""
    about: dict[str, Any] = {
        "format": FORMAT,
        "project": project,
        "tile_us": TILE_US,
        "feeds": {str(feed): list(named) for feed, named in sorted(feeds.items())},
    }
    return {METADATA_KEY: json.dumps(about, sort_keys=True).encode()}


def feeds_of(schema: pa.Schema) -> dict[int, tuple[str, int]]:
    """Feed → (source, epoch) of a segment that was read."""
    about = json.loads((schema.metadata or {})[METADATA_KEY])
    return {int(feed): (str(named[0]), int(named[1])) for feed, named in about["feeds"].items()}


def layout_of(schema: pa.Schema) -> dict[str, tuple[pa.Field, ...]]:
    """Stream → its typed fields, in their order, of a payload's or a segment's schema."""
    streams: dict[str, list[pa.Field]] = {}
    for field in schema:
        stream, slash, _ = field.name.partition("/")
        if slash and field.name not in BASE_COLUMNS:
            streams.setdefault(stream, []).append(field)
    return {stream: tuple(fields) for stream, fields in streams.items()}
