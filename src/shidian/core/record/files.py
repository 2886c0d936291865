"""The log's files as their one writer sees them: extended, read again, proven, tidied."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.record.disk import write_all
from shidian.core.record.reader import LogReader
from shidian.core.record.tiles import ENTRIES, WIDTH, Tile, edge, hashes_at, levels, pack
from shidian.core.record.tree import Edges, grow, leaf_hashes, root_of
from shidian_kit.wire.merkle import check_consistency
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Grown:
    """A tree whose files are written and proven: its size, its root, its right edge."""

    size: int
    root: bytes
    edges: Edges
    tail: tuple[bytes, ...]
    """The entries of the partial bundle."""


class LogFiles:
    """Opens the files of a tree of `size` and `root`.

    Raises RecordError tile-missing, tile-truncated, tile-differs where they do not lead there.
    """

    def __init__(self, folder: Path, size: int, root: bytes) -> None:
        self.folder = folder
        reader = LogReader(folder)
        partial = [edge(level, size) for level in range(levels(size))]
        edges = tuple(reader.tile(tile) if tile else b"" for tile in partial)
        last = edge(ENTRIES, size)
        tail = tuple(reader.bundle(last)) if last else ()
        if root_of(edges) != root or leaf_hashes(tail) != (edges[0] if edges else b""):
            raise RecordError(
                Refusal.TILE_DIFFERS,
                f"the files in {folder} do not lead to the root that was signed for {size} leaves",
            )
        self.now = Grown(size, root, edges, tail)

    def extend(self, entries: Sequence[bytes]) -> Grown:
        """Write the tiles of a tree with these entries more, read them again, prove them.

        What is published is not touched; `adopt` makes the new tree the present one.
        Raises RecordError tile-…, proof-wrong; OSError.
        """
        now = self.now
        tiles, edges = grow(now.size, now.edges, leaf_hashes(entries))
        bundles, tail = _bundles(now, entries)
        files = [(tile.path, data) for tile, data in tiles]
        files += [(tile.path, pack(inside)) for tile, inside in bundles]
        write_all(self.folder, files)
        grown = Grown(now.size + len(entries), root_of(edges), edges, tail)
        self._prove(grown, tiles, [tile for tile, _ in bundles])
        return grown

    def adopt(self, grown: Grown) -> None:
        """Go on from a tree that was decided upon."""
        self.now = grown

    def drop_partials(self, before: int) -> None:
        """Remove partial tiles that became full since the published tree of `before` leaves.

        Whoever still follows an older checkpoint finds the full tile in their place.
        """
        size = self.now.size
        for level in (ENTRIES, *range(levels(size))):
            first, last = (hashes_at(level, one) // WIDTH for one in (before, size))
            for number in range(first, last):
                with suppress(OSError):
                    shutil.rmtree(self.folder / Tile(level, number).partials)

    def clear(self) -> None:
        """Remove what an attempt left that was never decided upon. Raises OSError."""
        size = self.now.size
        kept: set[Path] = set()
        for level in (ENTRIES, *range(levels(size))):
            full, width = divmod(hashes_at(level, size), WIDTH)
            kept |= {self.folder / Tile(level, number).path for number in range(full)}
            kept |= {self.folder / Tile(level, full, one).path for one in range(1, width + 1)}
        for path in (self.folder / "tile").rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()

    def _prove(
        self, grown: Grown, tiles: Sequence[tuple[Tile, bytes]], bundles: Sequence[Tile]
    ) -> None:
        """From the disk: the files tell what was meant, and lead on from the tree before."""
        reader = LogReader(self.folder)
        for tile in bundles:
            below = Tile(0, tile.number, tile.width)
            if leaf_hashes(reader.bundle(tile)) != reader.tile(below):
                raise _differs(tile)
        for tile, data in tiles:
            if reader.tile(tile) != data:
                raise _differs(tile)
        tree = LogReader(self.folder).tree(grown.size)
        check_consistency(
            old_size=self.now.size,
            new_size=grown.size,
            proof=tree.consistency(self.now.size),
            old_root=self.now.root,
            new_root=grown.root,
        )
        if tree.root() != grown.root:
            raise RecordError(Refusal.TILE_DIFFERS, "the files read again lead to another root")


def _bundles(
    now: Grown, entries: Sequence[bytes]
) -> tuple[list[tuple[Tile, list[bytes]]], tuple[bytes, ...]]:
    """Bundles that hold the new entries, and the entries of the last one where it is partial."""
    inside = [*now.tail, *entries]
    first = now.size // WIDTH
    bundles = []
    for at in range(0, len(inside), WIDTH):
        part = inside[at : at + WIDTH]
        bundles.append((Tile(ENTRIES, first + at // WIDTH, len(part)), part))
    rest = len(inside) % WIDTH
    return bundles, tuple(inside[len(inside) - rest :])


def _differs(tile: Tile) -> RecordError:
    return RecordError(Refusal.TILE_DIFFERS, f"{tile.path}, read again, is not what was written")
