"""Does the rulebook hang together? What would strand a case is refused here, not found later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis import (
    applying,
    authorities,
    clocks,
    dispatches,
    duties,
    form,
    graph,
    incidents,
    limits,
    monitoring,
    objections,
    official,
    plan,
    promises,
    scale_up,
    stages,
    tiers,
    timing,
)
from shidian.core.rulebook.analysis.finding import Finding, Level, error, missing, unknown
from shidian.core.rulebook.analysis.words import SOURCE, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Rulebook, Text

__all__ = ["Finding", "Level", "analyse", "findings_of", "missing_for_simulation"]

_NEEDED = ("authorities", "calendars", "intake", "form", "stages", "exit")


def analyse(rulebook: Rulebook, on: date | None = None) -> tuple[Finding, ...]:
    """Errors, warnings and notes. In a sketch, what is merely missing is a note."""
    return (
        *_completeness(rulebook),
        *authorities.findings(rulebook, on),
        *applying.findings(rulebook),
        *tiers.findings(rulebook),
        *form.findings(rulebook),
        *plan.findings(rulebook),
        *promises.findings(rulebook),
        *scale_up.findings(rulebook),
        *graph.findings(rulebook),
        *stages.findings(rulebook),
        *clocks.findings(rulebook),
        *objections.findings(rulebook),
        *dispatches.findings(rulebook),
        *timing.findings(rulebook),
        *monitoring.findings(rulebook),
        *limits.findings(rulebook),
        *duties.findings(rulebook),
        *incidents.findings(rulebook),
        *_history(rulebook),
    )


def findings_of(loaded: Loaded, on: date | None = None) -> tuple[Finding, ...]:
    """All that `analyse` finds and what an official text lacks, at its file and line, in order.

    `on`: the day of judgement, today if none is named: an authority that has ended signs nothing.
    """
    day = on if on is not None else datetime.now(UTC).date()
    placed = [
        found.at(mark.file, mark.line)
        for found in (*analyse(loaded.rulebook, day), *official.findings(loaded))
        for mark in [loaded.mark(found.problem.path)]
    ]
    return tuple(sorted(placed, key=lambda one: (one.problem.file, one.problem.line)))


def missing_for_simulation(rulebook: Rulebook) -> tuple[Text, ...]:
    """What a sketch lacks before cases can walk it."""
    return tuple(found.problem.message for found in analyse(rulebook) if found.is_gap)


def _completeness(rulebook: Rulebook) -> Iterator[Finding]:
    for key in _NEEDED:
        if not getattr(rulebook, key):
            yield missing(
                rulebook,
                f"/{key}",
                say(f"缺少“{key}”", f"'{key}' is missing"),
                say(
                    "受理申报须有此项；请写明，或写 status: sketch",
                    "a call needs it; state it, or write status: sketch",
                ),
            )


def _history(rulebook: Rulebook) -> Iterator[Finding]:
    for event in rulebook.history:
        path = f"/history/{event.id}"
        if event.source not in rulebook.sources:
            yield unknown(f"{path}/source", SOURCE, event.source, rulebook.sources)
        if event.until is not None and event.until < event.date:
            yield error(
                f"{path}/until",
                say("结束早于开始", "ends before it begins"),
                say("请写较晚的日期", "write a later date"),
            )
