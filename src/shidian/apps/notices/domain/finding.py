"""Keeping what the public finds a published thing by, in step with what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.cases.search import strings_in, tokens_of
from shidian.apps.notices import names
from shidian.apps.notices.models import (
    PublishedName,
    PublishedSnapshot,
    PublishedText,
    SnapshotKind,
    TextPart,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SEARCHED = frozenset(SnapshotKind) - {SnapshotKind.FIGURES, SnapshotKind.CASE}
"""Live figures have no words of their own; a case's course stands on its pilot's page as well."""
TITLES = ("title", "scheme_title", "public_id", "number", "lead", "id", "slug")
"""Of a body: what names the thing."""
NAMES = ("public_id", "number", "title")
"""Of a pilot: what a fraud would borrow."""


def find_by(snapshot: PublishedSnapshot) -> None:
    """Have the public find the snapshot, now the current one of its thing, by its own words."""
    kind, key = SnapshotKind(snapshot.kind), snapshot.key
    if kind not in SEARCHED:
        return
    bodies: tuple[Mapping[str, Any], ...] = (snapshot.body_zh, snapshot.body_en)
    titles = [str(body[name]) for body in bodies for name in TITLES if body.get(name)]
    for part, texts in ((TextPart.TITLE, titles), (TextPart.TEXT, strings_in(list(bodies)))):
        PublishedText.objects.update_or_create(
            kind=kind,
            key=key,
            part=part,
            defaults={
                "tokens": " ".join(tokens_of(texts)),
                "published_at": snapshot.published_at,
            },
        )
    if kind == SnapshotKind.PILOT:
        _name(key, [str(body[name]) for body in bodies for name in NAMES if body.get(name)])


def find_what_was_published() -> None:
    """Have the public find what earlier releases published; done once, after an upgrade."""
    if PublishedText.objects.exists():
        return
    for snapshot in PublishedSnapshot.objects.current().filter(kind__in=SEARCHED).iterator():
        find_by(snapshot)


def _name(key: str, texts: list[str]) -> None:
    PublishedName.objects.filter(key=key).delete()
    known = {names.plain(text): names.shape(text) for text in texts}
    PublishedName.objects.bulk_create(
        PublishedName(key=key, name=name, shape=shape) for name, shape in known.items() if name
    )


def forget(kind: SnapshotKind, key: str) -> None:
    """What is off the site is no longer found."""
    PublishedText.objects.filter(kind=kind, key=key).delete()
    if kind == SnapshotKind.PILOT:
        PublishedName.objects.filter(key=key).delete()
