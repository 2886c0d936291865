"""The live board: every pilot that runs, gravest first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.domain.alerts import LEVELS
from shidian.apps.supervision.orders import ALARMS_SHOWN, open_alarms, orders_to_decide
from shidian.apps.supervision.queries import Tile, board

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

DENSE_FROM = 24
"""From so many pilots on, those without alerts stand in a compact table."""


@rule(Permission.BOARD_READ)
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; its live part is the fragment."""
    return render(request, "supervision/board.html", _context(request))


@rule(Permission.BOARD_READ)
def fragment(request: HttpRequest) -> HttpResponse:
    """The live part alone, fetched when something has changed."""
    return render(request, "supervision/_board.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    tiles: Sequence[Tile] = board(request.user)
    alerting = [tile for tile in tiles if tile.worst or tile.halted or tile.stopped]
    quiet = [tile for tile in tiles if tile not in alerting]
    counts = Counter(tile.worst for tile in alerting)
    alarms = open_alarms(request.user)
    return {
        "alarms": alarms[:ALARMS_SHOWN],
        "more_alarms": len(alarms) > ALARMS_SHOWN,
        "tiles": tiles if len(tiles) < DENSE_FROM else alerting,
        "rows": () if len(tiles) < DENSE_FROM else quiet,
        "total": len(tiles),
        "counts": [(level, counts[level]) for level in reversed(LEVELS) if counts[level]],
        "halted": sum(tile.halted for tile in tiles),
        "stopped": sum(tile.stopped for tile in tiles),
        "to_decide": orders_to_decide(request.user),
        "unseen": sum(tile.unseen for tile in tiles),
        "at": timezone.now(),
    }
