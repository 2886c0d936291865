"""What a risk tier makes of the rules of the run: its reports, and its warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.memo import per_rulebook

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Limit, ReportDuty, Rulebook, Tier


@per_rulebook
def tier_named(rulebook: Rulebook, tier_id: str | None) -> Tier | None:
    """The tier of that id; None for None and where the rulebook has no such tier."""
    levels = rulebook.tiers.levels if rulebook.tiers else ()
    return next((one for one in levels if one.id == tier_id), None)


def effective_report(rulebook: Rulebook, tier_id: str | None, report_id: str) -> ReportDuty:
    """The report as this tier owes it: the tier may set the months between two. Raises KeyError."""
    tier = tier_named(rulebook, tier_id)
    for report in rulebook.reports:
        if report.id == report_id:
            months = tier.reports.get(report_id) if tier else None
            changed = {"every_months": months, "every_weeks": None}
            return report if months is None else report.model_copy(update=changed)
    raise KeyError(report_id)


def effective_limit(rulebook: Rulebook, tier_id: str | None, limit: Limit) -> Limit:
    """The limit as this tier is watched: the tier's per cents of warning take its place."""
    tier = tier_named(rulebook, tier_id)
    if tier is None or not tier.warn_at:
        return limit
    return limit.model_copy(update={"warn_at": tier.warn_at})
