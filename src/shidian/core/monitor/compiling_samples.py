"""A limit that is not measured all the time → its measure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shidian.core.monitor.program import Measure, NotExecutable, Sampling
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shidian.core.rulebook.model import Limit, Rulebook


def sampled(
    rulebook: Rulebook, limit: Limit, measure: Measure, calendars: Mapping[str, Sequence[int]]
) -> Measure:
    """The limit's indicator as the limit looks at it. Raises NotExecutable."""
    if limit.measured == "at-admission":
        if measure.by:
            raise NotExecutable(f"limit {limit.id}: at-admission of an indicator with groups")
        sampling = Sampling(admissions=_admissions(rulebook, limit, measure))
    else:
        if not measure.always_has_value:
            raise NotExecutable(
                f"limit {limit.id}: a monthly average is taken of count, sum and distinct"
            )
        sampling = Sampling(months=tuple(_months(limit, calendars)))
    return replace(measure, id=limit.reading, monotone=False, sampling=sampling)


def _admissions(rulebook: Rulebook, limit: Limit, measure: Measure) -> Measure:
    """A count of what admits something: events of the stream named, or those of the indicator."""
    counted = replace(
        measure,
        id=f"{limit.reading}/admissions",
        take=Take.COUNT,
        field=None,
        quantile=None,
        window_us=None,
        opens_us=None,
        ratio_to=None,
        scale=0,
    )
    if limit.admissions is None:
        return counted
    if all(stream.id != limit.admissions for stream in rulebook.streams):
        raise NotExecutable(f"limit {limit.id}: admissions: no stream {limit.admissions}")
    return replace(counted, stream=limit.admissions, where=None)


def _months(
    limit: Limit, calendars: Mapping[str, Sequence[int]]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Months that have ended, each with the ends of its days since the start."""
    opens, ends = sorted(calendars.get("month", ())), sorted(calendars.get("day", ()))
    if not opens or not ends:
        raise NotExecutable(
            f"limit {limit.id}: the activation names no instants at which a month and a day open"
        )
    place = 0
    for open_us in opens:
        first = place
        while place < len(ends) and ends[place] <= open_us:
            place += 1
        if place > first:
            yield open_us, tuple(ends[first:place])
