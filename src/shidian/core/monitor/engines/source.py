"""Where a project's contributions come from: its rows, or what other machines made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shidian.core.monitor.engines.rows import newest_by_entry
from shidian.core.monitor.engines.selecting import based, part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shidian.core.monitor.engines.parts import Part
    from shidian.core.monitor.engines.rows import Rows
    from shidian.core.monitor.engines.selecting import Base
    from shidian.core.monitor.program import Measure


class Source(Protocol):
    """One project's events, as far as measures ask for them."""

    @property
    def first_us(self) -> int:
        """The earliest event time; 0 without events."""

    def newest(self) -> Mapping[int, int]:
        """Highest event time of each entry that has rows."""

    def part(self, measure: Measure, marks: Sequence[tuple[int, int, int]]) -> Part:
        """What counts towards a measure.

        `marks`: entries, the watermark after each, and the last instant looked at then. A list that
        was given before has not changed.
        """

    def forget(self) -> None:
        """Let go of what can be had again; an evaluation is over."""


class RowsSource:
    """From rows, which `read` gives: between evaluations they are not kept."""

    def __init__(self, read: Callable[[], Rows]) -> None:
        self._read = read
        self._rows: Rows | None = None
        self._base: Base | None = None
        self._marks: Sequence[tuple[int, int, int]] | None = None
        self._newest: dict[int, int] | None = None
        self._first_us = 0

    @property
    def first_us(self) -> int:
        """The earliest event time; 0 without events."""
        return self._first_us

    def newest(self) -> Mapping[int, int]:
        """Highest event time of each entry that has rows."""
        if self._newest is None:
            self._newest = newest_by_entry(self._all())
        return self._newest

    def part(self, measure: Measure, marks: Sequence[tuple[int, int, int]]) -> Part:
        """See Source."""
        if self._base is None or self._marks is not marks:
            self._base, self._marks = based(self._all(), marks), marks
        return part_of(measure, self._base)

    def forget(self) -> None:
        """Let go of the rows."""
        self._rows = self._base = None

    def _all(self) -> Rows:
        if self._rows is None:
            self._rows = self._read()
            self._first_us = int(self._rows.time_us[0]) if len(self._rows) else 0
        return self._rows
