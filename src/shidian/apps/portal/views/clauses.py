"""Which pilot changed which sentence of a scheme's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.shared import shared

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@public
@shared
def clauses(request: HttpRequest, key: str) -> HttpResponse:
    """The clauses that pilots test, what became of each, and whose experience moved it."""
    body = snapshots.body(SnapshotKind.CLAUSES, key)
    return render(request, "portal/clauses.html", {"page": body})
