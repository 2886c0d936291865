"""The built-in rule: new business that no permit covered, of each stream the rulebook names."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.monitor.leases import UNPERMITTED
from shidian.core.monitor.program import RUNGS_PER_SEVERITY, SEVERITIES, Level, Measure, Rule
from shidian.core.rulebook.model import Comparison, Severity, Take, Text, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Rulebook

ACTED = "acted-without-a-permit"
"""Beginning of the ids: `acted-without-a-permit/<stream>`. Ids of a rulebook have no slash."""

_JOINED_US = 300_000_000
"""Acts no further apart than this, or one tile, are one episode."""
_CRITICAL = SEVERITIES.index(Severity.CRITICAL) * RUNGS_PER_SEVERITY
_EVENTS = Text(zh="笔", en="events")


def without_a_permit(rulebook: Rulebook, mode: str | None) -> Iterator[Rule]:
    """One rule a stream of new business; none where a permit only advises, or there are none.

    `mode`: of the permits in force; None: that of the rulebook.
    """
    permit = rulebook.orders.permit if rulebook.orders else None
    if permit is None or (mode or permit.mode) == "advisory":
        return
    titles = {stream.id: stream.title for stream in rulebook.streams}
    for name in sorted({*permit.new_business} & titles.keys()):
        yield _rule(name, titles[name], rulebook.monitoring.tile)


def _rule(stream: str, named: Text, tile_us: int) -> Rule:
    title = Text(zh=f"无有效凭证开展业务：{named.zh}", en=f"Acted without a permit: {named.en}")
    measure = Measure(
        id=f"{ACTED}/{stream}",
        title=title,
        unit=_EVENTS,
        stream=stream,
        take=Take.SUM,
        field=UNPERMITTED,
        window_us=tile_us,
        step_us=tile_us,
        tile_us=tile_us,
        scale=0,
        monotone=True,
    )
    none = Threshold(comparison=Comparison.GT, value=Fraction(0))
    return Rule(
        id=measure.id,
        kind="alert",
        title=title,
        measure=measure,
        levels=(Level.scaled(_CRITICAL, none, Fraction(0), 0),),
        for_us=0,
        on_breach="notify",
        public=False,
        keep_firing_for_us=_JOINED_US,
    )
