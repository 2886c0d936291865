"""Publishing what the public site reads: fixed bodies in both languages, versioned, digested."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.notices.domain import finding, listing
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FIGURES_VERSION = 1


def snapshot_digest(
    kind: SnapshotKind, key: str, version: int, zh: Mapping[str, Any], en: Mapping[str, Any]
) -> str:
    """`sha256:…` of the canonical JSON of {kind, key, version, zh, en}."""
    whole = {"kind": str(kind), "key": key, "version": version, "zh": dict(zh), "en": dict(en)}
    return "sha256:" + hashlib.sha256(canonical.dumps(whole)).hexdigest()


@transaction.atomic
def publish_snapshot(
    *,
    kind: SnapshotKind,
    key: str,
    zh: Mapping[str, Any],
    en: Mapping[str, Any],
    at: datetime | None = None,
) -> PublishedSnapshot:
    """Publish a new version of one page's contents; the same contents again publish nothing.

    Lists and the site's search show the new one. Outbox `record.leaf`: whatever the site shows is
    on record. Kind `figures` is refreshed in place instead, and stays off it. Returns the current
    snapshot.
    """
    at = at or timezone.now()
    if kind == SnapshotKind.FIGURES:
        return _refresh(key, zh, en, at)
    newest = (
        PublishedSnapshot.objects.select_for_update()
        .filter(kind=kind, key=key)
        .order_by("-version")
        .first()
    )
    if newest is not None and newest.withdrawn_at is None:
        same = snapshot_digest(kind, key, newest.version, zh, en)
        if same == newest.digest:
            return newest
    version = (newest.version if newest else 0) + 1
    snapshot = PublishedSnapshot.objects.create(
        kind=kind,
        key=key,
        version=version,
        body_zh=dict(zh),
        body_en=dict(en),
        digest=snapshot_digest(kind, key, version, zh, en),
        published_at=at,
    )
    listing.list_as(snapshot)
    finding.find_by(snapshot)
    _put_leaf("page.published", snapshot, at)
    return snapshot


def _put_leaf(kind: str, snapshot: PublishedSnapshot, at: datetime) -> None:
    payload = {
        "kind": kind,
        "page": str(snapshot.kind),
        "key": snapshot.key,
        "version": snapshot.version,
        "digest": snapshot.digest,
        "at": at.isoformat(),
    }
    outbox.put("record.leaf", payload, at=at)


def _refresh(
    key: str, zh: Mapping[str, Any], en: Mapping[str, Any], at: datetime
) -> PublishedSnapshot:
    kind = SnapshotKind.FIGURES
    snapshot, _ = PublishedSnapshot.objects.update_or_create(
        kind=kind,
        key=key,
        version=FIGURES_VERSION,
        defaults={
            "body_zh": dict(zh),
            "body_en": dict(en),
            "digest": snapshot_digest(kind, key, FIGURES_VERSION, zh, en),
            "published_at": at,
            "withdrawn_at": None,
        },
    )
    listing.list_as(snapshot)
    return snapshot


@transaction.atomic
def withdraw_snapshot(*, kind: SnapshotKind, key: str, at: datetime | None = None) -> int:
    """Take a page's contents off the site; what was published stays on record. Returns how many.

    Outbox `record.leaf` for the version that the site showed last.
    """
    at = at or timezone.now()
    standing = PublishedSnapshot.objects.filter(kind=kind, key=key, withdrawn_at__isnull=True)
    newest = standing.order_by("-version").first()
    if newest is not None and kind != SnapshotKind.FIGURES:
        _put_leaf("page.withdrawn", newest, at)
    listing.unlist(kind, key)
    finding.forget(kind, key)
    return standing.update(withdrawn_at=at)
