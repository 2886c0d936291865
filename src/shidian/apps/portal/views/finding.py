"""Search over all that is published, and the check whether a pilot is genuine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices import search
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.notices.similar import projects_like
from shidian.apps.portal import snapshots
from shidian.apps.portal.addresses import address
from shidian.apps.portal.views.pilots import with_headroom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.portal.snapshots import Body

QUERY_CHARS_MAX = 100
TEXT_CHARS_MAX = 1_000
"""Of a description; an address holds no more."""
SHOWN = 20
AROUND_CHARS = 60
_KINDS = {
    SnapshotKind.PILOT: _("Pilots"),
    SnapshotKind.NOTICE: _("Public notices"),
    SnapshotKind.CALL: _("Calls"),
    SnapshotKind.RULEBOOK: _("Rulebooks"),
    SnapshotKind.SCHEME: _("Schemes"),
    SnapshotKind.CLAUSES: _("Provisions under test"),
    SnapshotKind.LESSON: _("Case library"),
    SnapshotKind.TIP: _("Risk tips"),
    SnapshotKind.DRAFT: _("Drafts of rules"),
}
_NO_PROSE = re.compile(r"sha256:|https?:|[\w./:-]+$")
"""Addresses, digests, slugs, dates: nothing that a reader reads as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found. `before`, `word`, `after`: a piece of its text around the first word."""

    kind: str
    title: str
    address: str
    lead: str
    before: str
    word: str
    after: str
    body: Body


@public
def find(request: HttpRequest) -> HttpResponse:
    """What is published and has every word of `q`; `kind` narrows."""
    query = _query(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in _KINDS else ""
    counts = search.counts(query)
    things = search.found(query, kind)
    page = Paginator(things if things is not None else (), SHOWN).get_page(request.GET.get("page"))
    named = [snapshots.Named(*thing) for thing in page.object_list]
    bodies = snapshots.bodies_of(named)
    return render(
        request,
        "portal/search.html",
        {
            "query": query,
            "kind": kind,
            "kinds": [(one, label, counts[one]) for one, label in _KINDS.items() if one in counts],
            "total": sum(counts.values()),
            "page": page,
            "hits": [_hit(thing, bodies[thing], query) for thing in named if thing in bodies],
            "asked": bool(query.strip()),
            "searchable": things is not None,
        },
    )


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:QUERY_CHARS_MAX].replace("\x00", "").strip()


def _hit(thing: snapshots.Named, body: Body, query: str) -> Hit:
    title = str(body.get("title") or body.get("scheme_title") or thing.key)
    before, word, after = piece_around(query, [one for one in _prose(body) if one != title])
    return Hit(
        kind=str(_KINDS[SnapshotKind(thing.kind)]),
        title=title,
        address=address(thing),
        lead=str(body.get("lead") or body.get("scheme_title") or ""),
        before=before,
        word=word,
        after=after,
        body=body,
    )


def _prose(value: object) -> Iterator[str]:
    """Every sentence of a body, in its order."""
    if isinstance(value, str):
        if not _NO_PROSE.match(value):
            yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _prose(one)
    elif isinstance(value, list):
        for one in value:
            yield from _prose(one)


def piece_around(query: str, texts: list[str]) -> tuple[str, str, str]:
    """What stands before, at and after the first place where a word of the query stands as typed.

    Three empty texts where none does: it was then found in the title, or in the other language.
    """
    words = [re.escape(word) for word in query.split() if word]
    if not words:
        return "", "", ""
    anyone = re.compile("|".join(sorted(words, key=len, reverse=True)), re.IGNORECASE)
    for text in texts:
        if at := anyone.search(text):
            start, end = max(at.start() - AROUND_CHARS, 0), at.end() + AROUND_CHARS
            before = ("…" if start else "") + text[start : at.start()]
            after = text[at.end() : end] + ("…" if end < len(text) else "")
            return before, at[0], after
    return "", "", ""


@public
def similar(request: HttpRequest) -> HttpResponse:
    """Published projects that are like a description in one's own words."""
    text = request.GET.get("text", "")[:TEXT_CHARS_MAX].replace("\x00", "").strip()
    found = projects_like([text]) if text else []
    named = [snapshots.Named(card.kind, card.key) for card, _ in found]
    bodies = snapshots.bodies_of(named)
    hits = [_hit(thing, bodies[thing], "") for thing in named if thing in bodies]
    content = {"text": text, "hits": hits, "text_max": TEXT_CHARS_MAX}
    return render(request, "portal/similar.html", content)


@public
def check(request: HttpRequest) -> HttpResponse:
    """Whether a pilot of that number or name is genuine, what it may do now, and whom to ask."""
    query = _query(request)
    known = search.known(query)
    keys = known.same or known.alike or known.near
    bodies = snapshots.bodies_of((SnapshotKind.PILOT, key) for key in keys)
    pilots = [_with_figures(bodies[one]) for one in sorted(bodies)]
    return render(
        request,
        "portal/check.html",
        {
            "query": query,
            "pilots": pilots,
            "grade": "same" if known.same else "alike" if known.alike else "near",
            "authorities": sorted({one for pilot in pilots for one in pilot["authorities"]}),
        },
    )


def _with_figures(pilot: Body) -> dict[str, Any]:
    return with_headroom(pilot, snapshots.figures_of(pilot["public_id"]))
