"""The public course of a case."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.shared import shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse


def with_moments(groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A body's timeline with its moments as datetimes, as the component wants them."""
    return [
        {
            **group,
            "events": [
                {**event, "at": datetime.fromisoformat(event["at"])} for event in group["events"]
            ],
        }
        for group in groups
    ]


@public
@shared
def case(request: HttpRequest, key: str) -> HttpResponse:
    """What was done when, as far as it is public."""
    body = snapshots.page_of(SnapshotKind.CASE, key)
    return render(
        request, "portal/case.html", {"case": body, "groups": with_moments(body["groups"])}
    )
