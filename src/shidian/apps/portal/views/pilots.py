"""Pilots as the public sees them: what they may do, how it goes, what was decided when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render

from shidian.apps.notices.levels import GRAVITY
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.addresses import check_address
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.portal.views.lists import SHOWN, in_parts
from shidian.apps.portal.views.timelines import with_moments
from shidian.qr import code_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Body = dict[str, Any]


def with_headroom(pilot: Body, figures: Body | None) -> Body:
    """The pilot with its live part: limits as used of cap, the tightest first, open alerts."""
    uses = {use["id"]: use for use in figures["limits"]} if figures else {}
    limits = []
    for limit in pilot["limits"]:
        use = uses.get(limit["id"])
        cap = Decimal(limit["cap"]) if limit["cap"] else None
        used = Decimal(use["used"]) if use and use["used"] else None
        limits.append(
            {
                **limit,
                "cap": cap,
                "used": used,
                "share": used / cap if used is not None and cap else Decimal(-1),
                "trend": [float(value) for value in use["trend"]] if use else [],
            }
        )
    ranked = sorted(limits, key=lambda limit: limit["share"], reverse=True)
    alerts = figures["alerts"] if figures else []
    open_alerts = [alert for alert in alerts if not alert["ended_at"]]
    return {
        **pilot,
        "limits": limits,
        "tightest": ranked[0] if ranked else None,
        "alerts": alerts,
        "open_alerts": open_alerts,
        "worst": max((a["level"] for a in open_alerts), key=GRAVITY.__getitem__, default=""),
        "stopped_at": figures.get("stopped_at", "") if figures else "",
        "as_of": datetime.fromisoformat(figures["as_of"]) if figures else None,
        "series": [_drawable(line) for line in figures["series"]] if figures else [],
    }


def _drawable(line: Body) -> Body:
    points = [
        (datetime.fromisoformat(at), None if value is None else Decimal(value))
        for at, value in line["points"]
    ]
    return {**line, "points": points}


@public
@shared
def pilot_list(request: HttpRequest) -> HttpResponse:
    """All pilots, those with open public alerts first; `?format=csv` for the whole table."""
    cards = snapshots.pilots()
    if request.GET.get("format") == "csv":
        header = ["id", "number", "title", "lead", "state", "starts_on", "ends_on"]
        names = ("public_id", *header[1:])
        bodies = (card.body for card in cards.iterator())
        return csv_response(
            "pilots.csv", header, ([body[name] for name in names] for body in bodies)
        )
    page = Paginator(cards, SHOWN).get_page(request.GET.get("page"))
    parts = in_parts(page)
    content = {"page": page, "running": with_figures(parts["now"]), "closed": parts["past"]}
    return render(request, "portal/pilot_list.html", content)


def with_figures(pilots: list[Body]) -> list[Body]:
    """Each pilot with its live part, in the same order."""
    keys = {pilot["public_id"]: f"pilot:{pilot['public_id']}" for pilot in pilots}
    figures = snapshots.figures_among(keys.values())
    return [with_headroom(one, figures.get(keys[one["public_id"]])) for one in pilots]


@public
@shared
def pilot(request: HttpRequest, key: str) -> HttpResponse:
    """One pilot: what it is, who answers for it, its limits, its course, how to be heard."""
    body = snapshots.page_of(SnapshotKind.PILOT, key)
    shown = with_headroom(body, snapshots.figures_of(key))
    by_indicator = {limit["indicator"]: limit for limit in shown["limits"]}
    charts = [_chart(line, by_indicator.get(line["indicator"])) for line in shown["series"]]
    return render(
        request,
        "portal/pilot.html",
        {
            "pilot": shown,
            "charts": charts,
            "groups": with_moments(body["groups"]),
            "code": code_of(request.build_absolute_uri(check_address(key))),
        },
    )


def _chart(line: Body, limit: Body | None) -> Body:
    return {
        **line,
        "cap": limit["cap"] if limit else None,
        "cap_title": limit["title"] if limit else "",
        "lines": [{"label": "", "points": line["points"]}],
    }


@public
@shared
def pilot_series(request: HttpRequest, key: str) -> HttpResponse:
    """The chart's data: one row an indicator and moment."""
    del request
    snapshots.body(SnapshotKind.PILOT, key)
    figures = snapshots.figures_of(key)
    rows = (
        [line["indicator"], line["title"], line["unit"], at, value or ""]
        for line in (figures["series"] if figures else ())
        for at, value in line["points"]
    )
    return csv_response(f"{key}.csv", ["indicator", "title", "unit", "at", "value"], rows)
