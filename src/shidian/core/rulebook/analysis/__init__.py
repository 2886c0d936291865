"""Does the rulebook hang together? What would strand a case is refused here, not found later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis import intake, monitoring, procedure
from shidian.core.rulebook.analysis.finding import Finding, error, note
from shidian.core.rulebook.model import Rulebook, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "analyse"]

_NEEDED = ("authorities", "calendars", "intake", "form", "stages", "exit")


def analyse(rulebook: Rulebook) -> tuple[Finding, ...]:
    """Errors and notes. In a sketch, what is merely missing is a note; what contradicts is not."""
    return (
        *_completeness(rulebook),
        *intake.findings(rulebook),
        *procedure.findings(rulebook),
        *monitoring.findings(rulebook),
        *_history(rulebook),
    )


def _completeness(rulebook: Rulebook) -> Iterator[Finding]:
    make = note if rulebook.status is Status.SKETCH else error
    for key in _NEEDED:
        if not getattr(rulebook, key):
            yield make(
                f"/{key}",
                f"'{key}' is missing",
                "a call needs it; state it, or write status: sketch",
            )


def _history(rulebook: Rulebook) -> Iterator[Finding]:
    for event in rulebook.history:
        path = f"/history/{event.id}"
        if event.source not in rulebook.sources:
            yield error(
                f"{path}/source",
                f"source '{event.source}' is not declared",
                "name an entry of sources",
            )
        if event.until is not None and event.until < event.date:
            yield error(f"{path}/until", "ends before it begins", "write a later date")
