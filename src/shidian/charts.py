"""Geometry of the charts of pages and documents: numbers in, coordinates and words out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Number: TypeAlias = int | float | Decimal
Instant: TypeAlias = datetime | date | int | float

PLOT_WIDTH = 1000
PLOT_HEIGHT = 220
LABEL_GAP_PX = 15
MIDDLE_POINTS_MIN = 3


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart. A point without a value (None) is a gap, not a zero."""

    label: str
    points: Sequence[tuple[Instant, Number | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn series: polylines between gaps, dots where a value stands alone."""

    index: int
    label: str
    polylines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    end_y: float
    last: Number


@dataclass(frozen=True, slots=True)
class Label:
    """A direct label at the right end. `kind`: index of the series, or `limit`."""

    kind: str
    text: str
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    value: Number


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws; coordinates in a 1000 x 220 box, y downwards."""

    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    y_ticks: tuple[Tick, ...]
    x_first: Instant
    x_middle: Instant | None
    """Halfway in time, whatever the points; a whole day, month or number where the others are."""
    x_middle_percent: float
    x_last: Instant
    limit_y: float | None
    low: Number
    high: Number


def _as_number(instant: Instant) -> float:
    if isinstance(instant, datetime):
        return instant.timestamp()
    if isinstance(instant, date):
        return float(instant.toordinal() * 86_400)
    return float(instant)


def nice_ticks(high: float, count: int = 4) -> list[float]:
    """Round steps from zero to at least `high`: 1, 2 or 5 times a power of ten."""
    if high <= 0:
        return [0.0, 1.0]
    raw = high / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    return [step * index for index in range(math.ceil(high / step - 1e-9) + 1)]


def monthly(instants: Iterable[Instant]) -> bool:
    """Whether each is the first of a month, and there are several: they stand for months."""
    listed = {at for at in instants if isinstance(at, date)}
    return len(listed) > 1 and all(
        at.day == 1 and (not isinstance(at, datetime) or at.time() == time()) for at in listed
    )


def draw(
    series: Sequence[Series], limit: Number | None = None, limit_label: str = ""
) -> Chart | None:
    """Lay out the chart from zero upwards. None when there is no value to draw."""
    instants = [_as_number(at) for line in series for at, value in line.points if value is not None]
    values = [float(value) for line in series for _, value in line.points if value is not None]
    if not values:
        return None
    ticks = nice_ticks(max([*values, float(limit)] if limit is not None else values))
    counted = [value for line in series for _, value in line.points]
    if all(isinstance(value, int) for value in [*counted, limit or 0]):
        ticks = [tick for tick in ticks if tick == int(tick)]  # there is no half of what is counted
    low = min(0.0, *values)
    top = ticks[-1]
    first, last = min(instants), max(instants)

    def x_of(at: Instant) -> float:
        return 0.0 if last == first else (_as_number(at) - first) / (last - first) * PLOT_WIDTH

    def y_of(value: Number) -> float:
        return PLOT_HEIGHT - (float(value) - low) / (top - low) * PLOT_HEIGHT

    lines = [
        _line(index, line, x_of, y_of)
        for index, line in enumerate(series)
        if any(value is not None for _, value in line.points)
    ]
    labels = [Label(str(line.index), line.label, line.end_y) for line in lines if line.label]
    if limit is not None and limit_label:
        labels.append(Label("limit", limit_label, y_of(limit)))
    every = [at for line in series for at, value in line.points if value is not None]
    ordered = sorted(every, key=_as_number)
    middle = _halfway(ordered[0], ordered[-1]) if len(ordered) >= MIDDLE_POINTS_MIN else None
    if middle is not None and monthly(ordered):
        half = _as_number(middle)
        middle = min(ordered, key=lambda at: abs(_as_number(at) - half))
    return Chart(
        lines=tuple(lines),
        labels=_apart(labels),
        y_ticks=tuple(
            Tick(y_of(tick), int(tick) if tick == int(tick) else round(tick, 9)) for tick in ticks
        ),
        x_first=ordered[0],
        x_middle=middle,
        x_middle_percent=0.0 if middle is None else x_of(middle) / PLOT_WIDTH * 100,
        x_last=ordered[-1],
        limit_y=None if limit is None else y_of(limit),
        low=min((v for s in series for _, v in s.points if v is not None), key=float),
        high=max((v for s in series for _, v in s.points if v is not None), key=float),
    )


def _halfway(first: Instant, last: Instant) -> Instant | None:
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first + (last - first) / 2 if first < last else None
    if isinstance(first, date) and isinstance(last, date):
        days = (last - first).days // 2
        return first + timedelta(days=days) if days else None
    if isinstance(first, int) and isinstance(last, int):
        return (first + last) // 2 if last - first > 1 else None
    low, high = _as_number(first), _as_number(last)
    return (low + high) / 2 if low < high else None


def _line(
    index: int,
    series: Series,
    x_of: Callable[[Instant], float],
    y_of: Callable[[Number], float],
) -> Line:
    runs: list[list[tuple[float, float]]] = [[]]
    last: Number = 0
    for at, value in series.points:
        if value is None:
            runs.append([])
            continue
        runs[-1].append((x_of(at), y_of(value)))
        last = value
    return Line(
        index=index,
        label=series.label,
        polylines=tuple(
            " ".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in runs if len(run) > 1
        ),
        dots=tuple(run[0] for run in runs if len(run) == 1),
        end_y=y_of(last),
        last=last,
    )


def _apart(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Push direct labels apart so that none covers another; their order by height is kept."""
    placed: list[Label] = []
    floor = -math.inf
    for label in sorted(labels, key=lambda item: item.y):
        floor = max(label.y, floor + LABEL_GAP_PX)
        placed.append(replace(label, y=floor))
    excess = max(0.0, floor - PLOT_HEIGHT)
    return tuple(replace(label, y=label.y - excess) for label in placed)


def table_of(series: Sequence[Series]) -> list[tuple[Instant, list[Number | None]]]:
    """What the lines say as rows: each instant once, in order, with the value of each line."""
    found: dict[Instant, list[Number | None]] = {}
    for index, line in enumerate(series):
        for at, value in line.points:
            found.setdefault(at, [None] * len(series))[index] = value
    return sorted(found.items(), key=lambda row: _as_number(row[0]))


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its ends, in places from 0 to 1000. An end that has no bound is None."""

    label: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that estimates are held against. `anchor`: how its words stand to it."""

    label: str
    at: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Intervals:
    """Estimates on one axis; `ticks` are its round values."""

    rows: tuple[Interval, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def intervals(
    rows: Sequence[tuple[str, float, float | None, float | None]],
    marks: Sequence[tuple[str, float]],
) -> Intervals | None:
    """Lay out estimates (label, value, low, high) beside marks. None where there is none."""
    if not rows:
        return None
    ends = [one for _label, *values in rows for one in values if one is not None]
    ends += [value for _label, value in marks]
    low, high = min(ends), max(ends)
    room = (high - low or abs(high) or 1.0) * 0.08
    low, high = low - room, high + room

    def place(value: float) -> float:
        return (value - low) / (high - low) * PLOT_WIDTH

    def end(value: float | None) -> float | None:
        return None if value is None else place(value)

    step = nice_ticks(high - low)[1]
    first = math.ceil(low / step)
    ticks = [step * n for n in range(first, math.floor(high / step) + 1)]
    return Intervals(
        rows=tuple(Interval(label, place(v), end(a), end(b)) for label, v, a, b in rows),
        marks=tuple(
            Mark(label, place(at), "start" if place(at) < PLOT_WIDTH / 2 else "end")
            for label, at in marks
        ),
        ticks=tuple(Tick(place(one), round(one, 9) + 0.0) for one in ticks),
    )


def sparkline(values: Sequence[Number | None], width: int = 96, height: int = 20) -> str:
    """Points of a polyline through the last values, oldest first; "" for fewer than two."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    low, high = min(known), max(known)
    span = high - low or 1.0
    step = width / (len(known) - 1)
    return " ".join(
        f"{index * step:.1f},{height - 2 - (value - low) / span * (height - 4):.1f}"
        for index, value in enumerate(known)
    )
