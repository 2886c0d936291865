"""The layout of the log's files (C2SP tlog-tiles): coordinates, paths and entry bundles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.record.leaf import LEAF_BYTES_MAX
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRIES = -1
"""The level of entry bundles."""
CHECKPOINT = "checkpoint"
POLICY = "policy"
"""Beside the checkpoint: the log's key and its witnesses (C2SP tlog-policy)."""
FILE = re.compile(
    r"checkpoint|policy|tile/(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]{1,3})?"
)
"""Paths of files that the log may have, and of no others."""
_PATH_BASE = 1000
_PREFIX_BYTES = 2


@dataclass(frozen=True, order=True)
class Tile:
    """`width` hashes of a level from hash `number * 256` on; or entries, at level `ENTRIES`."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the log's prefix: `tile/0/x001/234.p/17`."""
        rest, last = divmod(self.number, _PATH_BASE)
        parts = [f"{last:03d}"]
        while rest:
            rest, part = divmod(rest, _PATH_BASE)
            parts.insert(0, f"x{part:03d}")
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(parts)}{partial}"

    @property
    def partials(self) -> str:
        """Path of the folder in which this tile's partial ones lie."""
        return f"{self.full.path}.p"

    @property
    def full(self) -> Tile:
        """The full tile that a partial one grows into."""
        return Tile(self.level, self.number)


def levels(size: int) -> int:
    """Number of levels of hash tiles of a tree: the highest has one hash at least."""
    count = 0
    while size >> (HEIGHT * count):
        count += 1
    return count


def hashes_at(level: int, size: int) -> int:
    """Number of hashes at a level in a tree of `size` leaves; of entries, at level `ENTRIES`."""
    return size >> (HEIGHT * max(level, 0))


def row(level: int, size: int) -> Iterator[Tile]:
    """All tiles of one level, the partial one last."""
    full, rest = divmod(hashes_at(level, size), WIDTH)
    for number in range(full):
        yield Tile(level, number)
    if rest:
        yield Tile(level, full, rest)


def edge(level: int, size: int) -> Tile | None:
    """The partial tile of a level, where there is one."""
    full, rest = divmod(hashes_at(level, size), WIDTH)
    return Tile(level, full, rest) if rest else None


def pack(entries: Iterable[bytes]) -> bytes:
    """Entries → a bundle: each after its length in two bytes, big-endian."""
    return b"".join([len(one).to_bytes(_PREFIX_BYTES, "big") + one for one in entries])


def unpack(tile: Tile, bundle: bytes) -> list[bytes]:
    """A bundle → its `tile.width` entries. Raises RecordError tile-truncated, tile-differs."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + _PREFIX_BYTES + int.from_bytes(bundle[at : at + _PREFIX_BYTES], "big")
        if end > len(bundle):
            break
        entries.append(bundle[at + _PREFIX_BYTES : end])
        at = end
    if at != len(bundle) or len(entries) < tile.width:
        raise RecordError(
            Refusal.TILE_TRUNCATED,
            f"{tile.path}: {len(entries)} whole entries of {tile.width}, "
            f"{len(bundle) - at} bytes over",
        )
    if len(entries) > tile.width:
        raise RecordError(
            Refusal.TILE_DIFFERS, f"{tile.path}: {len(entries)} entries instead of {tile.width}"
        )
    return entries


BUNDLE_BYTES_MAX = WIDTH * (_PREFIX_BYTES + LEAF_BYTES_MAX)
