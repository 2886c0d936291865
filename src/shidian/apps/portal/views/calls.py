"""Calls for projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.views.csv_files import csv_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@public
def call_list(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then closed ones; `?format=csv` for the table."""
    calls = snapshots.bodies(SnapshotKind.CALL)
    if request.GET.get("format") == "csv":
        return csv_response(
            "calls.csv",
            ["id", "title", "scheme", "opens_on", "closes_on"],
            (
                [c["slug"], c["title"], c["scheme_title"], c["opens_on"], c["closes_on"]]
                for c in calls
            ),
        )
    today = timezone.localdate().isoformat()
    later = [call for call in calls if call["opens_on"] > today]
    past = [call for call in calls if call["closes_on"] and call["closes_on"] < today]
    now = [call for call in calls if call not in later and call not in past]
    return render(request, "portal/call_list.html", {"now": now, "later": later, "past": past})


@public
def call(request: HttpRequest, key: str) -> HttpResponse:
    """One call: who may apply, with what, by when, and what happens then."""
    body = snapshots.body(SnapshotKind.CALL, key)
    today = timezone.localdate().isoformat()
    is_open = body["opens_on"] <= today and (not body["closes_on"] or today <= body["closes_on"])
    return render(request, "portal/call.html", {"call": body, "is_open": is_open})
