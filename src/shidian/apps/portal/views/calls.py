"""Calls for projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.portal.views.lists import SHOWN, in_parts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@public
@shared
def call_list(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then closed ones; `?format=csv` for the whole table."""
    cards = snapshots.calls(timezone.localdate())
    if request.GET.get("format") == "csv":
        return csv_response(
            "calls.csv",
            ["id", "title", "scheme", "opens_on", "closes_on"],
            (
                [c["slug"], c["title"], c["scheme_title"], c["opens_on"], c["closes_on"]]
                for c in (card.body for card in cards.iterator())
            ),
        )
    page = Paginator(cards, SHOWN).get_page(request.GET.get("page"))
    return render(request, "portal/call_list.html", {"page": page, **in_parts(page)})


@public
@shared
def call(request: HttpRequest, key: str) -> HttpResponse:
    """One call: who may apply, with what, by when, and what happens then."""
    body = snapshots.body(SnapshotKind.CALL, key)
    today = timezone.localdate().isoformat()
    is_open = body["opens_on"] <= today and (not body["closes_on"] or today <= body["closes_on"])
    return render(request, "portal/call.html", {"call": body, "is_open": is_open})
