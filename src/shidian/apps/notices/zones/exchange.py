"""The exchange of one zone with the other: bundles made and brought, bundles fetched and applied.

Both directions are one-way and each is safe on its own. What was applied is said in the next bundle
the other way; until then the sender keeps a bundle, and brings it again where it is gone.

What was made is on the disk before the database says so, and is brought after: interrupted
anywhere, the next run goes on. What came is applied in one transaction with its place in the chain.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian import zone_keys
from shidian.apps.notices.models import SealedSubmission, ZoneBundle, ZoneItem
from shidian.apps.notices.zones.publication import published
from shidian.apps.notices.zones.showing import show
from shidian.apps.notices.zones.taking import Taken, take
from shidian.core import bundle
from shidian.core.bundle import BundleError, Manifest, PartWriter, Place, Verdict, Zone
from shidian.core.bundle.manifest import Acknowledged
from shidian.core.bundle.parts import PART_BYTES, write_whole
from shidian_kit.wire.keys import key_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.models import QuerySet

    from shidian.config import Settings

HEARTBEAT = timedelta(minutes=5)
"""So old may our newest bundle be before an empty one says that nothing was missed until now."""


@dataclass(slots=True)
class Received:
    """What came of a look into the folder. `refused`: nothing of these was applied."""

    applied: list[int] = field(default_factory=list)
    refused: list[BundleError] = field(default_factory=list)


class Exchange:
    """One zone's side. Raises NoPeerError, CardError where no other zone is trusted yet."""

    def __init__(self, config: Settings, *, part_bytes: int = PART_BYTES) -> None:
        self._config = config
        self._me = zone_keys.identity(config.keys, Zone(config.zone))
        self._peer = key_id(self._me.peer.key)
        self._sent, self._got = config.zone_spool / "out", config.zone_spool / "in"
        self._part_bytes = part_bytes

    @property
    def ours(self) -> QuerySet[ZoneBundle]:
        """Bundles for this other zone."""
        return ZoneBundle.objects.filter(is_ours=True, peer=self._peer)

    @property
    def theirs(self) -> QuerySet[ZoneBundle]:
        """Bundles of this other zone that were applied."""
        return ZoneBundle.objects.filter(is_ours=False, peer=self._peer)

    def send(self, folder: Path) -> int | None:
        """Make the next bundle where there is something to say, and bring what is not there yet.

        Returns the number of the one that was made. Raises OSError.
        """
        with self._alone():
            made = self._make(whole=not self.ours.exists(), after=0)
            for _ in self._bring(folder):
                pass
        return made

    def send_whole(self, folder: Path, *, after: int = 0) -> int | None:
        """As `send`, with all that the other zone needs, whatever it was sent before.

        `after`: a number that the other zone has applied, where this one was put back to a state
        that knows less.
        """
        with self._alone():
            made = self._make(whole=True, after=after)
            for _ in self._bring(folder):
                pass
        return made

    def bring(self, folder: Path) -> Iterator[str]:
        """Bring what was made and is not acknowledged, file by file: names. Raises OSError."""
        with self._alone():
            yield from self._bring(folder)

    def receive(self, folder: Path) -> Received:
        """Apply what lies in the folder and is next, in order; what is refused is named, and what
        comes after it waits. Raises OSError."""
        found = Received()
        with self._alone():
            for number in bundle.numbers_in(folder, self._me.into):
                try:
                    if self._take_one(folder, number):
                        found.applied.append(number)
                except BundleError as refusal:
                    found.refused.append(refusal)
        return found

    def look(self, folder: Path) -> list[BundleError]:
        """What of the bundles in the folder would be refused now; nothing is taken.

        A part that is missing or changed is found when it is its turn.
        """
        found, place = [], self._place()
        for number in bundle.numbers_in(folder, self._me.into):
            try:
                manifest = self._manifest(folder, number)
                if self._judged(manifest, place) is Verdict.NEXT:
                    place = Place(manifest.number, manifest.digest)
            except BundleError as refusal:
                found.append(refusal)
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time: the worker and the command would make the same number twice."""
        self._config.zone_spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._config.zone_spool / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self, *, whole: bool, after: int) -> int | None:
        now = timezone.now()
        last = self.ours.first()
        number = max(last.number if last else 0, after) + 1
        acknowledges = self._acknowledges()
        with PartWriter(self._sent, self._me.out.stem(number), self._part_bytes) as writer:
            sealed, states = self._write(writer, whole=whole)
            if not (writer.items or whole or self._is_due(last, now)):
                return None
            parts = writer.close()
        manifest = Manifest(
            route_from=self._me.zone,
            route_to=self._me.peer.zone,
            sender=self._me.name,
            receiver=self._peer,
            number=number,
            previous=last.digest if last else "",
            made_at=now,
            whole=whole,
            acknowledges=acknowledges,
            items=writer.items,
            parts=parts,
        )
        name = bundle.manifest_name(manifest.stem)
        write_whole(self._sent / name, bundle.signed_manifest(manifest, self._me.key))
        with transaction.atomic():
            self._keep(manifest, sealed, states, now)
        return number

    def _write(self, writer: PartWriter, *, whole: bool) -> tuple[list[int], dict[str, str]]:
        """What there is to say: keys of sealed submissions, states of published things."""
        if self._me.zone is Zone.PUBLIC:
            rows = SealedSubmission.objects.all() if whole else _unsent()
            sealed = []
            for pk, text in rows.values_list("pk", "sealed").iterator():
                writer.put({"what": "sealed", "sealed": text})
                sealed.append(pk)
            return sealed, {}
        known = {} if whole else dict(ZoneItem.objects.values_list("name", "state"))
        states = {}
        for thing in published(self._config.record_tiles):
            if known.get(thing.name) != thing.state:
                writer.put(thing.item())
                states[thing.name] = thing.state
        return [], states

    def _is_due(self, last: ZoneBundle | None, now: datetime) -> bool:
        """Whether an empty bundle is to be made: to acknowledge one that said something, or as a
        sign of life."""
        if last is None or now - last.made_at >= HEARTBEAT:
            return True
        newest = self.theirs.exclude(items=0).first()
        return newest is not None and newest.at > last.at

    def _acknowledges(self) -> Acknowledged | None:
        last = self.theirs.first()
        return Acknowledged(number=last.number, digest=last.digest) if last else None

    def _keep(
        self, manifest: Manifest, sealed: list[int], states: dict[str, str], now: datetime
    ) -> None:
        ZoneBundle.objects.create(
            is_ours=True,
            peer=self._peer,
            number=manifest.number,
            digest=manifest.digest,
            items=manifest.items,
            made_at=manifest.made_at,
            at=now,
        )
        SealedSubmission.objects.filter(pk__in=sealed).update(bundle=manifest.number)
        ZoneItem.objects.bulk_create(
            [ZoneItem(name=name, state=state) for name, state in states.items()],
            batch_size=400,
            update_conflicts=True,
            update_fields=("state",),
            unique_fields=("name",),
        )

    def _bring(self, folder: Path) -> Iterator[str]:
        """Oldest first; what the other zone has goes from the spool and from the folder."""
        out = self._me.out
        for row in self.ours.filter(acknowledged_at=None).order_by("number"):
            raw = (self._sent / bundle.manifest_name(out.stem(row.number))).read_bytes()
            own = self._me.key.public_key()
            manifest = bundle.read_manifest(raw, trusted=own, route=out, receiver=self._peer)
            yield from bundle.carry(self._sent, folder, manifest)
        for number in bundle.numbers_in(self._sent, out):
            if self.ours.filter(number=number).exclude(acknowledged_at=None).exists():
                bundle.discard(folder, out.stem(number))
                bundle.discard(self._sent, out.stem(number))

    def _take_one(self, folder: Path, number: int) -> bool:
        """Whether the bundle was applied now. Raises BundleError, OSError."""
        manifest = self._manifest(folder, number)
        if self._judged(manifest, self._place()) is Verdict.HAD:
            return False
        for _ in bundle.fetch(folder, self._got, manifest):
            pass
        with transaction.atomic():
            self._apply(manifest)
        bundle.discard(self._got, manifest.stem)
        return True

    def _manifest(self, folder: Path, number: int) -> Manifest:
        path = folder / bundle.manifest_name(self._me.into.stem(number))
        raw = path.read_bytes()
        manifest = bundle.read_manifest(
            raw, trusted=self._me.peer.key, route=self._me.into, receiver=self._me.name
        )
        if manifest.number != number:
            raise BundleError(
                bundle.BundleRefusal.NOT_A_BUNDLE, f"{path.name} holds number {manifest.number}"
            )
        return manifest

    def _place(self) -> Place | None:
        last = self.theirs.first()
        return Place(last.number, last.digest) if last else None

    def _judged(self, manifest: Manifest, place: Place | None) -> Verdict:
        rows = self.theirs.filter(number=manifest.number)
        return bundle.judge(manifest, place, dict(rows.values_list("number", "digest")))

    def _apply(self, manifest: Manifest) -> None:
        items = bundle.read_items(self._got, manifest)
        taken = self._apply_items(items, manifest)
        ZoneBundle.objects.create(
            is_ours=False,
            peer=self._peer,
            number=manifest.number,
            digest=manifest.digest,
            items=taken.items,
            unread=taken.unread,
            made_at=manifest.made_at,
            at=timezone.now(),
        )
        if manifest.acknowledges is not None:
            self._acknowledged(manifest.acknowledges)

    def _apply_items(self, items: Iterator[dict[str, Any]], manifest: Manifest) -> Taken:
        if self._me.zone is Zone.PUBLIC:
            return Taken(show(items, self._config.record_tiles), 0)
        key = zone_keys.sealing_key(self._config.keys)
        return take(items, key, made_at=manifest.made_at)

    def _acknowledged(self, said: Acknowledged) -> None:
        """The other zone has ours up to that one: what was sealed for it need not be kept.

        One that we do not know: we were put back to an earlier state, or it was; nothing goes.
        """
        if not self.ours.filter(number=said.number, digest=said.digest).exists():
            return
        waiting = self.ours.filter(number__lte=said.number, acknowledged_at=None)
        waiting.update(acknowledged_at=timezone.now())
        SealedSubmission.objects.filter(bundle__lte=said.number).delete()


def _unsent() -> QuerySet[SealedSubmission]:
    return SealedSubmission.objects.filter(bundle=None)
