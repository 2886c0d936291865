"""Rulebooks and the schemes they belong to: to read, to download, to set beside one another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import readings, snapshots

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
    from shidian.core.rulebook import schema

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
    """Two to six regimes side by side: `?r=<scheme>&r=<scheme>/<version>`."""
    from shidian.core.rulebook.difference import compare

    asked = list(dict.fromkeys(request.GET.getlist("r")))
    problem = ""
    if len(asked) > COMPARED_MAX or (asked and len(asked) < COMPARED_MIN):
        problem = _("Choose between %(least)s and %(most)s rulebooks.") % {
            "least": COMPARED_MIN,
            "most": COMPARED_MAX,
        }
    bodies = [] if problem else [_asked(one) for one in asked]
    context = {
        "problem": problem,
        "asked": asked,
        "bodies": bodies,
        "lang": _lang(),
        "table": compare([readings.loaded_of(body) for body in bodies]) if bodies else None,
        "schemes": sorted(snapshots.bodies(SnapshotKind.SCHEME), key=lambda one: one["slug"]),
        "least": COMPARED_MIN,
        "most": COMPARED_MAX,
    }
    return render(request, "portal/rulebook_compare.html", context, status=400 if problem else 200)


def _asked(name: str) -> Body:
    """`<scheme>` (its newest) or `<scheme>/<version>`. Raises Http404."""
    scheme, _sep, version = name.partition("/")
    return _body(scheme, version)[0]


@public
def rulebook_diff(request: HttpRequest) -> HttpResponse:
    """What differs in meaning between two rulebooks: `?from=<scheme>/<version>&to=…`."""
    from shidian.core.rulebook.difference import diff

    before, after = (_asked(request.GET.get(key, "")) for key in ("from", "to"))
    changes = diff(readings.loaded_of(before), readings.loaded_of(after))
    context = {
        "before": before,
        "after": after,
        "changes": changes,
        "lang": _lang(),
        "same_rules": before["rules_digest"] == after["rules_digest"],
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
