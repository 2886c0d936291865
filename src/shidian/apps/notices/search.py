"""Finding published things: by words, and a pilot by a name or number that someone was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Min

from shidian.apps.cases.search_index import TextIndex
from shidian.apps.notices import names
from shidian.apps.notices.models import PublishedName, PublishedText, SnapshotKind, TextPart

if TYPE_CHECKING:
    from django.db.models import QuerySet

PUBLISHED = TextIndex("notices_search", PublishedText)
NEAR_MAX = 5


def found(query: str, kind: str = "") -> QuerySet[PublishedText, tuple[str, str]] | None:
    """(kind, key) of what has every word, in titles first, then newest first.

    None where the query has no word. `kind` narrows.
    """
    rows = _rows(query)
    if rows is None:
        return None
    if kind:
        rows = rows.filter(kind=kind)
    grouped = rows.values("kind", "key").annotate(first=Min("part"), newest=Max("published_at"))
    return grouped.order_by("first", "-newest", "kind", "key").values_list("kind", "key")


def counts(query: str) -> dict[str, int]:
    """How many things of each kind have every word."""
    rows = _rows(query)
    if rows is None:
        return {}
    each = rows.order_by().values("kind").annotate(n=Count("key", distinct=True))
    return dict(each.values_list("kind", "n"))


def _rows(query: str) -> QuerySet[PublishedText] | None:
    matching = PUBLISHED.matching(query)
    return None if matching is None else PublishedText.objects.filter(pk__in=matching)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a name or number: public ids of pilots, in three grades of likeness."""

    same: tuple[str, ...] = ()
    """Known by exactly this name or number."""
    alike: tuple[str, ...] = ()
    """Known by one that looks like it and is another."""
    near: tuple[str, ...] = ()
    """Whose name has these words."""


def known(text: str) -> Known:
    """Which pilots are published under that name or number. Only the best grade is filled."""
    plain = names.plain(text)
    if not plain:
        return Known()
    if same := _keys(PublishedName.objects.filter(name=plain)):
        return Known(same=same)
    if alike := _keys(PublishedName.objects.filter(shape=names.shape(text))):
        return Known(alike=alike)
    rows = _rows(text)
    if rows is None:
        return Known()
    near = rows.filter(kind=SnapshotKind.PILOT, part=TextPart.TITLE).order_by("-published_at")
    return Known(near=tuple(near.values_list("key", flat=True)[:NEAR_MAX]))


def _keys(rows: QuerySet[PublishedName]) -> tuple[str, ...]:
    keys = rows.order_by("key").values_list("key", flat=True).distinct()
    return tuple(keys[:NEAR_MAX])
