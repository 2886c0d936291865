"""What the public site reads: current snapshots in the reader's language. Its only queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Case, Q, Value, When
from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language

from shidian.apps.notices.models import (
    PublishedCard,
    PublishedLeaf,
    PublishedSnapshot,
    SnapshotKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from shidian.apps.notices.querysets import SnapshotQuerySet

Body = dict[str, Any]
_NOW = Value("now")


class Named(NamedTuple):
    """A published thing by kind and key."""

    kind: str
    key: str


@dataclass(frozen=True, kw_only=True)
class LeafText:
    """What a leaf was made of: a document and, where it is sealed, the salt in hex.

    Or why it cannot be read: `gone` is `sealed`, `erased` (then with time and ground in words),
    `withdrawn` or `replaced`.
    """

    document: Body | None = None
    salt: str = ""
    page: Named | None = None
    gone: str = ""
    erased_at: datetime | None = None
    ground: str = ""


def _column() -> str:
    return "body_zh" if (get_language() or "zh-hans").startswith("zh") else "body_en"


def body(kind: SnapshotKind, key: str) -> Body:
    """The current body of one thing, with the leaf of the record under which it stands.

    Raises Http404 where nothing is published under that key.
    """
    found = (
        PublishedSnapshot.objects.current()
        .filter(kind=kind.value, key=key)
        .values_list(_column(), "published_at", "version", "digest", "leaf__index")
        .first()
    )
    if found is None:
        raise Http404
    content, published_at, version, digest, leaf = found
    return {
        **content,
        "published_at": published_at,
        "snapshot": version,
        "proof": {"leaf": leaf, "digest": digest},
    }


def page_of(kind: SnapshotKind, key: str) -> Body:
    """As `body`, for the page that is about this one thing: its times are then shown, and its days
    counted, in the zone it names."""
    content = body(kind, key)
    if zone := content.get("zone"):
        timezone.activate(ZoneInfo(zone))
    return content


def body_or_none(kind: SnapshotKind, key: str) -> Body | None:
    """The current body of one thing, or None."""
    try:
        return body(kind, key)
    except Http404:
        return None


def bodies(kind: SnapshotKind) -> list[Body]:
    """All current bodies of a kind of which there are few, newest first."""
    listed = PublishedSnapshot.objects.of(kind.value).values_list(_column(), "published_at")
    return [{**content, "published_at": published_at} for content, published_at in listed]


def calls(today: date, *, open_only: bool = False) -> QuerySet[PublishedCard]:
    """Calls in a list's order: open on the day, then to come, then past, newest first in each.

    Each has its `part`: `now`, `later`, `past`.
    """
    later, past = Q(opens_on__gt=today), Q(closes_on__lt=today)
    rows = PublishedCard.objects.filter(kind=SnapshotKind.CALL).annotate(
        part=Case(When(later, then=Value("later")), When(past, then=Value("past")), default=_NOW),
        rank=Case(When(later, then=Value(1)), When(past, then=Value(2)), default=Value(0)),
    )
    return (rows.filter(rank=0) if open_only else rows).order_by("rank", "-published_at", "key")


def notices(today: date, *, open_only: bool = False) -> QuerySet[PublishedCard]:
    """Notices in a list's order: open ones first, newest first in each `part`, `now` or `past`."""
    part = Case(When(closes_on__lt=today, then=Value("past")), default=_NOW)
    rows = PublishedCard.objects.filter(kind=SnapshotKind.NOTICE).annotate(part=part)
    if open_only:
        rows = rows.filter(part="now", opens_on__lte=today)
    return rows.order_by("part", "-published_at", "key")


def pilots(*, running_only: bool = False) -> QuerySet[PublishedCard]:
    """Pilots in a list's order: the closed ones last (`part` is `past`, else `now`), those with
    the gravest open public alert first."""
    part = Case(When(state="closed", then=Value("past")), default=_NOW)
    rows = PublishedCard.objects.filter(kind=SnapshotKind.PILOT).annotate(part=part)
    return (rows.filter(part="now") if running_only else rows).order_by("part", "-gravity", "key")


def newest_cards(kinds: Iterable[SnapshotKind]) -> QuerySet[PublishedCard]:
    """What lists show of everything of these kinds, the newest text first, with its version."""
    rows = PublishedCard.objects.filter(kind__in=[kind.value for kind in kinds])
    newest = rows.select_related("snapshot").defer("snapshot__body_zh", "snapshot__body_en")
    return newest.order_by("-published_at", "kind", "key")


def ending(today: date, limit: int) -> QuerySet[PublishedCard]:
    """Calls, notices and pilots that have a last day to come, the first to end first."""
    rows = PublishedCard.objects.filter(
        kind__in=[SnapshotKind.CALL, SnapshotKind.NOTICE, SnapshotKind.PILOT], closes_on__gte=today
    )
    return rows.order_by("closes_on", "kind", "key")[:limit]


def bodies_of(things: Iterable[tuple[str, str]]) -> dict[Named, Body]:
    """The current bodies of these things, by kind and key; what is gone by now is left out."""
    wanted = [Named(*thing) for thing in things]
    if not wanted:
        return {}
    these = reduce(or_, (Q(kind=thing.kind, key=thing.key) for thing in wanted))
    rows = PublishedSnapshot.objects.current().filter(these)
    listed = rows.values_list("kind", "key", _column(), "published_at")
    return {Named(kind, key): {**body, "published_at": at} for kind, key, body, at in listed}


@dataclass(frozen=True, kw_only=True)
class Published:
    """A current snapshot with what it is known by."""

    thing: Named
    body: Body
    version: int
    digest: str
    published_at: datetime
    leaf: int | None


def newest(kinds: Iterable[SnapshotKind], limit: int) -> list[Published]:
    """The current snapshots of these kinds, newest first: found by their cards, which are small."""
    cards = PublishedCard.objects.filter(kind__in=[str(kind) for kind in kinds])
    found = cards.order_by("-published_at", "kind", "key").values_list("snapshot_id", flat=True)
    rows = PublishedSnapshot.objects.current().filter(pk__in=list(found[:limit]))
    return _published(rows.order_by("-published_at", "kind", "key"), 0, limit)


def page_of_kind(kind: SnapshotKind, offset: int, limit: int) -> tuple[int, list[Published]]:
    """How many there are, and `limit` of them from `offset` on, by key."""
    rows = PublishedSnapshot.objects.current().filter(kind=kind.value)
    return rows.count(), _published(rows.order_by("key"), offset, limit)


def one(kind: SnapshotKind, key: str) -> Published:
    """The current snapshot of one thing. Raises Http404 where there is none."""
    rows = PublishedSnapshot.objects.current().filter(kind=kind.value, key=key)
    found = _published(rows, 0, 1)
    if not found:
        raise Http404
    return found[0]


def _published(rows: SnapshotQuerySet, offset: int, limit: int) -> list[Published]:
    listed = rows.values_list(
        "kind", "key", _column(), "version", "digest", "published_at", "leaf__index"
    )[offset : offset + limit]
    return [
        Published(
            thing=Named(kind, key),
            body=body,
            version=version,
            digest=digest,
            published_at=published_at,
            leaf=leaf,
        )
        for kind, key, body, version, digest, published_at, leaf in listed
    ]


def all_things(limit: int) -> list[tuple[Named, datetime]]:
    """Everything that is published, with when; live figures have no page."""
    rows = PublishedCard.objects.exclude(kind=SnapshotKind.FIGURES)
    listed = rows.order_by("kind", "key").values_list("kind", "key", "published_at")[:limit]
    return [(Named(kind, key), published_at) for kind, key, published_at in listed]


def versions(kind: SnapshotKind, prefix: str) -> list[dict[str, Any]]:
    """`{key, version, published_at}` of the current snapshots below a key, newest first."""
    rows = PublishedSnapshot.objects.of(kind.value).filter(key__startswith=prefix)
    return [
        {"key": key, "version": key.removeprefix(prefix), "published_at": published_at}
        for key, published_at in rows.values_list("key", "published_at")
    ]


def figures_among(keys: Iterable[str]) -> Mapping[str, Body]:
    """The live figures that there are under these keys: `home`, `tour`, `pilot:<public id>`."""
    rows = PublishedSnapshot.objects.of(SnapshotKind.FIGURES.value).filter(key__in=list(keys))
    return dict(rows.values_list("key", _column()))


def figures_of(public_id: str) -> Body | None:
    """The live figures of one pilot, or None while there are none."""
    return body_or_none(SnapshotKind.FIGURES, f"pilot:{public_id}")


def leaves(first: int, last: int) -> Mapping[int, Named]:
    """What the public may know of these leaves (both included) beyond what stands on the log."""
    rows = PublishedLeaf.objects.filter(index__range=(first, last), snapshot__isnull=False)
    return {
        index: Named(kind, key)
        for index, kind, key in rows.values_list("index", "snapshot__kind", "snapshot__key")
    }


def text_of_leaf(index: int) -> LeafText:
    """The text that a leaf was made of, as far as it may be read now.

    What was taken off the site is not shown again by way of the record. A sealed page quotes
    people: it can be read for as long as it is the current one.
    """
    leaf = PublishedLeaf.objects.select_related("snapshot").filter(index=index).first()
    if leaf is None:
        return LeafText(gone="sealed")
    if leaf.erased_at is not None:
        ground = leaf.get_ground_display()
        return LeafText(gone="erased", erased_at=leaf.erased_at, ground=ground)
    if leaf.snapshot is None:
        return LeafText(document=leaf.document, salt=leaf.salt)
    page = leaf.snapshot
    named = Named(page.kind, page.key)
    if page.withdrawn_at is not None:
        return LeafText(gone="withdrawn", page=named)
    current = PublishedSnapshot.objects.current().filter(pk=page.pk)
    # Without a body the public zone was not given it: it was replaced before it was shown there.
    if not page.body_zh or (leaf.salt and not current.exists()):
        return LeafText(gone="replaced", page=named)
    document = {
        "kind": page.kind,
        "key": page.key,
        "version": page.version,
        "zh": page.body_zh,
        "en": page.body_en,
    }
    return LeafText(document=document, salt=leaf.salt, page=named)
