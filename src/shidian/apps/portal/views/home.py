"""Home and the page about the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import record_log, snapshots
from shidian.apps.portal.views.pilots import with_headroom
from shidian.config import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN_MAX = 8
"""Calls, notices and pilots on the home page; their lists have the rest."""


@public
def home(request: HttpRequest) -> HttpResponse:
    """What is open today, what runs now, what the rules are; in a demonstration, the tour."""
    today = timezone.localdate().isoformat()
    calls = [call for call in snapshots.bodies(SnapshotKind.CALL) if is_open(call, today)]
    notices = [item for item in snapshots.bodies(SnapshotKind.NOTICE) if is_open(item, today)]
    figures = snapshots.figures()
    pilots = [
        with_headroom(pilot, figures.get(f"pilot:{pilot['public_id']}"))
        for pilot in snapshots.bodies(SnapshotKind.PILOT)
        if pilot["state"] != "closed"
    ]
    pilots.sort(key=lambda pilot: (-pilot["gravity"], pilot["public_id"]))
    return render(
        request,
        "portal/home.html",
        {
            "calls": calls[:SHOWN_MAX],
            "notices": notices[:SHOWN_MAX],
            "pilots": pilots[:SHOWN_MAX],
            "pilot_count": len(pilots),
            "figures": figures.get("home"),
            "tour": figures.get("tour") if settings().demo else None,
            "schemes": snapshots.bodies(SnapshotKind.SCHEME),
            "checkpoint": record_log.checkpoint(),
        },
    )


def is_open(body: dict[str, Any], today: str) -> bool:
    """Whether a call or notice is open on the day; both dates are included."""
    return body["opens_on"] <= today and (not body["closes_on"] or today <= body["closes_on"])


@public
def about(request: HttpRequest) -> HttpResponse:
    """What the service is, what it is not, how to read it."""
    return render(request, "portal/about.html")
