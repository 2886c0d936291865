"""One project of a journal as `period` wants it: rules, leases and events, in order."""

from __future__ import annotations

from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING

from shidian.core.journal.entry import EntryKind, EventsRemovedError
from shidian.core.journal.sealed import SegmentDamagedError, read_segment
from shidian.core.journal.sealed.rows import payload_tables
from shidian.core.monitor.evidence import entries_digest
from shidian.core.monitor.period import PeriodRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.period import Taken


def run_of(
    reader: JournalReader,
    project: str,
    *,
    through: int | None = None,
    only: tuple[int, int] | None = None,
) -> PeriodRun:
    """The project as of entry `through`, or as of now; hold the reader before.

    `only`: see PeriodRun. Raises EventsRemovedError, SegmentDamagedError, JournalDamagedError;
    NotExecutable, RulebookErrors, SumOverflow as the evaluator does.
    """
    last = reader.last_entry() if through is None else min(through, reader.last_entry())
    run = PeriodRun(project, only).take(_taken(reader, project, last))
    run.last_entry = last
    return run


def digest_between(reader: JournalReader, project: str, first: int, last: int) -> str:
    """The digest of a project's data entries from one to another; it needs no events."""
    return entries_digest(
        (head.entry, head.sha256)
        for head in reader.heads(project)
        if head.kind is EntryKind.DATA and first <= head.entry <= last
    )


def _taken(reader: JournalReader, project: str, last: int) -> Iterator[Taken]:
    if project in reader.removals():
        raise EventsRemovedError(
            f"the events of {project} were removed: the time for which they are kept is over"
        )
    tables: dict[int, pa.Table] = {}
    for segment in reader.sealed_segments(project):
        if segment.first_entry <= last:
            tables |= payload_tables(read_segment(reader.segments_folder, segment))
    tables |= {entry.entry: entry.table() for entry in reader.unsealed(project)}
    for entry in merge(reader.heads(project), reader.leases(project), key=attrgetter("entry")):
        if entry.entry > last:
            return
        table = None
        if entry.kind is EntryKind.DATA:
            table = tables.pop(entry.entry, None)
            if table is None:
                raise SegmentDamagedError(f"entry {entry.entry} is in no segment")
        yield entry, table
