"""Keeping what lists of published things show, in step with what is published."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from shidian.apps.notices.levels import GRAVITY
from shidian.apps.notices.models import PublishedCard, PublishedSnapshot, SnapshotKind

if TYPE_CHECKING:
    from collections.abc import Mapping

PILOT_FIGURES = "pilot:"
"""Prefix of the key under which a pilot's live figures stand."""
LISTED: Mapping[SnapshotKind, tuple[str, ...]] = {
    SnapshotKind.CALL: ("slug", "title", "scheme_title", "opens_on", "closes_on"),
    SnapshotKind.NOTICE: ("slug", "case", "title", "lead", "opens_on", "closes_on"),
    SnapshotKind.PILOT: (
        *("public_id", "case", "number", "title", "lead", "state", "state_label"),
        *("starts_on", "ends_on", "last_days", "limits", "scheme", "technologies", "scenes"),
        "withheld",
    ),
    SnapshotKind.LESSON: ("reference", "title", "lead", "outcome"),
    SnapshotKind.RULEBOOK: ("id", "version", "title", "status_label"),
}
"""Of a body: what lists show. Other kinds are few, and their lists read them whole."""


def list_as(snapshot: PublishedSnapshot) -> None:
    """Have lists show the snapshot, now the current one of its thing."""
    kind, body = SnapshotKind(snapshot.kind), snapshot.body_zh
    PublishedCard.objects.update_or_create(
        kind=kind,
        key=snapshot.key,
        defaults={
            "snapshot": snapshot,
            "published_at": snapshot.published_at,
            "opens_on": _day(body.get("opens_on")),
            "closes_on": _day(body.get("closes_on")) or _last_of(body),
            "state": body.get("state", "") if kind == SnapshotKind.PILOT else "",
            "gravity": _gravity_now(snapshot.key) if kind == SnapshotKind.PILOT else 0,
            "body_zh": _cut(kind, snapshot.body_zh),
            "body_en": _cut(kind, snapshot.body_en),
        },
    )
    if kind == SnapshotKind.FIGURES and snapshot.key.startswith(PILOT_FIGURES):
        gravity = _gravity(body)
        pilot = PublishedCard.objects.filter(
            kind=SnapshotKind.PILOT, key=snapshot.key.removeprefix(PILOT_FIGURES)
        )
        pilot.exclude(gravity=gravity).update(gravity=gravity)


def unlist(kind: SnapshotKind, key: str) -> None:
    """What is off the site stands in no list."""
    PublishedCard.objects.filter(kind=kind, key=key).delete()


def list_what_was_published() -> None:
    """Have lists show what earlier releases published; done once, after an upgrade."""
    if PublishedCard.objects.exists():
        return
    for snapshot in PublishedSnapshot.objects.newest().iterator():
        list_as(snapshot)


def _cut(kind: SnapshotKind, body: Mapping[str, Any]) -> dict[str, Any]:
    cut = {name: body[name] for name in LISTED.get(kind, ()) if name in body}
    if kind == SnapshotKind.NOTICE:
        cut["comments"] = len(body.get("comments", ()))
    return cut


def _last_of(body: Mapping[str, Any]) -> date | None:
    """The last of a pilot's days to come, where its page has any."""
    return max((date.fromisoformat(one["on"]) for one in body.get("last_days", ())), default=None)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _gravity_now(public_id: str) -> int:
    """As the pilot's live figures say, which may have been published before its page."""
    key = PILOT_FIGURES + public_id
    figures = PublishedSnapshot.objects.filter(kind=SnapshotKind.FIGURES, key=key).first()
    return _gravity(figures.body_zh) if figures else 0


def _gravity(figures: Mapping[str, Any]) -> int:
    standing = (one for one in figures.get("alerts", ()) if not one["ended_at"])
    return max((GRAVITY.get(one["level"], 0) for one in standing), default=0)
