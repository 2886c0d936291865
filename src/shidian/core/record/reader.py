"""Reads a published log: its static files suffice for every proof."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from shidian.core.record.tiles import (
    BUNDLE_BYTES_MAX,
    CHECKPOINT,
    ENTRIES,
    POLICY,
    WIDTH,
    Tile,
    hashes_at,
    row,
    unpack,
)
from shidian.core.record.tree import Tree
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.merkle import HASH_BYTES
from shidian_kit.wire.note import NOTE_BYTES_MAX, Note
from shidian_kit.wire.proof import Proof
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fetch = Callable[[str, int], bytes | None]

_KEPT_TILES = 64


def directory(root: Path) -> Fetch:
    """Fetches from a folder."""

    def fetch(path: str, bytes_max: int) -> bytes | None:
        try:
            with (root / path).open("rb") as file:
                return file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None

    return fetch


class LogReader:
    """A log in a folder, or behind a function that fetches (`shidian.notary.fetch.Web`).

    `fetch(path, bytes_max)` gives a file's bytes, at most one more than `bytes_max`, or None.
    Nothing read here is verified: `verify_log` does that for a whole log, `verify_proof` for one
    leaf. Methods raise RecordError tile-missing, tile-truncated, tile-differs, checkpoint-…
    """

    def __init__(self, source: Path | Fetch) -> None:
        self.root = source if isinstance(source, Path) else None
        self._fetch = directory(source) if isinstance(source, Path) else source
        self._kept: OrderedDict[Tile, bytes] = OrderedDict()

    def note(self) -> bytes:
        """The signed checkpoint as it is published."""
        data = self._fetch(CHECKPOINT, NOTE_BYTES_MAX)
        if data is None:
            raise RecordError(Refusal.CHECKPOINT_MISSING, "there is no checkpoint here")
        return data

    def published_policy(self) -> bytes:
        """The policy published beside the checkpoint: the log's key and its witnesses."""
        data = self._fetch(POLICY, NOTE_BYTES_MAX)
        if data is None:
            raise RecordError(Refusal.CHECKPOINT_MISSING, "there is no policy here; name a key")
        return data

    def checkpoint(self) -> Checkpoint:
        """What the published checkpoint says; its signatures are not checked."""
        return Checkpoint.parse(Note.parse(self.note()).text)

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile, `tile.width` of them, from the full tile where that is there."""
        kept = self._kept.get(tile)
        if kept is None:
            found, data = self._file(tile, WIDTH * HASH_BYTES)
            right = found.width * HASH_BYTES
            if len(data) != right:
                raise RecordError(
                    Refusal.TILE_TRUNCATED if len(data) < right else Refusal.TILE_DIFFERS,
                    f"{found.path}: {len(data)} bytes instead of {right}",
                )
            kept = self._kept[tile] = data[: tile.width * HASH_BYTES]
            if len(self._kept) > _KEPT_TILES:
                self._kept.popitem(last=False)
        return kept

    def bundle(self, tile: Tile) -> list[bytes]:
        """The entries of a bundle, `tile.width` of them."""
        return unpack(*self._file(tile, BUNDLE_BYTES_MAX))[: tile.width]

    def entries(self, size: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of each leaf of a log of `size`, from `start` on."""
        for tile in row(ENTRIES, size):
            first = tile.number * WIDTH
            if first + tile.width > start:
                for at, entry in enumerate(self.bundle(tile), first):
                    if at >= start:
                        yield at, entry

    def entry(self, index: int, size: int) -> bytes:
        """The bytes of one leaf of a log of `size`. Raises IndexError."""
        if not 0 <= index < size:
            raise IndexError(f"no leaf {index} in a log of {size}")
        number, at = divmod(index, WIDTH)
        width = min(WIDTH, hashes_at(ENTRIES, size) - number * WIDTH)
        return self.bundle(Tile(ENTRIES, number, width))[at]

    def tree(self, size: int) -> Tree:
        """The tree of the first `size` leaves."""
        return Tree(size, self.tile)

    def tlog_proof(
        self, index: int, *, note: bytes | None = None, extra: bytes | None = None
    ) -> bytes:
        """A `.tlog-proof` of the leaf at `index` under `note`, else under what is published.

        Raises IndexError where the checkpoint does not cover the index.
        """
        note = self.note() if note is None else note
        size = Checkpoint.parse(Note.parse(note).text).size
        if not 0 <= index < size:
            raise IndexError(f"no leaf {index} in a log of {size}")
        return bytes(Proof(index, tuple(self.tree(size).inclusion(index)), note, extra))

    def _file(self, tile: Tile, bytes_max: int) -> tuple[Tile, bytes]:
        """A tile with its file; for a partial one that is gone, the full one it has become."""
        data = self._fetch(tile.path, bytes_max)
        found = tile
        if data is None and tile.width < WIDTH:
            found = tile.full
            data = self._fetch(found.path, bytes_max)
        if data is None:
            raise RecordError(Refusal.TILE_MISSING, f"{tile.path} is not there")
        if len(data) > bytes_max:
            raise RecordError(Refusal.TILE_DIFFERS, f"{found.path} is longer than any such file")
        return found, data
