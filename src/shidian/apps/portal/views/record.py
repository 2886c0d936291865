"""The public record: its newest checkpoint, its leaves, its files, and how anyone checks them."""

from __future__ import annotations

import base64
import json

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from shidian.apps.notices.public import public
from shidian.apps.portal import record_log, snapshots
from shidian.apps.portal.addresses import address
from shidian_kit.wire import canonical

LEAVES_PER_PAGE = 50
_IMMUTABLE = "public, max-age=31536000, immutable"
_ALWAYS_ASK = "no-cache"


@public
def record(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint and all leaves, newest first."""
    newest = record_log.checkpoint()
    size = newest.size if newest else 0
    page = Paginator(range(size - 1, -1, -1), LEAVES_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    entries = record_log.entries(shown[-1], shown[0], size) if shown else []
    named = snapshots.leaves(shown[-1], shown[0]) if shown else {}
    context = {
        "checkpoint": newest,
        "page": page,
        "entries": [(one, address(named.get(one.index))) for one in reversed(entries)],
        "root": base64.b64encode(newest.root).decode() if newest else "",
        "log_url": _log_url(request),
    }
    return render(request, "portal/record.html", context)


@public
def leaf(request: HttpRequest, index: int) -> HttpResponse:
    """One leaf: what stands on the log, what it was made of, and how to check both."""
    entry = _entry(index)
    newest = record_log.checkpoint()
    text = snapshots.text_of_leaf(index)
    members = json.loads(entry.data) if entry.leaf else None
    context = {
        "entry": entry,
        "previous": index - 1 if index else None,
        "next": index + 1 if newest and index + 1 < newest.size else None,
        "text": text,
        "address": address(text.page),
        "json": json.dumps(members, ensure_ascii=False, indent=2) if members else "",
    }
    return render(request, "portal/leaf.html", context)


@public
def leaf_json(request: HttpRequest, index: int) -> HttpResponse:  # noqa: ARG001
    """The bytes of a leaf, as they are hashed."""
    return _download(_entry(index).data, f"leaf-{index}.json", "application/json")


@public
def leaf_text(request: HttpRequest, index: int) -> HttpResponse:  # noqa: ARG001
    """The text that a leaf was made of, in canonical form: its SHA-256 stands in the leaf."""
    text = snapshots.text_of_leaf(index)
    if text.document is None:
        raise Http404
    return _download(canonical.dumps(text.document), f"text-{index}.json", "application/json")


@public
def leaf_salt(request: HttpRequest, index: int) -> HttpResponse:  # noqa: ARG001
    """The salt of a sealed text that may be read now, in hex."""
    text = snapshots.text_of_leaf(index)
    if text.document is None or not text.salt:
        raise Http404
    return _download(f"{text.salt}\n".encode(), f"salt-{index}.txt", "text/plain")


@public
def leaf_proof(request: HttpRequest, index: int) -> HttpResponse:  # noqa: ARG001
    """That the leaf stands under the newest checkpoint, in one file (C2SP tlog-proof)."""
    try:
        proof = record_log.tlog_proof(_entry(index).index)
    except IndexError:
        raise Http404 from None
    return _download(proof, f"leaf-{index}.tlog-proof", "text/plain")


@public
def verify(request: HttpRequest) -> HttpResponse:
    """Checks a leaf, or the newest checkpoint, in the reader's browser; else by command line."""
    asked = request.GET.get("leaf", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= 18):  # noqa: PLR2004 - below 2^63
        raise Http404
    entry = _entry(int(asked)) if asked else None
    text = snapshots.text_of_leaf(entry.index) if entry else None
    context = {
        "entry": entry,
        "text": text,
        "address": address(text.page) if text else "",
        "checkpoint": record_log.checkpoint(),
        "keys": "\n".join(record_log.trusted_keys()),
        "origin": request.build_absolute_uri("/").rstrip("/"),
        "log_url": _log_url(request),
    }
    return render(request, "portal/verify.html", context)


@public
def log_file(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001
    """A file of the log (C2SP tlog-tiles): tiles never change, checkpoint and policy may."""
    data = record_log.file(path)
    if data is None:
        raise Http404
    is_tile = path.startswith("tile/")
    kind = "application/octet-stream" if is_tile else "text/plain; charset=utf-8"
    answer = HttpResponse(data, content_type=kind)
    answer["Cache-Control"] = _IMMUTABLE if is_tile else _ALWAYS_ASK
    # Public files that other people's verifiers read, from pages of their own as well.
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _log_url(request: HttpRequest) -> str:
    """The prefix below which the log's files lie."""
    checkpoint = reverse("record-file", args=["checkpoint"])
    return request.build_absolute_uri(checkpoint.removesuffix("checkpoint"))


def _entry(index: int) -> record_log.Entry:
    entry = record_log.entry(index)
    if entry is None:
        raise Http404
    return entry


def _download(data: bytes, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = _ALWAYS_ASK
    return answer
