"""Rulebooks and the schemes they belong to: to read, to download, to set beside one another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import readings, snapshots
from shidian.core.rulebook import schema
from shidian.core.rulebook.difference import Aspect, ChangeKind
from shidian.core.rulebook.reading import SIGNS, say

if TYPE_CHECKING:
    from shidian.apps.portal.snapshots import Body
    from shidian.core.rulebook.reading import Lang

COMPARED_MIN, COMPARED_MAX = 2, 6


def _lang() -> Lang:
    return "zh" if (get_language() or "zh-hans").startswith("zh") else "en"


@public
def rulebook_list(request: HttpRequest) -> HttpResponse:
    """The library: every regime with its newest rulebook, its status and verified share."""
    schemes = sorted(
        snapshots.bodies(SnapshotKind.SCHEME),
        key=lambda scheme: (not scheme["runs"], scheme["slug"]),
    )
    context = {
        "schemes": schemes,
        "least": COMPARED_MIN,
        "most": COMPARED_MAX,
        "deep": sum(_newest(scheme).get("status", "sketch") != "sketch" for scheme in schemes),
    }
    return render(request, "portal/rulebook_list.html", context)


def _newest(scheme: Body) -> dict[str, Any]:
    return scheme["rulebooks"][0] if scheme["rulebooks"] else {}


@public
def rulebook(request: HttpRequest, scheme: str, version: str = "") -> HttpResponse:
    """One rulebook, read like law; without a version, the newest of the scheme."""
    body, versions = _body(scheme, version)
    shown = f"{scheme}/{body['version']}"
    context = {
        "rulebook": body,
        "text": readings.text_of(body, _lang()),
        "reading": readings.reading_of(body),
        "lang": _lang(),
        "versions": versions,
        "newer": versions[0] if versions and versions[0]["key"] != shown else None,
        "shown": shown,
    }
    return render(request, "portal/rulebook.html", context)


def _body(scheme: str, version: str) -> tuple[Body, list[dict[str, Any]]]:
    """The body of a version, or of the newest, and all versions newest first."""
    versions = snapshots.versions(SnapshotKind.RULEBOOK, f"{scheme}/")
    if not versions:
        raise Http404
    key = f"{scheme}/{version}" if version else versions[0]["key"]
    return snapshots.body(SnapshotKind.RULEBOOK, key), versions


@public
def rulebook_pdf(request: HttpRequest, scheme: str, version: str) -> HttpResponse:  # noqa: ARG001
    """The rulebook as PDF in the reader's language."""
    body = snapshots.body(SnapshotKind.RULEBOOK, f"{scheme}/{version}")
    lang = _lang()
    answer = HttpResponse(readings.pdf_of(body, lang), content_type="application/pdf")
    name = f"{body['id']}-{body['version']}-{lang}.pdf"
    answer["Content-Disposition"] = f'inline; filename="{_plain(name)}"'
    return answer


@public
def rulebook_document(request: HttpRequest, scheme: str, version: str) -> HttpResponse:  # noqa: ARG001
    """The resolved document as JSON: what the digest is taken of, with every basis."""
    body = snapshots.body(SnapshotKind.RULEBOOK, f"{scheme}/{version}")
    text = json.dumps(body["document"], ensure_ascii=False, indent=2)
    return _download(text, f"{body['id']}-{body['version']}.json", "application/json")


@public
def rulebook_schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """JSON Schema of the rulebook language."""
    return _download(schema.text(), "rulebook.schema.json", "application/schema+json")


def _download(text: str, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_plain(name)}"'
    return answer


def _plain(name: str) -> str:
    return "".join(
        letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-._")
    )


@public
def rulebook_compare(request: HttpRequest) -> HttpResponse:
    """Two to six regimes side by side: `?r=<scheme>&r=<scheme>/<version>`; fewer: the choice."""
    asked = list(dict.fromkeys(request.GET.getlist("r")))[: COMPARED_MAX + 1]
    too_many = len(asked) > COMPARED_MAX
    bodies = [_asked(one) for one in asked] if COMPARED_MIN <= len(asked) <= COMPARED_MAX else []
    context = {
        "asked": [one.partition("/")[0] for one in asked],
        "problem": too_many or (len(asked) == 1 and "choose" in request.GET),
        "bodies": bodies,
        "rows": _compared(bodies) if bodies else [],
        "schemes": sorted(snapshots.bodies(SnapshotKind.SCHEME), key=lambda one: one["slug"]),
        "least": COMPARED_MIN,
        "most": COMPARED_MAX,
    }
    return render(request, "portal/rulebook_compare.html", context, status=400 if too_many else 200)


def _compared(bodies: list[Body]) -> list[dict[str, Any]]:
    """The rows of the table in the reader's language, each cell with the article it stands in."""
    lang = _lang()
    return [
        {
            "label": say(row.label, lang),
            "cells": [
                {
                    "text": say(cell.text, lang) if cell.text else "",
                    "sign": SIGNS[cell.basis] if cell.basis else "",
                    "basis": cell.basis,
                    "body": body,
                    "fragment": readings.address_in(body, cell.path),
                }
                for body, cell in zip(bodies, row.cells, strict=True)
            ],
        }
        for row in readings.table_of(bodies).rows
    ]


def _asked(name: str) -> Body:
    """`<scheme>` (its newest) or `<scheme>/<version>`. Raises Http404."""
    scheme, _sep, version = name.partition("/")
    return _body(scheme, version)[0]


@public
def rulebook_diff(request: HttpRequest) -> HttpResponse:
    """What differs in meaning between two rulebooks: `?from=<scheme>/<version>&to=…`."""
    before, after = (_asked(request.GET.get(key, "")) for key in ("from", "to"))
    lang = _lang()
    kinds: dict[str, list[dict[str, str]]] = {kind.value: [] for kind in ChangeKind}
    for change in readings.changes_of(before, after):
        gone = change.aspect is Aspect.REMOVED
        kinds[change.kind.value].append(
            {
                "text": say(change.text, lang),
                "path": change.path,
                "version": before["version"] if gone else after["version"],
                "id": before["id"] if gone else after["id"],
                "fragment": readings.address_in(before if gone else after, change.path),
            }
        )
    context = {
        "before": before,
        "after": after,
        "kinds": kinds,
        "count": sum(map(len, kinds.values())),
    }
    return render(request, "portal/rulebook_diff.html", context)


@public
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """A scheme: its authorities, its rulebooks, and what is known of its history."""
    context = {
        "scheme": snapshots.body(SnapshotKind.SCHEME, key),
        "has_clauses": snapshots.body_or_none(SnapshotKind.CLAUSES, key) is not None,
    }
    return render(request, "portal/scheme.html", context)
