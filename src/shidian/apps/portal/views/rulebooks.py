"""Rulebooks and the schemes they belong to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots


@public
def rulebook_list(request: HttpRequest) -> HttpResponse:
    """Every scheme with its rulebooks, their status and verified share."""
    schemes = sorted(
        snapshots.bodies(SnapshotKind.SCHEME),
        key=lambda scheme: (not scheme["runs"], scheme["slug"]),
    )
    return render(request, "portal/rulebook_list.html", {"schemes": schemes})


@public
def rulebook(request: HttpRequest, scheme: str, version: str = "") -> HttpResponse:
    """One rulebook, read like law; without a version, the newest of the scheme."""
    if version:
        body = snapshots.body(SnapshotKind.RULEBOOK, f"{scheme}/{version}")
    else:
        found = snapshots.bodies(SnapshotKind.RULEBOOK, prefix=f"{scheme}/", limit=1)
        if not found:
            raise Http404
        body = found[0]
    return render(request, "portal/rulebook.html", {"rulebook": body})


@public
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """A scheme: its authorities, its rulebooks, and what is known of its history."""
    return render(
        request, "portal/scheme.html", {"scheme": snapshots.body(SnapshotKind.SCHEME, key)}
    )
