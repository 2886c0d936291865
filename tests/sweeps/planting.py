"""A public site whose every text is a given one: for each text one page of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.urls import reverse

from shidian.apps.notices import bodies, figures
from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from tests.factories import loaded
from tests.sweeps.bodies import PAGES, body_of, rulebook_body

if TYPE_CHECKING:
    from collections.abc import Sequence

LAW = "x-law"
"""Id of the rulebooks that say the texts; their versions are numbers."""


def plant(texts: Sequence[str], *, laws: int = 1) -> None:
    """Publish everything there is in each of the texts; rulebooks for the first `laws` of them.

    Thing number n has the key `x-<n>`. A rulebook takes a second to read, a page a few
    milliseconds: laws share one rendering of texts, so that a few of them show every place.
    """
    for n, text in enumerate(texts):
        key = f"x-{n}"
        for kind, shape in PAGES.items():
            put(kind, key, body_of(shape, text, **_known_as(key)))
        put(SnapshotKind.FIGURES, f"pilot:{key}", body_of(figures.PilotFigures, text))
        if n < laws:
            _plant_law(n, key, text)
    text = texts[0]
    singles = (
        ("home", figures.HomeFigures),
        ("statistics", figures.StatisticsBody),
        ("institutions", figures.InstitutionsBody),
    )
    for name, shape in singles:
        put(SnapshotKind.FIGURES, name, body_of(shape, text))


def _plant_law(n: int, key: str, text: str) -> None:
    document = loaded().document
    version = str(n + 1)
    law = rulebook_body(document, text, id=LAW, version=version, status="example", extends="")
    put(SnapshotKind.RULEBOOK, f"{LAW}/{version}", law)
    draft = {**law, "notice": key, "notice_title": text, "version": f"{version}-draft"}
    put(SnapshotKind.DRAFT, key, draft)
    draft_notice = body_of(bodies.DraftNoticeBody, text, **_known_as(f"d-{n}"))
    put(SnapshotKind.NOTICE, f"d-{n}", {**draft_notice, "scheme": key, "case": ""})


def _known_as(key: str) -> dict[str, object]:
    """What addresses are made of."""
    same = dict.fromkeys(("slug", "public_id", "reference", "case", "pilot", "notice"), key)
    known: dict[str, object] = {**same, "scheme": key, "rulebook": LAW, "rulebook_version": "1"}
    # The text that is out, in an open window, so that the forms are there.
    known["replaced_by"] = []
    return known | {"opens_on": "2020-01-01", "closes_on": "", "version": "1", "key": key}


def put(kind: SnapshotKind, key: str, body: dict[str, object]) -> None:
    """Publish the same in both languages."""
    publish_snapshot(kind=kind, key=key, zh=body, en=body)


def pages(n: int, *, law: bool = False) -> list[str]:
    """The pages about thing number n."""
    key = f"x-{n}"
    names = (
        "call",
        "call-check",
        "notice",
        "pilot",
        "case-timeline",
        "scheme",
        "scheme-clauses",
        "lesson",
        "risk-tip",
    )
    found = [reverse(name, args=[key]) for name in names]
    found += [reverse("complain", args=[key]), reverse("check") + f"?q={key}"]
    if law:
        version = str(n + 1)
        found += [
            reverse("rulebook-version", args=[LAW, version]),
            reverse("notice-rules", args=[key]),
            reverse("notice", args=[f"d-{n}"]),
        ]
    return found


def lists() -> list[str]:
    """The pages about everything."""
    names = (
        "home",
        "call-list",
        "notice-list",
        "pilot-list",
        "rulebook-list",
        "statistics",
        "institutions",
        "news",
        "library",
        "risk-tips",
    )
    return [reverse(name) for name in names]


def asked(text: str) -> list[str]:
    """The pages that say a reader's own words back."""
    words = quote(text[:100])
    return [
        reverse("search") + f"?q={words}",
        reverse("check") + f"?q={words}",
        reverse("similar") + f"?text={words}",
        reverse("search") + f"?q=x&kind={words}&page={words}",
        reverse("rulebook-compare") + f"?r={words}&r=x",
    ]
