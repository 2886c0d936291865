"""Tiles grow to the same tree whatever the steps, and lead to the roots and proofs of RFC 6962."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.record.tiles import Tile, edge, levels, row
from shidian.core.record.tree import Edges, Tree, grow, leaf_hashes, root_of
from shidian_kit.wire.merkle import check_consistency, check_inclusion, leaf_hash
from shidian_kit.wire.refusal import RecordError
from tests.core.record import naive

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES = [str(number).encode() for number in range(1200)]


class Grown:
    """A tree whose tiles are kept in memory, as files would be."""

    def __init__(self) -> None:
        self.files: dict[Tile, bytes] = {}
        self.edges: Edges = ()
        self.size = 0

    def add(self, leaves: Sequence[bytes]) -> Grown:
        tiles, self.edges = grow(self.size, self.edges, leaf_hashes(leaves))
        self.files.update(tiles)
        self.size += len(leaves)
        return self

    def read(self, tile: Tile) -> bytes:
        return self.files.get(tile) or self.files[tile.full]

    @property
    def tree(self) -> Tree:
        return Tree(self.size, self.read)


@given(st.lists(st.integers(min_value=0, max_value=600), max_size=4))
@settings(max_examples=40, deadline=None)
def test_tree_is_the_same_in_whatever_steps_it_grew(steps: list[int]) -> None:
    grown, at = Grown(), 0
    for step in steps:
        grown.add(LEAVES[at : at + step])
        at = grown.size
    once = Grown().add(LEAVES[:at])
    assert grown.edges == tuple(once.edges) or at == 0
    for level in range(levels(at)):
        for tile in row(level, at):
            assert grown.read(tile) == once.read(tile)
    assert root_of(grown.edges) == grown.tree.root() == naive.mth(LEAVES[:at])


@pytest.mark.parametrize("size", [*range(1, 34), 255, 256, 257, 511, 513, 1200])
def test_inclusion_proofs_are_those_of_rfc_6962(size: int) -> None:
    tree, root = Grown().add(LEAVES[:size]).tree, naive.mth(LEAVES[:size])
    for index in {*range(min(size, 33)), size // 2, size - 1}:
        proof = tree.inclusion(index)
        assert proof == naive.path(index, LEAVES[:size])
        leaf = leaf_hash(LEAVES[index])
        assert tree.leaf(index) == leaf
        check_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)


@pytest.mark.parametrize("size", [*range(1, 34), 255, 256, 257, 511, 513, 1200])
def test_consistency_proofs_are_those_of_rfc_6962(size: int) -> None:
    tree, root = Grown().add(LEAVES[:size]).tree, naive.mth(LEAVES[:size])
    for old in {*range(min(size, 33) + 1), size // 2, size - 1, size}:
        old_root = naive.mth(LEAVES[:old])
        proof = tree.consistency(old)
        assert proof == (naive.proof(old, LEAVES[:size]) if old else [])
        assert tree.root(old) == old_root
        check_consistency(
            old_size=old, new_size=size, proof=proof, old_root=old_root, new_root=root
        )


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_changed_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(min_value=2, max_value=40))
    old = data.draw(st.integers(min_value=1, max_value=size - 1))
    tree, root = Grown().add(LEAVES[:size]).tree, naive.mth(LEAVES[:size])
    for proof, check in (
        (
            tree.inclusion(old),
            lambda given_: check_inclusion(
                index=old, size=size, leaf=leaf_hash(LEAVES[old]), proof=given_, root=root
            ),
        ),
        (
            tree.consistency(old),
            lambda given_: check_consistency(
                old_size=old,
                new_size=size,
                proof=given_,
                old_root=naive.mth(LEAVES[:old]),
                new_root=root,
            ),
        ),
    ):
        at = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
        bit = data.draw(st.integers(min_value=0, max_value=255))
        flipped = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
        for changed in (
            [*proof[:at], flipped, *proof[at + 1 :]],
            [*proof[:at], *proof[at + 1 :]],
            [*proof, proof[at]],
            [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
        ):
            with pytest.raises(RecordError, match="proof-wrong"):
                check(changed)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(2, 1000, 17), "tile/2/x001/000.p/17"),
        (Tile(-1, 999), "tile/entries/999"),
        (Tile(-1, 5, 1), "tile/entries/005.p/1"),
    ],
)
def test_tiles_lie_where_c2sp_says(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_seventy_thousand_leaves_are_laid_out_as_in_the_specification() -> None:
    size = 70_000
    assert len(list(row(0, size))) == 274
    assert edge(0, size) == Tile(0, 273, 112)
    assert list(row(1, size)) == [Tile(1, 0), Tile(1, 1, 17)]
    assert list(row(2, size)) == [Tile(2, 0, 1)]
    assert levels(size) == 3
    assert list(row(1, 256)) == [Tile(1, 0, 1)]
    assert edge(0, 256) is None
