"""What indicators measured in stretches of time: how each began and ended, its least and greatest.

Made by the database from final values, however many there are: three queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Max, Min, Q, Value, When

from shidian.apps.supervision.models import IndicatorReading
from shidian.core.procedure.promises import Measured

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.db.models import QuerySet

    from shidian.apps.supervision.models import Pilot

_BEFORE = -1
"""The part before the first cut."""


@dataclass(frozen=True, slots=True)
class Part:
    """An indicator from `since_us` to the next part. None: it had no value.

    `held`: what it was at the beginning; `last`: at the end; `low`, `high`: the extremes of what
    was measured in between, each at its first instant.
    """

    since_us: int
    held: Measured | None
    low: Measured | None
    high: Measured | None
    last: Measured | None


def parts_of(
    pilot: Pilot, indicators: Collection[str], cuts: Sequence[int], until_us: int
) -> dict[str, list[Part]]:
    """Indicator → its parts between the instants `cuts` (rising, at least one) until `until_us`."""
    readings = _cut(pilot, indicators, cuts, until_us)
    grouped: list[dict[str, Any]] = list(
        readings.order_by()
        .values("indicator", "part", "scale")
        .annotate(low=Min("value"), high=Max("value"), last=Max("instant_us"))
    )
    lasts, extremes = _lasts(readings, grouped), _extremes(readings, grouped)
    return {name: list(_parts(name, cuts, lasts, extremes)) for name in indicators}


def _cut(
    pilot: Pilot, indicators: Collection[str], cuts: Sequence[int], until_us: int
) -> QuerySet[Any]:
    """Readings with the number of the part in which each lies."""
    part = Case(
        *(When(instant_us__gte=cuts[n], then=Value(n)) for n in reversed(range(len(cuts)))),
        default=Value(_BEFORE),
        output_field=IntegerField(),
    )
    own = IndicatorReading.objects.filter(pilot=pilot, indicator__in=indicators)
    return own.filter(instant_us__lte=until_us).annotate(part=part)


def _parts(
    name: str,
    cuts: Sequence[int],
    lasts: dict[tuple[str, int], Measured | None],
    extremes: dict[tuple[str, int], list[Measured]],
) -> Iterable[Part]:
    held = lasts.get((name, _BEFORE))
    for n, cut in enumerate(cuts):
        found = extremes.get((name, n), [])
        last = lasts.get((name, n), held)
        yield Part(
            cut,
            None if held is None else Measured(cut, held.value),
            min(found, key=lambda one: (one.value, one.at_us), default=None),
            min(found, key=lambda one: (-one.value, one.at_us), default=None),
            last,
        )
        held = last


def _lasts(
    readings: QuerySet[Any], grouped: Sequence[dict[str, Any]]
) -> dict[tuple[str, int], Measured | None]:
    """(indicator, part) → the value that held at its end."""
    newest: dict[tuple[str, int], int] = {}
    for row in grouped:
        key = row["indicator"], row["part"]
        newest[key] = max(newest.get(key, row["last"]), row["last"])
    asked = Q()
    for (name, _), at_us in newest.items():
        asked |= Q(indicator=name, instant_us=at_us)
    rows = readings.filter(asked).values_list("indicator", "part", "instant_us", "value", "scale")
    return {
        (name, part): None if value is None else Measured(at_us, Fraction(value, 10**scale))
        for name, part, at_us, value, scale in (rows if asked else ())
    }


def _extremes(
    readings: QuerySet[Any], grouped: Sequence[dict[str, Any]]
) -> dict[tuple[str, int], list[Measured]]:
    """(indicator, part) → least and greatest values of each scale, each at its first instant."""
    asked = Q()
    for row in grouped:
        if row["low"] is not None:
            one = {key: row[key] for key in ("indicator", "part", "scale")}
            asked |= Q(**one, value__in={row["low"], row["high"]})
    rows = (
        readings.filter(asked)
        .order_by()
        .values("indicator", "part", "scale", "value")
        .annotate(first=Min("instant_us"))
    )
    found: dict[tuple[str, int], list[Measured]] = {}
    for row in rows if asked else ():
        value = Fraction(row["value"], 10 ** row["scale"])
        found.setdefault((row["indicator"], row["part"]), []).append(Measured(row["first"], value))
    return found
