"""The live board: every pilot that runs, gravest first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.domain.alerts import LEVELS
from shidian.apps.supervision.queries import Tile, board

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

DENSE_FROM = 24
"""From so many pilots on, those without alerts stand in a compact table."""


@rule(Permission.BOARD_READ)
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; its live part is the fragment."""
    return render(request, "supervision/board.html", _context(board(request.user)))


@rule(Permission.BOARD_READ)
def fragment(request: HttpRequest) -> HttpResponse:
    """The live part alone, fetched when something has changed."""
    return render(request, "supervision/_board.html", _context(board(request.user)))


def _context(tiles: Sequence[Tile]) -> dict[str, object]:
    alerting = [tile for tile in tiles if tile.worst or tile.halted]
    quiet = [tile for tile in tiles if not tile.worst and not tile.halted]
    counts = Counter(tile.worst for tile in alerting)
    return {
        "tiles": tiles if len(tiles) < DENSE_FROM else alerting,
        "rows": () if len(tiles) < DENSE_FROM else quiet,
        "total": len(tiles),
        "counts": [(level, counts[level]) for level in reversed(LEVELS) if counts[level]],
        "halted": sum(tile.halted for tile in tiles),
        "unseen": sum(tile.unseen for tile in tiles),
        "at": timezone.now(),
    }
