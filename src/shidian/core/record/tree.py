"""The Merkle tree over tiles: how it grows, its root, and proofs, all as RFC 6962 §2.1 has them.

A tile of 256 hashes is a perfect subtree of height 8, so that every hash a proof asks for is
computed from one tile, or, at the tree's ragged right edge, from few.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from shidian.core.record.tiles import HEIGHT, WIDTH, Tile, hashes_at
from shidian_kit.wire.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Edges = tuple[bytes, ...]
"""Per level, the hashes of the partial tile at the right edge, one after another; maybe none."""

TILE_BYTES = WIDTH * HASH_BYTES
_PAIR_BYTES = 2 * HASH_BYTES


def leaf_hashes(entries: Sequence[bytes]) -> bytes:
    """Entries → their hashes, one after another."""
    return b"".join([sha256(b"\x00" + one).digest() for one in entries])


def perfect_root(hashes: bytes) -> bytes:
    """2^k hashes, one after another → the root of the perfect tree over them."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[at : at + _PAIR_BYTES]).digest()
                for at in range(0, len(hashes), _PAIR_BYTES)
            ]
        )
    return hashes


def grow(size: int, edges: Edges, new: bytes) -> tuple[list[tuple[Tile, bytes]], Edges]:
    """Append leaf hashes to a tree of `size` → the tiles that came to be, and the edges after it.

    A partial tile is given only at its width after all of `new`.
    """
    tiles: list[tuple[Tile, bytes]] = []
    after = list(edges)
    level = 0
    while new:
        if level == len(after):
            after.append(b"")
        row, number = after[level] + new, hashes_at(level, size) // WIDTH
        full = len(row) - len(row) % TILE_BYTES
        whole = [row[at : at + TILE_BYTES] for at in range(0, full, TILE_BYTES)]
        tiles += [(Tile(level, number + nth), data) for nth, data in enumerate(whole)]
        if rest := row[full:]:
            tiles.append((Tile(level, number + len(whole), len(rest) // HASH_BYTES), rest))
        after[level] = rest
        new = b"".join([perfect_root(data) for data in whole])
        level += 1
    return tiles, tuple(after)


def root_of(edges: Edges) -> bytes:
    """The root of a tree, from its right edges alone."""
    root = b""
    for hashes in edges:
        end = len(hashes)
        for height in range(HEIGHT):
            span = HASH_BYTES << height
            if len(hashes) & span:
                peak = perfect_root(hashes[end - span : end])
                root = node_hash(peak, root) if root else peak
                end -= span
    return root or EMPTY_ROOT


class Tree:
    """A tree of `size` leaves whose tiles `read` gives: at least `tile.width` hashes of each."""

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._read = read

    def root(self, size: int | None = None) -> bytes:
        """The root, of the first `size` leaves where that is given."""
        size = self.size if size is None else size
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes that lead from the leaf at `index` to the root, the leaf's sibling first."""
        low, high, path = 0, self.size, []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append((middle, high))
                high = middle
            else:
                path.append((low, middle))
                low = middle
        return [self._range(*each) for each in reversed(path)]

    def consistency(self, old_size: int) -> list[bytes]:
        """The hashes that prove the first `old_size` leaves to be those of the older tree."""
        if old_size in (0, self.size):
            return []
        low, high, path = 0, self.size, []
        while old_size != high:
            middle = low + _split(high - low)
            if old_size <= middle:
                path.append((middle, high))
                high = middle
            else:
                path.append((low, middle))
                low = middle
        # The older tree's own root is known to whoever asks.
        if low:
            path.append((low, high))
        return [self._range(*each) for each in reversed(path)]

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        return self._range(index, index + 1)

    def _range(self, low: int, high: int) -> bytes:
        """The root of leaves low … high − 1, aligned as RFC 6962 splits them."""
        count = high - low
        if count & (count - 1):
            middle = low + _split(count)
            return node_hash(self._range(low, middle), self._range(middle, high))
        height = count.bit_length() - 1
        level = height // HEIGHT
        span = 1 << (height - level * HEIGHT)
        first = low >> (level * HEIGHT)
        number, at = divmod(first, WIDTH)
        width = min(WIDTH, hashes_at(level, self.size) - number * WIDTH)
        data = self._read(Tile(level, number, width))
        return perfect_root(data[at * HASH_BYTES : (at + span) * HASH_BYTES])


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
