"""What the internal zone sends out: what is published now, and nothing that the site does not show.

Each published thing has a name and a state. What the public zone was sent last is kept by name
(`ZoneItem`); whatever stands otherwise now goes into the next bundle.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from shidian.apps.notices.models import PublishedLeaf, PublishedSnapshot, Submission
from shidian.core.record.tiles import CHECKPOINT, FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime
    from pathlib import Path

_PARTIAL = ".p/"


@dataclass(frozen=True, slots=True)
class Published:
    """A thing as it stands. `item` is made only where it has to go out."""

    name: str
    state: str
    item: Callable[[], dict[str, Any]]


def published(tiles: Path) -> Iterator[Published]:
    """Everything that the public zone shows: the record's files, pages, leaves, statuses.

    Others write meanwhile. Which leaves there are is read before the pages, so that no leaf goes
    out before its page; what changes after its state was read goes out again with the next bundle.
    """
    leaves = list(_leaves())
    yield from _files(tiles)
    yield from _pages()
    yield from leaves
    yield from _statuses()


def _state(*parts: object) -> str:
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()


def _files(tiles: Path) -> Iterator[Published]:
    """Tiles before the checkpoint that leads to them. A full tile never changes."""
    if not (tiles / CHECKPOINT).is_file():
        return
    # Read first: whatever tiles are read after it hold all that it covers.
    checkpoint = (tiles / CHECKPOINT).read_bytes()
    for path in sorted(tiles.rglob("*")):
        name = path.relative_to(tiles).as_posix()
        if name == CHECKPOINT or not FILE.fullmatch(name) or not path.is_file():
            continue
        full = name.startswith("tile/") and _PARTIAL not in name
        state = _state("full") if full else _state(hashlib.sha256(path.read_bytes()).hexdigest())
        yield Published(f"file:{name}", state, partial(_file, name, path))
    yield Published(
        f"file:{CHECKPOINT}",
        _state(hashlib.sha256(checkpoint).hexdigest()),
        partial(_file_item, CHECKPOINT, checkpoint),
    )


def _file(name: str, path: Path) -> dict[str, Any]:
    return _file_item(name, path.read_bytes())


def _file_item(name: str, data: bytes) -> dict[str, Any]:
    return {"what": "file", "path": name, "data": base64.b64encode(data).decode()}


def _pages() -> Iterator[Published]:
    """Every version; its text where a reader may have it: the current one, and earlier ones that
    quote nobody (their leaf is not sealed)."""
    rows = PublishedSnapshot.objects.order_by("pk").values_list(
        *("pk", "kind", "key", "version", "digest", "published_at", "withdrawn_at"),
        *("card__pk", "leaf__index", "leaf__salt", "leaf__erased_at"),
    )
    for pk, kind, key, version, digest, at, withdrawn, card, leaf, salt, erased in rows.iterator():
        opened = leaf is not None and not salt and erased is None
        shown = card is not None or (withdrawn is None and opened)
        yield Published(
            f"page:{kind}:{key}:{version}",
            _state(digest, at, withdrawn, card is not None, shown),
            partial(_page, pk),
        )


def _page(pk: int) -> dict[str, Any]:
    page = PublishedSnapshot.objects.select_related("card", "leaf").get(pk=pk)
    leaf: PublishedLeaf | None = getattr(page, "leaf", None)
    current = hasattr(page, "card") and bool(page.body_zh)
    opened = leaf is not None and not leaf.salt and leaf.erased_at is None
    shown = current or (page.withdrawn_at is None and opened)
    return {
        "what": "page",
        "kind": page.kind,
        "key": page.key,
        "version": page.version,
        "zh": page.body_zh if shown else {},
        "en": page.body_en if shown else {},
        "digest": page.digest,
        "published_at": _iso(page.published_at),
        "withdrawn_at": _iso(page.withdrawn_at),
        "current": current,
    }


def _leaves() -> Iterator[Published]:
    rows = PublishedLeaf.objects.order_by("index").values_list("index", "salt", "erased_at")
    for index, salt, erased in rows.iterator():
        yield Published(f"leaf:{index}", _state(salt, erased), partial(_leaf, index))


def _leaf(index: int) -> dict[str, Any]:
    leaf = PublishedLeaf.objects.select_related("snapshot").get(index=index)
    page = leaf.snapshot
    return {
        "what": "leaf",
        "index": leaf.index,
        "page": None if page is None else [page.kind, page.key, page.version],
        "document": leaf.document,
        "salt": leaf.salt,
        "erased_at": _iso(leaf.erased_at),
        "ground": leaf.ground,
    }


def _statuses() -> Iterator[Published]:
    """How far submissions are; answers are sealed to their receipts."""
    columns = ("receipt_sha256", "kind", "about", "received_at", "state", "state_at", "due_on")
    rows = Submission.objects.order_by("pk").values_list(*columns, "answer")
    for receipt, kind, about, received, state, state_at, due_on, answer in rows.iterator():
        item = {
            "what": "status",
            "receipt_sha256": receipt,
            "kind": kind,
            "about": about,
            "received_at": _iso(received),
            "state": state,
            "state_at": _iso(state_at),
            "due_on": _iso(due_on),
            "answer": answer,
        }
        yield Published(
            f"status:{receipt}",
            _state(state, state_at, due_on, answer),
            partial(dict, item),
        )


def _iso(moment: datetime | date | None) -> str | None:
    return None if moment is None else moment.isoformat()
