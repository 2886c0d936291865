"""Where the site shows what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from shidian.apps.notices.models import SnapshotKind

if TYPE_CHECKING:
    from shidian.apps.portal.snapshots import Named

_PAGES = {
    SnapshotKind.CALL: "call",
    SnapshotKind.NOTICE: "notice",
    SnapshotKind.PILOT: "pilot",
    SnapshotKind.CASE: "case-timeline",
    SnapshotKind.DRAFT: "notice-rules",
    SnapshotKind.SCHEME: "scheme",
    SnapshotKind.CLAUSES: "scheme-clauses",
    SnapshotKind.LESSON: "lesson",
    SnapshotKind.TIP: "risk-tip",
}


def address(named: Named | None) -> str:
    """Where the site shows the thing that a leaf is about; empty where it does not."""
    if named is None:
        return ""
    if named.kind == SnapshotKind.RULEBOOK:
        return reverse("rulebook-version", args=named.key.split("/", 1))
    route = _PAGES.get(SnapshotKind(named.kind))
    return reverse(route, args=[named.key]) if route else ""


def check_address(public_id: str) -> str:
    """Where anyone checks that a pilot of this id is genuine."""
    return f"{reverse('check')}?{urlencode({'q': public_id})}"
