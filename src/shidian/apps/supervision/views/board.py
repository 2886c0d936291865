"""The live board: every pilot that runs, gravest first, of all one's schemes or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.board import board, schemes_on_board
from shidian.apps.supervision.orders import ALARMS_SHOWN
from shidian.core.procedure.alerts import LEVELS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@rule(Permission.BOARD_READ)
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; its live part is the fragment."""
    schemes = list(schemes_on_board(request.user))
    context = _context(request) | {"schemes": schemes if len(schemes) > 1 else ()}
    return render(request, "supervision/board.html", context)


@rule(Permission.BOARD_READ)
def fragment(request: HttpRequest) -> HttpResponse:
    """The live part alone, fetched when something has changed."""
    return render(request, "supervision/_board.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    scheme = request.GET.get("scheme", "")
    shown = board(request.user, scheme)
    tiles = shown.tiles
    worst = [tile.worst for tile in tiles]
    return {
        "alarms": shown.alarms[:ALARMS_SHOWN],
        "more_alarms": len(shown.alarms) > ALARMS_SHOWN,
        "tiles": () if shown.is_dense else tiles,
        "rows": tiles if shown.is_dense else (),
        "total": len(tiles),
        "counts": [(level, worst.count(level)) for level in reversed(LEVELS) if level in worst],
        "halted": sum(tile.halted for tile in tiles),
        "stopped": sum(tile.stopped for tile in tiles),
        "to_decide": shown.to_decide,
        "unseen": sum(tile.unseen for tile in tiles),
        "muted": sum(tile.alerts.muted_count for tile in tiles),
        "scheme": scheme,
        "query": "?" + urlencode({"scheme": scheme}) if scheme else "",
        "at": timezone.now(),
    }
