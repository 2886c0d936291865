"""What is kept of what pilots send: entries in one order, written by one writer, read by many."""

from shidian.core.journal.batch import BatchResult, ItemResult, ItemStatus, Malformed
from shidian.core.journal.controls import ControlError
from shidian.core.journal.entry import Entry, EntryKind
from shidian.core.journal.errors import (
    DepartedProjectError,
    JournalClosedError,
    ProjectClosedError,
    UnknownProjectError,
)
from shidian.core.journal.reader import JournalReader
from shidian.core.journal.summaries import FeedSummary, Gap, Refusal
from shidian.core.journal.writer import Journal

__all__ = [
    "BatchResult",
    "ControlError",
    "DepartedProjectError",
    "Entry",
    "EntryKind",
    "FeedSummary",
    "Gap",
    "ItemResult",
    "ItemStatus",
    "Journal",
    "JournalClosedError",
    "JournalReader",
    "Malformed",
    "ProjectClosedError",
    "Refusal",
    "UnknownProjectError",
]
