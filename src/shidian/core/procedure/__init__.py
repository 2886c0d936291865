"""How a case moves: `step(rulebook, calendar, history, act) → effects`, pure."""

from shidian.core.procedure.calendars import WorkingCalendar
from shidian.core.procedure.clocks import clock_sum
from shidian.core.procedure.fold import apply_events, derive, fold
from shidian.core.procedure.step import as_past, permitted_verbs, step, step_from
from shidian.core.procedure.table import diagram_mermaid, transitions

__all__ = [
    "WorkingCalendar",
    "apply_events",
    "as_past",
    "clock_sum",
    "derive",
    "diagram_mermaid",
    "fold",
    "permitted_verbs",
    "step",
    "step_from",
    "transitions",
]
