"""Figures of a closed period: a pilot's indicators over it, and what each figure rests on.

The same values as the evaluator and a replay in its final view: corrections count at their event's
time, whenever they came. A figure is one of three:

- `total`: what the indicator takes, over the period itself as its window (all groups in one);
- `highest`: the highest of its own windows at the instants in the period, over all groups;
- `at-end`: its own window at the period's end; of an indicator with groups there is none.

Each names the events that it rests on: the entries from the first to the last one that hold any
revision of an event counted, their sources with epochs, and the digest of those entries. Whoever
has these entries, and the rules, computes the same figure from them alone.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shidian.core.journal.entry import RULE_KINDS, EntryKind
from shidian.core.monitor.evidence import Evidence, Revisions, digest_of
from shidian.core.monitor.leases import Leases
from shidian.core.monitor.readings import stated
from shidian.core.monitor.timeline import Timeline
from shidian.core.monitor.values import Values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure
    from shidian.core.monitor.timeline import Segment

    Taken: TypeAlias = "tuple[Entry, pa.Table | None]"
    """An entry with its rows; of what is not data, without."""


class FigureKind(StrEnum):
    """What of an indicator a figure states."""

    TOTAL = "total"
    HIGHEST = "highest"
    AT_END = "at-end"


@dataclass(frozen=True, slots=True)
class Span:
    """A period in µs UTC, `[from_us, to_us)`."""

    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class PeriodFigure:
    """One figure. `value`: in units of 10^−`scale`, a quotient cut off; None: there is none.

    `at_us`: of `highest`, the first instant at which it stood. `groups`: how many there were by the
    period's end; None for an indicator without. `query`: what was asked, as plain data.
    """

    indicator: str
    kind: FigureKind
    value: int | None
    scale: int
    at_us: int | None
    groups: int | None
    query: dict[str, Any]
    evidence: Evidence

    @property
    def text(self) -> str:
        """The value as decimal text; empty where there is none."""
        return decimal_text(self.value, self.scale)


def decimal_text(value: int | None, scale: int) -> str:
    """An integer in units of 10^−`scale` as decimal text; empty for None."""
    if value is None:
        return ""
    return f"{Decimal(value).scaleb(-scale):f}"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it counts: its identity, the entry that brought this revision, what it says.

    `data` is as the journal has it: money and decimals in minor units, a pseudonym by its number.
    """

    entry: int
    source: str
    epoch: int
    seqno: int
    rev: int
    time_us: int
    data: dict[str, str | bool | int]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many events count, and the newest of them, oldest first."""

    number: int
    newest: tuple[Seen, ...]


@dataclass(slots=True)
class PeriodRun:
    """A project's rules and events as of one entry of the journal; take them in order.

    `only`: of the data entries, those from the first to the last number of it alone.
    """

    project: str
    only: tuple[int, int] | None = None
    last_entry: int = 0
    newest_us: int | None = None
    timeline: Timeline = field(default_factory=Timeline)
    _values: Values = field(default_factory=Values)
    _leases: Leases = field(default_factory=Leases)
    _heads: list[Entry] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)
    _rows: Revisions | None = None
    _raw: list[tuple[Entry, pa.Table]] = field(default_factory=list)
    _digests: dict[tuple[int, int], Evidence] = field(default_factory=dict)

    def take(self, taken: Iterable[Taken]) -> PeriodRun:
        """Take in entries. Raises NotExecutable, RulebookErrors, SumOverflow."""
        for entry, table in taken:
            self.last_entry = entry.entry
            if entry.kind is EntryKind.LEASE:
                self._leases.take(entry)
            elif entry.kind in RULE_KINDS:
                self.timeline.add(entry)
            elif table is not None:
                self._data(entry, table)
        self._rows = Revisions.of(self._raw)
        return self

    def _data(self, entry: Entry, table: pa.Table) -> None:
        if self.only is not None and not self.only[0] <= entry.entry <= self.only[1]:
            return
        times_us = table.column("time_us").to_numpy()
        if table.num_rows:
            newest = int(times_us.max())
            self.newest_us = newest if self.newest_us is None else max(self.newest_us, newest)
        unpermitted = self._leases.unpermitted(entry.source, times_us)
        self._values.apply(table, entry.source, entry.epoch, unpermitted)
        self._heads.append(entry)
        self._ends.append(len(self._values.events))
        self._raw.append((entry, table))

    def streams(self) -> frozenset[str]:
        """Streams of which any event came."""
        return frozenset(self._rows.streams) if self._rows is not None else frozenset()

    def figures(self, span: Span, indicators: Collection[str]) -> Iterator[PeriodFigure]:
        """All figures of these indicators, under the rules in force at the period's end.

        Indicators that those rules do not have, or of whose streams nothing ever came, are left
        out. Raises SumOverflow.
        """
        segment = self._segment(span)
        streams = self.streams()
        for measure in segment.program.measures if segment else ():
            parts = [measure, *([measure.ratio_to] if measure.ratio_to else [])]
            if measure.id in indicators and any(part.stream in streams for part in parts):
                for kind in FigureKind:
                    if kind is not FigureKind.AT_END or not measure.by:
                        yield self._figure(measure, kind, span, segment)

    def figure(self, indicator: str, kind: FigureKind, span: Span) -> PeriodFigure:
        """One figure. Raises LookupError where the rules at the period's end do not have it."""
        segment = self._segment(span)
        for measure in segment.program.measures if segment else ():
            if measure.id == indicator and not (kind is FigureKind.AT_END and measure.by):
                return self._figure(measure, kind, span, segment)
        raise LookupError(f"no figure {kind} of {indicator} under the rules in force then")

    def counted(
        self, measure: Measure, group: str, from_us: int | None, to_us: int, newest: int
    ) -> Counted:
        """The events that a measure counts in a group in `[from_us, to_us)`: all by number, the

        newest in full. Of a quotient, those of what is divided. Raises SumOverflow.
        """
        self._values.watch(measure)
        rows = self._values.counted(measure, group, from_us, to_us)
        shown = rows[max(len(rows) - newest, 0) :].tolist()
        return Counted(len(rows), tuple(self._seen(row, measure.stream) for row in shown))

    def _seen(self, row: int, stream: str) -> Seen:
        events = self._values.events
        head = self._heads[bisect.bisect_right(self._ends, row)]
        place = np.array([row], np.int64)
        return Seen(
            entry=head.entry,
            source=head.source,
            epoch=head.epoch,
            seqno=int(events.seqnos(place)[0]),
            rev=events.revision(row),
            time_us=int(events.times(place)[0]),
            data=events.data(row, stream),
        )

    def _segment(self, span: Span) -> Segment | None:
        found = self.timeline.at(span.to_us - 1)
        return found or next(iter(self.timeline.segments), None)

    def _figure(
        self, measure: Measure, kind: FigureKind, span: Span, segment: Segment | None
    ) -> PeriodFigure:
        asked = _over(measure, span) if kind is FigureKind.TOTAL else measure
        self._values.watch(asked)
        first_us = _first_instant(measure, span, kind)
        number, over, at_us = self._value(asked, kind, first_us, span)
        value, scale = stated(asked, number, over)
        query = _query(
            self.project, measure, kind, span, segment.program.rules_digest if segment else ""
        )
        return PeriodFigure(
            measure.id,
            kind,
            value,
            scale,
            at_us,
            len(self._values.texts(measure)) if measure.by and kind is FigureKind.HIGHEST else None,
            query,
            self._evidence(asked, first_us, _end(asked, kind, span)),
        )

    def _value(
        self, measure: Measure, kind: FigureKind, first_us: int, span: Span
    ) -> tuple[int, int, int | None]:
        """(number, over, instant)."""
        if kind is not FigureKind.HIGHEST:
            return (*self._values.at(measure, 0, _end(measure, kind, span)), None)
        count = len(self._values.texts(measure)) if measure.by else 1
        low = np.full(count, first_us, np.int64)
        runs = self._values.runs(measure, np.arange(count), low, span.to_us)
        return _highest(runs.number, runs.over, runs.at)

    def _evidence(self, measure: Measure, first_us: int, to_us: int) -> Evidence:
        assert self._rows is not None  # noqa: S101 - set by `take`
        found: list[tuple[int, int]] = []
        for part in (measure, measure.ratio_to):
            if part is None:
                continue
            # A group is there from its first event on, however long ago that was.
            from_us = None if measure.by else part.window_start(first_us)
            found += self._rows.entries(part.stream, from_us, to_us)
        if not found:
            return Evidence(0, 0, 0, (), digest_of([]))
        bounds = min(low for low, _ in found), max(high for _, high in found)
        if bounds not in self._digests:
            heads = [head for head in self._heads if bounds[0] <= head.entry <= bounds[1]]
            feeds = sorted({(head.source, head.epoch) for head in heads})
            self._digests[bounds] = Evidence(*bounds, len(heads), tuple(feeds), digest_of(heads))
        return self._digests[bounds]


def _over(measure: Measure, span: Span) -> Measure:
    """The measure with the period as its window, groups in one, at every tile."""
    window_us = _instant_of(span.to_us, measure.tile_us) - _instant_of(
        span.from_us, measure.tile_us
    )
    under = None if measure.ratio_to is None else _over(measure.ratio_to, span)
    return replace(
        measure,
        window_us=window_us,
        step_us=measure.tile_us,
        by=(),
        opens_us=None,
        sampling=None,
        ratio_to=under,
    )


def _instant_of(at_us: int, step_us: int) -> int:
    """The first instant at or after."""
    return -(-at_us // step_us) * step_us


def _end(measure: Measure, kind: FigureKind, span: Span) -> int:
    """The last instant. Of `total`, of two periods side by side each event counts in one."""
    if kind is FigureKind.TOTAL:
        return _instant_of(span.to_us, measure.tile_us)
    return span.to_us // measure.step_us * measure.step_us


def _first_instant(measure: Measure, span: Span, kind: FigureKind) -> int:
    """Of `highest`, the first instant after the period began; else its last one."""
    if kind is FigureKind.HIGHEST:
        return _instant_of(span.from_us + 1, measure.step_us)
    return _end(measure, kind, span)


_NEAR = 1e-9


def _highest(numbers: Ints, overs: Ints, at: Ints) -> tuple[int, int, int | None]:
    """The largest fraction, exactly, and its first instant; over 0 where there is none."""
    there = np.flatnonzero(overs > 0)
    if not len(there):
        return 0, 0, None
    numbers, overs, at = numbers[there], overs[there], at[there]
    about: NDArray[np.float64] = numbers / overs
    top = float(about.max())
    near = np.flatnonzero(about >= top - _NEAR * max(abs(top), 1.0))
    fractions = [
        (Fraction(int(numbers[place]), int(overs[place])), -int(at[place]), int(place))
        for place in near.tolist()
    ]
    _, since, place = max(fractions)
    return int(numbers[place]), int(overs[place]), -since


def _query(
    project: str, measure: Measure, kind: FigureKind, span: Span, rules_digest: str
) -> dict[str, Any]:
    """What was asked, as plain data: enough to ask it again."""
    return {
        "project": project,
        "figure": kind.value,
        "indicator": _plain(measure),
        "from_us": str(span.from_us),
        "to_us": str(span.to_us),
        "rules": rules_digest,
    }


def _plain(measure: Measure) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "id": measure.id,
        "of": measure.stream,
        "take": measure.take.value,
        "window_us": "since-start" if measure.window_us is None else str(measure.window_us),
        "step_us": str(measure.step_us),
        "tile_us": str(measure.tile_us),
    }
    if measure.opens_us is not None:
        asked["window_us"] = "calendar"
    if measure.field is not None:
        asked["field"] = measure.field
    if measure.where is not None:
        asked["where"] = measure.where.text
    if measure.by:
        asked["by"] = list(measure.by)
    if measure.quantile is not None:
        asked["quantile"] = str(measure.quantile)
    if measure.ratio_to is not None:
        asked["over"] = _plain(measure.ratio_to)
    return asked
