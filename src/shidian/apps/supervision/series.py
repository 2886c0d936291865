"""Values over time as charts need them: stated where they change, sampled where they are drawn."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import (
    BigIntegerField,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Subquery,
    Value,
)

from shidian.apps.supervision.models import CurrentReading, IndicatorReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from shidian.apps.supervision.models import Pilot

TILE_US = 60_000_000
POINTS_MAX = 160
TREND_POINTS = 24
SPAN_US = 24 * 3600 * 1_000_000
"""Charts show the last day; what lies before is in the data."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `at_us` on the indicator has `value`, in units of 10^−`scale`; None: it has none."""

    at_us: int
    value: int | None
    scale: int

    @property
    def major(self) -> Decimal | None:
        """The value in major units, exactly."""
        return None if self.value is None else Decimal(self.value).scaleb(-self.scale)


def sample(changes: Sequence[Change], *, until_us: int, points: int) -> list[tuple[int, Decimal]]:
    """Values held between changes, at most `points` of them evenly from the first change on.

    The last point is at `until_us`. `changes` rise in time; without any the result is empty. Where
    there is no value there is no point.
    """
    if not changes:
        return []
    first = changes[0].at_us
    until = max(until_us, changes[-1].at_us)
    count = max(2, min(points, (until - first) // TILE_US + 1))
    instants = [first + (until - first) * step // (count - 1) for step in range(count)]
    starts = [change.at_us for change in changes]
    held = ((at, changes[bisect_right(starts, at) - 1].major) for at in dict.fromkeys(instants))
    return [(at, value) for at, value in held if value is not None]


def changes_of(
    pilots: Iterable[Pilot], indicators: Iterable[str], *, since_us: int
) -> dict[tuple[int, str], list[Change]]:
    """Changes by (pilot id, indicator) from `since_us` on, the newest value last. Three queries.

    A value that held already stands first, at `since_us`; the current one stands last even where
    its minute is still open.
    """
    pilot_ids, wanted = [pilot.pk for pilot in pilots], list(indicators)
    final = IndicatorReading.objects.filter(pilot__in=pilot_ids, indicator__in=wanted)
    found: dict[tuple[int, str], list[Change]] = {}
    for pilot_id, indicator, _, value, scale in _rows(_held_at(final, since_us)):
        found[pilot_id, indicator] = [Change(since_us, value, scale)]
    later = final.filter(instant_us__gt=since_us).order_by("instant_us")
    for pilot_id, indicator, at_us, value, scale in _rows(later):
        found.setdefault((pilot_id, indicator), []).append(Change(at_us, value, scale))
    current = CurrentReading.objects.filter(pilot__in=pilot_ids, indicator__in=wanted)
    for pilot_id, indicator, at_us, value, scale in _rows(current):
        changes = found.setdefault((pilot_id, indicator), [])
        if not changes or changes[-1].at_us <= at_us:
            changes.append(Change(at_us, value, scale))
    return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """An indicator over a stretch of time. `coarse`: of each step its highest value alone."""

    points: list[tuple[int, Decimal]]
    coarse: bool


def stretch_of(pilot: Pilot, indicator: str, since_us: int, until_us: int) -> Stretch:
    """Final values from `since_us` to `until_us`. Four queries at most.

    Each value holds until the next change. Where there are more changes than a chart can show, each
    step has the highest value that held in it, so that no peak is lost.
    """
    own = IndicatorReading.objects.filter(pilot=pilot, indicator=indicator)
    held = own.filter(instant_us__lte=since_us).order_by("-instant_us")
    before = held.values_list("value", "scale").first()
    start = None if before is None else Change(since_us, *before)
    within = own.filter(instant_us__gt=since_us, instant_us__lte=until_us)
    if within.count() > POINTS_MAX:
        return Stretch(_highest(within, start, since_us, until_us), coarse=True)
    rows = within.order_by("instant_us").values_list("instant_us", "value", "scale")
    changes = [*([start] if start else []), *(Change(*row) for row in rows)]
    return Stretch(_steps(changes, until_us), coarse=False)


def _steps(changes: Sequence[Change], until_us: int) -> list[tuple[int, Decimal]]:
    """Each value at its beginning and at its end."""
    points: list[tuple[int, Decimal]] = []
    ends = [*(one.at_us - 1 for one in changes[1:]), until_us]
    for change, end in zip(changes, ends, strict=False):
        if change.major is not None:
            points += [(change.at_us, change.major), (max(end, change.at_us), change.major)]
    return list(dict(points).items())


def _highest(
    within: QuerySet[IndicatorReading], start: Change | None, since_us: int, until_us: int
) -> list[tuple[int, Decimal]]:
    width = max(1, -(-(until_us - since_us) // POINTS_MAX))
    step = ExpressionWrapper(
        (F("instant_us") - Value(since_us)) / Value(width), output_field=BigIntegerField()
    )
    tops: dict[int, list[Decimal]] = {}
    newest: dict[int, int] = {}
    rows = within.annotate(step=step).order_by().values_list("step", "scale")
    for number, scale, top, last in rows.annotate(top=Max("value"), last=Max("instant_us")):
        newest[number] = max(newest.get(number, last), last)
        if top is not None:
            tops.setdefault(number, []).append(Decimal(top).scaleb(-scale))
    values = within.filter(instant_us__in=newest.values())
    lasts = {at: Change(at, value, scale).major for at, value, scale in _instants(values)}
    points, held = [], start.major if start else None
    for number in range((until_us - since_us) // width + 1):
        found = [*tops.get(number, ()), *([held] if held is not None else [])]
        if found:
            points.append((since_us + number * width, max(found)))
        if number in newest:
            held = lasts[newest[number]]
    return points + ([(until_us, held)] if held is not None else [])


def _instants(rows: QuerySet[IndicatorReading]) -> list[tuple[int, int | None, int]]:
    return list(rows.order_by().values_list("instant_us", "value", "scale"))


def _held_at(readings: QuerySet[IndicatorReading], at_us: int) -> QuerySet[IndicatorReading]:
    """The reading of each indicator that held at an instant."""
    newest = (
        IndicatorReading.objects.filter(
            pilot=OuterRef("pilot"), indicator=OuterRef("indicator"), instant_us__lte=at_us
        )
        .order_by("-instant_us")
        .values("instant_us")[:1]
    )
    return readings.filter(instant_us=Subquery(newest))


def _rows(
    readings: QuerySet[IndicatorReading] | QuerySet[CurrentReading],
) -> list[tuple[int, str, int, int | None, int]]:
    return list(readings.values_list("pilot_id", "indicator", "instant_us", "value", "scale"))
