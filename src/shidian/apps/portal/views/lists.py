"""Lists of published things, page by page, under the headings of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.notices.models import PublishedCard
    from shidian.apps.portal.snapshots import Body

SHOWN = 50
"""Things on one page of a list."""


def in_parts(cards: Iterable[PublishedCard]) -> dict[str, list[Body]]:
    """What a page of a list shows, by `part`, in its order."""
    parts: dict[str, list[Body]] = {"now": [], "later": [], "past": []}
    for card in cards:
        parts[card.part].append(card.body)  # type: ignore[attr-defined]
    return parts
