"""The live board: every pilot that runs, gravest first, of all one's schemes or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.board import board, schemes_on_board
from shidian.apps.supervision.orders import ALARMS_SHOWN
from shidian.apps.supervision.views.live_parts import few_at_once
from shidian.core.procedure.alerts import LEVELS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ROWS = 500
"""Pilots on a page of the table. What the line above it counts is of all of them."""


@rule(Permission.BOARD_READ)
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; its live part is the fragment."""
    context = _context(request)
    # The board of all schemes has just read them.
    schemes = list(schemes_on_board(request.user)) if context["scheme"] else context["shown"]
    shown = {"schemes": schemes if len(schemes) > 1 else ()}
    return render(request, "supervision/board.html", context | shown)


@few_at_once
@rule(Permission.BOARD_READ)
def fragment(request: HttpRequest) -> HttpResponse:
    """The live part alone, fetched when something has changed."""
    return render(request, "supervision/_board.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    scheme = request.GET.get("scheme", "")
    shown = board(request.user, scheme)
    tiles = shown.tiles
    worst = [tile.worst for tile in tiles]
    rows = Paginator(tiles if shown.is_dense else [], ROWS).get_page(request.GET.get("page"))
    asked = {"scheme": scheme} if scheme else {}
    asked |= {"page": str(rows.number)} if rows.number > 1 else {}
    return {
        "alarms": shown.alarms[:ALARMS_SHOWN],
        "more_alarms": len(shown.alarms) > ALARMS_SHOWN,
        "tiles": () if shown.is_dense else tiles,
        "rows": rows,
        "total": len(tiles),
        "counts": [(level, worst.count(level)) for level in reversed(LEVELS) if level in worst],
        "halted": sum(tile.halted for tile in tiles),
        "stopped": sum(tile.stopped for tile in tiles),
        "to_decide": shown.to_decide,
        "unseen": sum(tile.unseen for tile in tiles),
        "muted": sum(tile.alerts.muted_count for tile in tiles),
        "scheme": scheme,
        "shown": shown.schemes,
        "query": "?" + urlencode(asked) if asked else "",
        "at": timezone.now(),
    }
