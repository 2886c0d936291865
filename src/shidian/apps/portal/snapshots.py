"""What the public site reads: current snapshots in the reader's language. Its only queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language

from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = dict[str, Any]


def _column() -> str:
    return "body_zh" if (get_language() or "zh-hans").startswith("zh") else "body_en"


def body(kind: SnapshotKind, key: str) -> Body:
    """The current body of one thing. Raises Http404 where nothing is published under that key."""
    found = (
        PublishedSnapshot.objects.current()
        .filter(kind=kind.value, key=key)
        .values_list(_column(), "published_at", "version", "digest")
        .first()
    )
    if found is None:
        raise Http404
    content, published_at, version, digest = found
    return {**content, "published_at": published_at, "snapshot": version, "proof": digest}


def page_of(kind: SnapshotKind, key: str) -> Body:
    """As `body`, for the page that is about this one thing: its times are then shown, and its days
    counted, in the zone it names."""
    content = body(kind, key)
    if zone := content.get("zone"):
        timezone.activate(ZoneInfo(zone))
    return content


def body_or_none(kind: SnapshotKind, key: str) -> Body | None:
    """The current body of one thing, or None."""
    try:
        return body(kind, key)
    except Http404:
        return None


def bodies(kind: SnapshotKind, *, prefix: str = "", limit: int | None = None) -> list[Body]:
    """Current bodies of one kind, newest first; `prefix` narrows by key."""
    rows = PublishedSnapshot.objects.of(kind.value)
    if prefix:
        rows = rows.filter(key__startswith=prefix)
    listed = rows.values_list(_column(), "published_at")
    if limit is not None:
        listed = listed[:limit]
    return [{**content, "published_at": published_at} for content, published_at in listed]


def versions(kind: SnapshotKind, prefix: str) -> list[dict[str, Any]]:
    """`{key, version, published_at}` of the current snapshots below a key, newest first."""
    rows = PublishedSnapshot.objects.of(kind.value).filter(key__startswith=prefix)
    return [
        {"key": key, "version": key.removeprefix(prefix), "published_at": published_at}
        for key, published_at in rows.values_list("key", "published_at")
    ]


def figures() -> Mapping[str, Body]:
    """All live figures by key: `home`, `tour`, `pilot:<public id>`."""
    rows = PublishedSnapshot.objects.of(SnapshotKind.FIGURES.value).values_list("key", _column())
    return dict(rows)


def figures_of(public_id: str) -> Body | None:
    """The live figures of one pilot, or None while there are none."""
    return body_or_none(SnapshotKind.FIGURES, f"pilot:{public_id}")
