"""What the public zone does with a bundle of the internal one: it shows it, and checks it before.

The signature says who sent it; here every item must be of a kind, in a form and under a path that
the site shows, so that a mistake in one zone is refused by the other.
"""

from __future__ import annotations

import base64
from datetime import date, datetime  # noqa: TC003 - pydantic reads them
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shidian.apps.notices.domain import finding, listing
from shidian.apps.notices.domain.snapshots import snapshot_digest
from shidian.apps.notices.models import (
    ErasureGround,
    PublishedCard,
    PublishedLeaf,
    PublishedSnapshot,
    SnapshotKind,
    Submission,
)
from shidian.core.bundle import BundleError, BundleRefusal
from shidian.core.bundle.parts import write_whole
from shidian.core.record.tiles import CHECKPOINT, FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileItem(_Item):
    """A file of the public record."""

    what: Literal["file"]
    path: str
    data: str


class PageItem(_Item):
    """A version of a page. Without bodies: it was published, and nobody may read it now."""

    what: Literal["page"]
    kind: SnapshotKind
    key: str = Field(max_length=128)
    version: int = Field(ge=1)
    zh: dict[str, Any]
    en: dict[str, Any]
    digest: str = Field(max_length=71)
    published_at: AwareDatetime
    withdrawn_at: AwareDatetime | None
    current: bool


class LeafItem(_Item):
    """What a leaf of the record was made of, as far as it may be read."""

    what: Literal["leaf"]
    index: int = Field(ge=0)
    page: tuple[SnapshotKind, str, int] | None
    document: dict[str, Any] | None
    salt: str = Field(max_length=64)
    erased_at: AwareDatetime | None
    ground: ErasureGround | Literal[""]


class StatusItem(_Item):
    """How far a submission is."""

    what: Literal["status"]
    receipt_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: str = Field(max_length=32)
    about: str = Field(max_length=128)
    received_at: AwareDatetime
    state: str = Field(max_length=32)
    state_at: datetime
    due_on: date | None
    answer: str


Shown = Annotated[FileItem | PageItem | LeafItem | StatusItem, Field(discriminator="what")]
_SHOWN: TypeAdapter[FileItem | PageItem | LeafItem | StatusItem] = TypeAdapter(Shown)


def show(items: Iterable[dict[str, Any]], tiles: Path) -> int:
    """Show what a bundle brings; how many items there were.

    The caller's transaction holds all of it or nothing; files of the record are added to, and its
    checkpoint, which leads to them, comes last. Raises BundleError `content-unreadable`.
    """
    count, files = 0, []
    for number, raw in enumerate(items, start=1):
        count = number
        match _read(raw, number):
            case FileItem() as item:
                files.append(_checked(item))
            case PageItem() as item:
                _show_page(item)
            case LeafItem() as item:
                _show_leaf(item)
            case StatusItem() as item:
                _show_status(item)
    for path, data in sorted(files, key=lambda one: one[0] == CHECKPOINT):
        write_whole(tiles / path, data)
    return count


def _read(raw: dict[str, Any], number: int) -> FileItem | PageItem | LeafItem | StatusItem:
    try:
        return _SHOWN.validate_python(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _unreadable(number, f"{where}: {first['msg']}") from None


def _unreadable(what: object, why: str) -> BundleError:
    return BundleError(
        BundleRefusal.CONTENT, f"item {what}: {why}; both zones must run the same release"
    )


def _checked(item: FileItem) -> tuple[str, bytes]:
    if FILE.fullmatch(item.path) is None:
        raise _unreadable(item.path[:80], "the record has no such file")
    try:
        return item.path, base64.b64decode(item.data, validate=True)
    except ValueError:
        raise _unreadable(item.path, "not base64") from None


def _show_page(item: PageItem) -> None:
    if item.zh or item.en:
        digest = snapshot_digest(item.kind, item.key, item.version, item.zh, item.en)
        if digest != item.digest:
            raise _unreadable(f"{item.kind} {item.key}", "its text does not give its digest")
    elif item.current:
        raise _unreadable(f"{item.kind} {item.key}", "the current page has no text")
    rows = PublishedSnapshot.objects.filter(
        kind=item.kind.value, key=item.key, version=item.version
    )
    known = rows.first()
    if known is None:
        known = PublishedSnapshot.objects.create(
            kind=item.kind.value,
            key=item.key,
            version=item.version,
            body_zh=item.zh,
            body_en=item.en,
            digest=item.digest,
            published_at=item.published_at,
            withdrawn_at=item.withdrawn_at,
        )
    else:
        _renew(known, item)
    if item.current:
        listing.list_as(known)
        finding.find_by(known)
    elif PublishedCard.objects.filter(snapshot=known).exists():
        listing.unlist(item.kind, item.key)
        finding.forget(item.kind, item.key)


def _renew(known: PublishedSnapshot, item: PageItem) -> None:
    """Live figures are put in the place of those before; of a page, what may not be read goes."""
    if item.kind == SnapshotKind.FIGURES:
        known.body_zh, known.body_en, known.digest = item.zh, item.en, item.digest
        known.published_at, known.withdrawn_at = item.published_at, item.withdrawn_at
        known.save()
        return
    if known.digest != item.digest:
        raise _unreadable(f"{item.kind} {item.key}", "another text was published as this version")
    known.withdrawn_at = item.withdrawn_at
    known.save(update_fields=("withdrawn_at",))
    if not item.zh:
        known.body_zh, known.body_en = {}, {}
        known.save(update_fields=("body_zh", "body_en"))


def _show_leaf(item: LeafItem) -> None:
    said = {
        "document": item.document,
        "salt": item.salt,
        "erased_at": item.erased_at,
        "ground": str(item.ground),
    }
    if PublishedLeaf.objects.filter(index=item.index).update(**said):
        return
    page = None
    if item.page is not None:
        kind, key, version = item.page
        page = PublishedSnapshot.objects.filter(kind=kind.value, key=key, version=version).first()
        if page is None:
            raise _unreadable(f"leaf {item.index}", "its page never came")
    PublishedLeaf.objects.create(index=item.index, snapshot=page, **said)


def _show_status(item: StatusItem) -> None:
    """Also where the submission is not known here any more, such as after a new beginning."""
    Submission.objects.update_or_create(
        receipt_sha256=item.receipt_sha256,
        defaults={"state": item.state, "state_at": item.state_at, "due_on": item.due_on}
        | {"answer": item.answer},
        create_defaults={
            "kind": item.kind,
            "about": item.about,
            "received_at": item.received_at,
            "state": item.state,
            "state_at": item.state_at,
            "due_on": item.due_on,
            "answer": item.answer,
        },
    )
