"""How many different values occur in a window, exactly: +1 where one enters, −1 where it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.cells import TILE_BITS, Cells, group_of, key_of
from shidian.core.monitor.index import Index

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.windows import Window


class Distinct:
    """Of each (group, value) the tiles; from them a sum over time per group, `steps`.

    `steps` holds at (group, T − 1) by how much the count changes at T, so that the count at T is
    the total of everything before. `in_tile`: how many values each tile has by itself.
    """

    def __init__(self, window: Window) -> None:
        self.steps = Cells()
        self.in_tile = Cells()
        self._window = window
        self._pairs = Cells()
        self._codes = Index()

    def change(self, groups: Ints, tiles: Ints, values: Ints, sign: int) -> None:
        """Insert or retract (group, tile, value); one counts while it occurs at least once."""
        pairs = (groups << TILE_BITS) | self._coded(values)
        touched = np.unique(pairs)
        before = self._present(touched)
        ones = np.full(len(pairs), sign, np.int64)
        self._pairs.add(pairs, tiles, ones, np.zeros(len(pairs), np.int64))
        after = self._present(touched)
        for (owner, present), way in ((before, -1), (after, 1)):
            group = group_of(touched)
            at, step = self._steps(owner, present)
            _add(self.steps, key_of(group[at[0]], at[1] - 1), way * step)
            _add(self.in_tile, key_of(group[owner], present), np.full(len(owner), way, np.int64))

    def forget(self, tile: int) -> None:
        """Let go of what lies before a tile; counts are right from one window after it on."""
        self._pairs.forget_parts(tile)
        self._count_anew()

    def recall(self, groups: Ints, tiles: Ints, values: Ints) -> None:
        """Take in again what was let go of."""
        pairs = (groups << TILE_BITS) | self._coded(values)
        _add(self._pairs, pairs, np.ones(len(pairs), np.int64), tiles)
        self._count_anew()

    def _count_anew(self) -> None:
        """From the tiles of all pairs, as if nothing else had ever been."""
        self.steps, self.in_tile = Cells(), Cells()
        pairs, tiles = self._pairs.every()
        if not len(pairs):
            return
        group = group_of(pairs)
        owner = np.cumsum(np.diff(pairs, prepend=pairs[0]) != 0)
        at, step = self._steps(owner, tiles)
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        _add(self.steps, key_of(group[first][at[0]], at[1] - 1), step)
        _add(self.in_tile, key_of(group, tiles), np.ones(len(tiles), np.int64))

    def _coded(self, values: Ints) -> Ints:
        unique, places = np.unique(values, return_inverse=True)
        coded: Ints = self._codes.number(unique)[places]
        return coded

    def _present(self, pairs: Ints) -> tuple[Ints, Ints]:
        found = self._pairs.gather(pairs, pairs + 1)
        return found.owner, found.part

    def _steps(self, owner: Ints, tiles: Ints) -> tuple[tuple[Ints, Ints], Ints]:
        """Tiles of each owner, rising → ((owner, T), step)."""
        first = np.diff(owner, prepend=-1) != 0
        last = np.diff(owner, append=-1) != 0
        enters, leaves = self._window.moves(tiles)
        if self._window.length is not None:
            apart = np.ones(len(tiles), bool)
            apart[1:] = tiles[1:] - tiles[:-1] >= self._window.length
            comes = first | apart
            goes = last | np.append(apart[1:], np.True_)
        elif self._window.opens is None:
            comes, goes = first, np.zeros(len(tiles), bool)
        else:
            # once a period: with its first tile, until the next one opens
            fresh = first | (np.diff(leaves, prepend=-1) != 0)
            comes = fresh & (leaves > enters)
            goes = comes & (leaves < 2**62)
        owners = np.concatenate((owner[comes], owner[goes]))
        at = np.concatenate((enters[comes], leaves[goes]))
        steps = np.repeat([1, -1], [np.count_nonzero(comes), np.count_nonzero(goes)])
        return (owners, at), steps


def _add(cells: Cells, keys: Ints, counts: Ints, parts: Ints | None = None) -> None:
    nothing = np.zeros(len(keys), np.int64)
    cells.add(keys, nothing if parts is None else parts, counts, nothing)
