"""Sealed history: Parquet files sorted by event time, seen through the manifest alone."""

from shidian.core.journal.sealed.segment import (
    SegmentDamagedError,
    read_segment,
    segments_folder,
    write_segment,
)
from shidian.core.journal.sealed.segment_row import OPS, Segment, segment_schema

__all__ = [
    "OPS",
    "Segment",
    "SegmentDamagedError",
    "read_segment",
    "segment_schema",
    "segments_folder",
    "write_segment",
]
