"""What pilots use and what they serve, and who answers for them: counted from what is published."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from shidian.apps.notices.models import PublishedCard, SnapshotKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.apps.notices.figures import InstitutionsBody, Matrix, MatrixRow
    from shidian.apps.supervision.publish.language import Language

    Card = Mapping[str, Any]

NAMED_MAX = 20
"""Pilots named in one cell; the rest are counted."""


def published_pilots(language: Language) -> list[Card]:
    """What lists show of every pilot, by its id. One query."""
    rows = PublishedCard.objects.filter(kind=SnapshotKind.PILOT).order_by("key")
    return list(rows.values_list(f"body_{language}", flat=True))


def matrix_of(pilots: Sequence[Card]) -> Matrix:
    """Technologies against scenes, the most frequent first in either."""
    technologies, scenes = _tags(pilots, "technologies"), _tags(pilots, "scenes")
    rows: list[MatrixRow] = []
    for technology, label, n in technologies:
        mine = [one for one in pilots if technology in _ids(one, "technologies")]
        rows.append(
            {
                "label": label,
                "n": n,
                "cells": [
                    {
                        "n": len(here),
                        "pilots": [
                            {"public_id": one["public_id"], "title": one["title"]}
                            for one in here[:NAMED_MAX]
                        ],
                    }
                    for scene, _label, _n in scenes
                    for here in ([one for one in mine if scene in _ids(one, "scenes")],)
                ],
            }
        )
    return {"columns": [{"label": label, "n": n} for _id, label, n in scenes], "rows": rows}


def _ids(pilot: Card, name: str) -> set[str]:
    return {tag["id"] for tag in pilot.get(name) or ()}


def _tags(pilots: Iterable[Card], name: str) -> list[tuple[str, str, int]]:
    """(id, title, how many), the most frequent first, then by id."""
    counts: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for pilot in pilots:
        for tag in pilot.get(name) or ():
            counts[tag["id"]] += 1
            titles[tag["id"]] = tag["title"]
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(one, titles[one], n) for one, n in ranked]


def institutions_body(language: Language) -> InstitutionsBody:
    """Who leads how many pilots, by name."""
    led: dict[str, list[Card]] = defaultdict(list)
    for pilot in published_pilots(language):
        if pilot["lead"]:  # some registers show no parties
            led[str(pilot["lead"])].append(pilot)
    return {
        "as_of": timezone.localtime().isoformat(timespec="seconds"),
        "institutions": [
            {
                "name": name,
                "pilots": len(pilots),
                "running": sum(one["state"] != "closed" for one in pilots),
            }
            for name, pilots in sorted(led.items())
        ],
    }
