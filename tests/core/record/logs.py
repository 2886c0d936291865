"""Logs for tests: leaves, a notary with a clock of its own, files written without waiting."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from shidian.core.record.leaf import Leaf, LeafKind, encode, text_digest
from shidian.core.record.tiles import ENTRIES, WIDTH, Tile, pack
from shidian.core.record.tree import grow, leaf_hashes, root_of
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.note import Note, Vkey, sign
from shidian_kit.wire.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "record.example/demo"
NOW_S = 1_780_000_000.0
LONG_AGO = "2026-01-05T09:00:00Z"


@lru_cache(maxsize=10_000)
def entry(number: int, *, time: str = LONG_AGO) -> bytes:
    """An encoded leaf that tells its number."""
    return encode(
        Leaf(
            kind=LeafKind.DECISION,
            subject=f"DEMO-2026-{number:06d}",
            time=time,
            text_sha256=text_digest(f"decision {number}"),
        )
    )


def entries(count: int, start: int = 0) -> list[bytes]:
    return [entry(number) for number in range(start, start + count)]


def items(count: int, start: int = 0) -> list[tuple[int, bytes]]:
    """Outbox ids from 1 on, with leaves of the same number."""
    return [(number + 1, entry(number)) for number in range(start, start + count)]


def signed(size: int, root: bytes, key: Ed25519PrivateKey, origin: str = ORIGIN) -> bytes:
    text = Checkpoint(origin, size, root).text
    return bytes(Note(text, (sign(text, origin, key),)))


def policy_of(key: Ed25519PrivateKey, origin: str = ORIGIN) -> Policy:
    return Policy(logs=(Vkey.of(origin, key),))


def publish(folder: Path, all_entries: Sequence[bytes], key: Ed25519PrivateKey) -> bytes:
    """Write a whole log at once, as a notary would have published it; the signed checkpoint."""
    tiles, edges = grow(0, (), leaf_hashes(all_entries))
    for tile, data in tiles:
        _put(folder / tile.path, data)
    for at in range(0, len(all_entries), WIDTH):
        part = all_entries[at : at + WIDTH]
        _put(folder / Tile(ENTRIES, at // WIDTH, len(part)).path, pack(part))
    note = signed(len(all_entries), root_of(edges), key)
    _put(folder / "checkpoint", note)
    return note


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one."""
    shm = Path("/dev/shm")
    base = shm if os.access(shm, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="shidian-record-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
