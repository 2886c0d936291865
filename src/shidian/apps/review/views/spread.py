"""How far the experts of a closed round agree, criterion by criterion, and who is far off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.core.procedure.agreement import spread_of
from shidian.core.procedure.handlers.review import two_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.review.models import Panel

Seats = dict[str, tuple[str, "Mapping[str, int]"]]
"""Expert's id → name and scores."""


def counted_seats(panel: Panel) -> Seats:
    """The sheets that count: of those without a conflict. Of a panel with all that prefetched."""
    found: Seats = {}
    for one in panel.assignments.all():
        review = one.review
        if review is not None and not any(row.conflict for row in one.declarations.all()):
            found[str(one.expert_id)] = (str(one.expert.person), review.scores)
    return found


def spread_rows(case: Case, seats: Seats) -> list[dict[str, Any]]:
    """Of each criterion how far those who count agree, and by name who is far off the others."""
    panels = {stage.id: stage.panel for stage in case.rulebook.stages if stage.panel}
    found = []
    for one in case.rulebook.criteria:
        scores = {who: given[one.id] for who, (_name, given) in seats.items() if one.id in given}
        rule = panels.get(one.stage)
        if not scores or rule is None:
            continue
        spread = spread_of(scores, rule.score_max)
        found.append(
            {
                "criterion": one.name,
                "low": two_places(spread.low),
                "median": two_places(spread.median),
                "high": two_places(spread.high),
                "far_off": [seats[who][0] for who in spread.far_off],
            }
        )
    return found
