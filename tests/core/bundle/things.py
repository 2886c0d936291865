"""A zone that sends bundles, made of the core alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shidian.core import bundle
from shidian.core.bundle import Manifest, PartWriter, Route, Zone
from shidian.core.bundle.parts import write_whole
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shidian.core.bundle.manifest import Acknowledged

OUT = Route(Zone.INTERNAL, Zone.PUBLIC)
MADE_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@dataclass
class Sender:
    """Makes bundles for one receiver, and brings them to a folder."""

    spool: Path
    folder: Path
    receiver: str
    route: Route = OUT
    key: Any = field(default_factory=keys.generate)
    part_bytes: int = 200
    last: Manifest | None = None

    def make(
        self,
        items: Iterable[Mapping[str, Any]] = (),
        *,
        number: int | None = None,
        whole: bool = False,
        acknowledges: Acknowledged | None = None,
        made_at: datetime = MADE_AT,
    ) -> Manifest:
        """The next bundle, in the spool."""
        number = number or (self.last.number if self.last else 0) + 1
        with PartWriter(self.spool, self.route.stem(number), self.part_bytes) as writer:
            for item in items:
                writer.put(item)
            parts = writer.close()
        manifest = Manifest(
            route_from=self.route.sender,
            route_to=self.route.receiver,
            sender=keys.key_id(self.key.public_key()),
            receiver=self.receiver,
            number=number,
            previous=self.last.digest if self.last else "",
            made_at=made_at,
            whole=whole or self.last is None,
            acknowledges=acknowledges,
            items=writer.items,
            parts=parts,
        )
        name = bundle.manifest_name(manifest.stem)
        write_whole(self.spool / name, bundle.signed_manifest(manifest, self.key))
        self.last = manifest
        return manifest

    def bring(self, manifest: Manifest) -> list[str]:
        """All files of it into the folder."""
        return list(bundle.carry(self.spool, self.folder, manifest))

    def send(self, items: Iterable[Mapping[str, Any]] = (), **more: Any) -> Manifest:
        """Make and bring."""
        manifest = self.make(items, **more)
        self.bring(manifest)
        return manifest
