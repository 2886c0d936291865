"""The case library: what pilots that have ended left behind."""

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
def library(request: HttpRequest) -> HttpResponse:
    """Every pilot that has ended and whose exit report may be read, newest first."""
    pages = Paginator(snapshots.bodies(SnapshotKind.LESSON), PER_PAGE)
    context = {"page": pages.get_page(request.GET.get("page"))}
    return render(request, "portal/library.html", context)


@public
@shared
def lesson(request: HttpRequest, key: str) -> HttpResponse:
    """One of them: outcome, promises as judged, lessons, clauses that changed."""
    body = snapshots.page_of(SnapshotKind.LESSON, key)
    return render(request, "portal/lesson.html", {"lesson": body})
