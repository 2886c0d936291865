"""Writing and reading the files of segments: durable before they are named, checked when read."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shidian.core.journal.sealed.segment_row import SORT_KEYS, Segment, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROW_GROUP_ROWS = 131_072
_HASH_CHUNK = 1 << 20


class SegmentDamagedError(RuntimeError):
    """A segment's file is missing, or is not the one that the manifest names."""


def segments_folder(journal: Path) -> Path:
    """Where the segments of a journal file lie: beside it, `<name>.segments`."""
    return journal.with_name(f"{journal.stem}.segments")


def write_segment(
    folder: Path, project: str, rows: pa.Table, feeds: dict[int, tuple[str, int]]
) -> Segment:
    """Rows of `segment_schema`, in any order, into a file of `folder`; its row for the manifest.

    The file and its folder are on disk when this returns, under a name that nothing else has; it
    is seen only once the manifest names it. Raises OSError, ValueError if there are no rows.
    """
    if rows.num_rows == 0:
        raise ValueError("a segment has rows")
    rows = _sorted(rows).replace_schema_metadata(metadata(project, feeds))
    inside = folder / project
    _make_folders(inside)
    entries, times = pc.min_max(rows["entry"]).as_py(), pc.min_max(rows["time_us"]).as_py()
    name = f"{entries['min']}-{entries['max']}"
    draft = inside / f"{name}.part"
    pq.write_table(
        rows,
        draft,
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP_ROWS,
        use_dictionary=_dictionary_columns(rows.schema),
        write_statistics=True,
    )
    digest = _sync_and_hash(draft)
    final = inside / f"{name}-{digest.hex()[:16]}.parquet"
    draft.rename(final)
    _sync_folder(inside)
    return Segment(
        project=project,
        first_entry=entries["min"],
        last_entry=entries["max"],
        path=f"{project}/{final.name}",
        sha256=digest,
        size_bytes=final.stat().st_size,
        rows=rows.num_rows,
        min_time_us=times["min"],
        max_time_us=times["max"],
    )


def read_segment(
    folder: Path,
    segment: Segment,
    *,
    columns: Sequence[str] | None = None,
    leave: Sequence[str] = (),
) -> pa.Table:
    """The rows of a segment, sorted by time, entry, seqno, rev; all columns or those named.

    Columns named that the file does not have are left out, as are those of `leave`. The file is
    read once: what is decoded is what was hashed, and must be what the manifest names. Whoever
    reads many does so in threads of their own. Raises SegmentDamagedError.
    """
    path = folder / segment.path
    try:
        content = path.read_bytes()
        _check(segment, hashlib.sha256(content).digest())
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            known = file.schema_arrow.names
            wanted = known if columns is None else columns
            chosen = [name for name in wanted if name in known and name not in leave]
            table = file.read(columns=chosen, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(segment, str(error)) from error
    if table.num_rows != segment.rows:
        raise _damaged(segment, f"it has {table.num_rows} rows, the manifest says {segment.rows}")
    return table


def read_schema(folder: Path, segment: Segment) -> pa.Schema:
    """Columns of a segment, from its footer alone. Raises SegmentDamagedError."""
    try:
        return pq.read_schema(folder / segment.path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(segment, str(error)) from error


def verify_segment(folder: Path, segment: Segment) -> None:
    """That the file is there, whole and unchanged. Raises SegmentDamagedError."""
    try:
        digest = _hash(folder / segment.path)
    except OSError as error:
        raise _damaged(segment, str(error)) from error
    _check(segment, digest)


def _check(segment: Segment, digest: bytes) -> None:
    if digest != segment.sha256:
        raise _damaged(segment, f"its SHA-256 is {digest.hex()}, not {segment.sha256.hex()}")


def _damaged(segment: Segment, why: str) -> SegmentDamagedError:
    return SegmentDamagedError(
        f"segment {segment.path} (entries {segment.first_entry} to {segment.last_entry} of "
        f"{segment.project}) cannot be trusted: {why}. Put this file back from a backup."
    )


def _sorted(rows: pa.Table) -> pa.Table:
    keys = [rows[name].to_numpy() for name in reversed(SORT_KEYS)]
    order = np.lexsort(keys)
    if np.array_equal(order, np.arange(len(order))):
        return rows.combine_chunks()
    return rows.take(pa.array(order)).combine_chunks()


def _dictionary_columns(schema: pa.Schema) -> list[str]:
    """Columns with few distinct values; times, numbers and amounts are mostly distinct."""
    few = {"entry", "feed", "rev", "op", "type", "tile"}
    return [
        field.name
        for field in schema
        if field.name in few
        or pa.types.is_string(field.type)
        or (field.metadata or {}).get(b"type") == b"pseudonym"
    ]


def _hash(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK):
            digest.update(chunk)
    return digest.digest()


def _sync_and_hash(path: Path) -> bytes:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return _hash(path)


def _make_folders(inside: Path) -> None:
    for folder in (inside.parent, inside):
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
