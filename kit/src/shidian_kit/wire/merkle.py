"""Merkle tree hashes and proofs of RFC 6962, as a verifier needs them: no tree, no I/O."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
SIZE_MAX = 2**63 - 1


def leaf_hash(entry: bytes) -> bytes:
    """An entry's bytes → its hash at level 0."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hashes of two siblings → that of their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_inclusion(
    *, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """That the leaf hash stands at this index under this root (RFC 9162 §2.1.3.2).

    Raises RecordError proof-wrong.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise _wrong(f"index {index} is not in a tree of {size}")
    _check_hashes(leaf, root, *proof)
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise _wrong("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise _wrong("the proof is too short")
    if found != root:
        raise _wrong(f"the entry at {index} does not lead to the root of the tree of {size}")


def check_consistency(
    *, old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """That the newer tree begins with the whole of the older one (RFC 9162 §2.1.4.2).

    Raises RecordError proof-wrong.
    """
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise _wrong(f"a tree of {new_size} does not come after one of {old_size}")
    _check_hashes(old_root, new_root, *proof)
    if old_size in (0, new_size):
        if proof:
            raise _wrong("the proof should be empty")
        if old_root != (new_root if old_size else EMPTY_ROOT):
            raise _wrong(f"two roots of {old_size} entries differ")
        return
    if _roots(old_size, new_size, proof, old_root) != (old_root, new_root):
        raise _wrong(f"the tree of {new_size} does not begin with that of {old_size}")


def _roots(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """The two roots that a consistency proof leads to."""
    # A power of two is a perfect subtree of the newer tree: its root need not be told.
    path = [*([] if old_size & (old_size - 1) else [old_root]), *proof]
    if not path:
        raise _wrong("the proof is too short")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _wrong("the proof is too long")
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise _wrong("the proof is too short")
    return older, newer


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise _wrong(f"a hash does not have {HASH_BYTES} bytes")


def _wrong(detail: str) -> RecordError:
    return RecordError(Refusal.PROOF_WRONG, detail)
