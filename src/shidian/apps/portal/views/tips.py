"""Risk tips that a national body has published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.shared import shared

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PER_PAGE = 50


@public
@shared
def tip_list(request: HttpRequest) -> HttpResponse:
    """Every published tip, newest first."""
    tips = sorted(
        snapshots.bodies(SnapshotKind.TIP),
        key=lambda one: (one["sent_on"], one["slug"]),
        reverse=True,
    )
    context = {"page": Paginator(tips, PER_PAGE).get_page(request.GET.get("page"))}
    return render(request, "portal/risk_tips.html", context)


@public
@shared
def tip(request: HttpRequest, key: str) -> HttpResponse:
    """One of them: what the risk is, and for whom it was pointed out."""
    body = snapshots.page_of(SnapshotKind.TIP, key)
    return render(request, "portal/risk_tip.html", {"tip": body})
