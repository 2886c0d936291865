"""Home and the page about the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import record_log, snapshots
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.pilots import with_figures
from shidian.config import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN_MAX = 8
"""Calls, notices and pilots on the home page; their lists have the rest."""


@public
@shared
def home(request: HttpRequest) -> HttpResponse:
    """What is open today, what runs now, what the rules are; in a demonstration, the tour."""
    today = timezone.localdate()
    calls = snapshots.calls(today, open_only=True)[:SHOWN_MAX]
    notices = snapshots.notices(today, open_only=True)[:SHOWN_MAX]
    running = snapshots.pilots(running_only=True)
    figures = snapshots.figures_among(("home", "tour"))
    return render(
        request,
        "portal/home.html",
        {
            "calls": [card.body for card in calls],
            "notices": [card.body for card in notices],
            "pilots": with_figures([card.body for card in running[:SHOWN_MAX]]),
            "pilot_count": running.count(),
            "figures": figures.get("home"),
            "tour": figures.get("tour") if settings().demo else None,
            "schemes": snapshots.bodies(SnapshotKind.SCHEME),
            "checkpoint": record_log.checkpoint(),
        },
    )


@public
@shared
def about(request: HttpRequest) -> HttpResponse:
    """What the service is, what it is not, how to read it."""
    return render(request, "portal/about.html")
