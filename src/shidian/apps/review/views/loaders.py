"""What the pages of reviews load before the access rule is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.zones import show_times_of
from shidian.apps.review.models import Assignment

if TYPE_CHECKING:
    from django.http import HttpRequest


def own_assignment(request: HttpRequest, reference: str) -> Assignment:
    """The person's place on the newest panel of the case. Raises DoesNotExist."""
    assignment = (
        Assignment.objects.filter(expert__person=request.user.pk, panel__case__reference=reference)
        .select_related(
            "panel__case__lead", "panel__case__scheme", "panel__case__rulebook_version", "draft"
        )
        .prefetch_related("panel__case__parties__institution", "declarations")
        .latest("panel__round")
    )
    show_times_of(assignment.panel.case.rulebook_version)
    return assignment
