"""The risk tier that a pilot was admitted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import CaseEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case


def tiers_of(cases: Iterable[Case]) -> dict[int, str]:
    """The tier of each case that was graded, by the case's key. One query; none without tiers."""
    graded = [case.pk for case in cases if case.rulebook.tiers is not None]
    if not graded:
        return {}
    rows = CaseEvent.objects.filter(case__in=graded, kind="case.admitted").order_by("seq")
    return {
        case_id: data["tier"]
        for case_id, data in rows.values_list("case_id", "data")
        if data.get("tier")
    }


def tier_of(case: Case) -> str | None:
    """The case's tier, None where it was not graded."""
    return tiers_of([case]).get(case.pk)
