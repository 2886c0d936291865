"""Public statistics: how far cases got, how long it took, what they came to; with their data."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.notices.figures import StatisticsBody
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.portal.views.lists import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.portal.snapshots import Body


@public
@shared
def statistics(request: HttpRequest) -> HttpResponse:
    """Every scheme's figures as charts; `?format=csv` or `json` for the numbers behind them."""
    body = snapshots.body_or_none(SnapshotKind.FIGURES, "statistics") or {"schemes": []}
    if request.GET.get("format") == "csv":
        rows = (row for scheme in body["schemes"] for row in _rows(scheme))
        return csv_response("statistics.csv", ["scheme", "figure", "of", "n", "days"], rows)
    if request.GET.get("format") == "json":
        told = {name: body[name] for name in StatisticsBody.__annotations__ if name in body}
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})
    content = {
        "regions": _regions(body["schemes"]),
        "schemes": [_drawn(scheme) for scheme in body["schemes"]],
        "as_of": datetime.fromisoformat(body["as_of"]) if "as_of" in body else None,
        "fewest": body.get("fewest", 0),
    }
    return render(request, "portal/statistics.html", content)


@public
@shared
def institutions(request: HttpRequest) -> HttpResponse:
    """Who answers for pilots, and for how many."""
    body = snapshots.body_or_none(SnapshotKind.FIGURES, "institutions") or {"institutions": []}
    page = Paginator(body["institutions"], SHOWN).get_page(request.GET.get("page"))
    return render(request, "portal/institutions.html", {"page": page})


def _regions(schemes: list[Body]) -> list[tuple[str, int, str]]:
    """Projects filed, by region; each scheme is one. Nothing to compare where there is but one."""
    if len(schemes) < 2:  # noqa: PLR2004 - nothing to compare
        return []
    return [
        (scheme["title"], line["n"], "")
        for scheme in schemes
        for line in scheme["reached"][:1]  # the first line is what was filed
    ]


def _drawn(scheme: Body) -> dict[str, Any]:
    return {
        **scheme,
        "reached": [(line["label"], line["n"], "") for line in scheme["reached"]],
        "outcomes": [(line["label"], line["n"], "") for line in scheme["outcomes"]],
        "complaints": [(line["label"], line["n"], "") for line in scheme["complaints"]],
        "stays": [
            (line["label"], int(line["days"]), _("of %(n)d stays") % {"n": line["n"]})
            for line in scheme["stays"]
        ],
        "flow": _flow(scheme["months"]),
        "technologies": [
            (row["label"], row["n"], "") for row in scheme.get("matrix", {}).get("rows", ())
        ],
    }


def _flow(months: list[list[Any]]) -> list[dict[str, Any]]:
    """Lines for the chart; none for less than two months."""
    if len(months) < 2:  # noqa: PLR2004 - a line has two ends
        return []
    moments = [_moment(month) for month, _filed, _closed in months]
    return [
        {
            "label": _("filed"),
            "points": [(at, filed) for at, (_m, filed, _c) in zip(moments, months, strict=True)],
        },
        {
            "label": _("closed"),
            "points": [(at, closed) for at, (_m, _f, closed) in zip(moments, months, strict=True)],
        },
    ]


def _moment(day: str) -> datetime:
    first = date.fromisoformat(day)
    return datetime(first.year, first.month, 1, tzinfo=timezone.get_current_timezone())


def _rows(scheme: Body) -> Iterator[list[Any]]:
    for name in ("reached", "outcomes", "complaints"):
        for line in scheme[name]:
            yield [scheme["slug"], name, line["label"], line["n"], ""]
    for line in scheme["stays"]:
        yield [scheme["slug"], "stays", line["label"], line["n"], line["days"]]
    matrix = scheme.get("matrix") or {"rows": (), "columns": ()}
    for row in matrix["rows"]:
        yield [scheme["slug"], "technology", row["label"], row["n"], ""]
        for column, cell in zip(matrix["columns"], row["cells"], strict=False):
            of = f"{row['label']} × {column['label']}"
            yield [scheme["slug"], "technology and scene", of, cell["n"], ""]
    for month, filed, closed in scheme["months"]:
        yield [scheme["slug"], "filed", month, filed, ""]
        yield [scheme["slug"], "closed", month, closed, ""]
