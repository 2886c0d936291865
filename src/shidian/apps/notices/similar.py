"""Which published projects are like a text: for those who draft, and for anyone who asks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from shidian.apps.cases.search import tokens_of
from shidian.apps.notices.models import PublishedCard, PublishedText, SnapshotKind, TextPart
from shidian.apps.notices.similarity import Corpus

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECTS = (SnapshotKind.PILOT, SnapshotKind.NOTICE)
KEPT_S = 60.0
"""So long a corpus serves although something was published since: making one reads all texts."""
MOST = 5


@dataclass(frozen=True, slots=True)
class _Kept:
    """A corpus, of what it was made, and when."""

    corpus: Corpus[tuple[str, str]]
    state: tuple[Any, ...]
    made_s: float


def projects_like(
    texts: Iterable[str], *, leave_out: str = "", most: int = MOST
) -> list[tuple[PublishedCard, float]]:
    """Published projects that are like the texts, the likest first, with their likeness, 0 to 1.

    A project on notice and later a pilot is told once. `leave_out`: reference of a case that is not
    told. Reads what is published and nothing else.
    """
    found = SHELF.corpus().like(tokens_of(texts), 4 * most)
    keys = [key for _kind, key in dict(found)]
    cards = {
        (card.kind, card.key): card
        for card in PublishedCard.objects.filter(kind__in=PROJECTS, key__in=keys)
    }
    told: dict[str, tuple[PublishedCard, float]] = {}
    for thing, likeness in found:
        card = cards.get(thing)
        case = card.body_zh.get("case", "") if card else ""
        if card is None or not case or case == leave_out:
            continue
        if case not in told or card.kind == SnapshotKind.PILOT:
            told[case] = (card, max(likeness, told[case][1] if case in told else 0.0))
    return list(told.values())[:most]


class _Shelf:
    """The corpus that this process has, made anew once it is old and something was published."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: _Kept | None = None

    def clear(self) -> None:
        """Forget it."""
        self._kept = None

    def corpus(self) -> Corpus[tuple[str, str]]:
        """One that lacks at most what was published in the last `KEPT_S` seconds."""
        rows = PublishedText.objects.filter(kind__in=PROJECTS, part=TextPart.TEXT)
        asked = rows.aggregate(n=Count("pk"), newest=Max("published_at"), last=Max("pk"))
        state = tuple(asked.values())
        with self._lock:
            kept, now_s = self._kept, time.monotonic()
            if kept is None or (kept.state != state and now_s - kept.made_s > KEPT_S):
                listed = rows.values_list("kind", "key", "tokens").iterator()
                texts = {(kind, key): tokens.split() for kind, key, tokens in listed}
                kept = self._kept = _Kept(Corpus(texts), state, now_s)
            return kept.corpus


SHELF = _Shelf()
