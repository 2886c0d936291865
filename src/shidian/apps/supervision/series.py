"""Values over time as charts need them: stated where they change, sampled where they are drawn."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from shidian.apps.supervision.models import CurrentReading, IndicatorReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.apps.supervision.models import Pilot

TILE_US = 60_000_000
POINTS_MAX = 160
TREND_POINTS = 24
SPAN_US = 24 * 3600 * 1_000_000
"""Charts show the last day; what lies before is in the data."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `at_us` on the indicator has `value`, in minor units of `scale`."""

    at_us: int
    value: int
    scale: int

    @property
    def major(self) -> Decimal:
        """The value in major units, exactly."""
        return Decimal(self.value).scaleb(-self.scale)


def sample(changes: Sequence[Change], *, until_us: int, points: int) -> list[tuple[int, Decimal]]:
    """Values held between changes, at most `points` of them evenly from the first change on.

    The last point is at `until_us`. `changes` rise in time; without any the result is empty.
    """
    if not changes:
        return []
    first = changes[0].at_us
    until = max(until_us, changes[-1].at_us)
    count = max(2, min(points, (until - first) // TILE_US + 1))
    instants = [first + (until - first) * step // (count - 1) for step in range(count)]
    starts = [change.at_us for change in changes]
    return [(at, changes[bisect_right(starts, at) - 1].major) for at in dict.fromkeys(instants)]


def changes_of(
    pilots: Iterable[Pilot], indicators: Iterable[str], *, since_us: int
) -> dict[tuple[int, str], list[Change]]:
    """Changes by (pilot id, indicator) from `since_us` on, the newest value last. Two queries.

    The current value stands at the end even where its minute is still open.
    """
    pilot_ids, wanted = [pilot.pk for pilot in pilots], list(indicators)
    found: dict[tuple[int, str], list[Change]] = {}
    final = IndicatorReading.objects.filter(
        pilot__in=pilot_ids, indicator__in=wanted, instant_us__gte=since_us
    ).order_by("instant_us")
    for row in final.values_list("pilot_id", "indicator", "instant_us", "value", "scale"):
        found.setdefault((row[0], row[1]), []).append(Change(*row[2:]))
    current = CurrentReading.objects.filter(pilot__in=pilot_ids, indicator__in=wanted)
    for row in current.values_list("pilot_id", "indicator", "instant_us", "value", "scale"):
        changes = found.setdefault((row[0], row[1]), [])
        newest = Change(*row[2:])
        if not changes or changes[-1].at_us <= newest.at_us:
            changes.append(newest)
    return found
