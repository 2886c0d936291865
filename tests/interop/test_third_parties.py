"""Software that is not ours accepts our log: Go's checksum database, pymerkle, sigstore."""

from __future__ import annotations

import base64
import random
from functools import cache
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree
from sigstore._internal.rekor.checkpoint import SignedCheckpoint

from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.tree import grow, leaf_hashes, root_of
from shidian_kit.wire import keys
from shidian_kit.wire.note import Vkey
from tests.core.record.logs import NOW_S, ORIGIN, entries, items, publish, quick_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.judge import Judge

SIZES = (0, 1, 2, 255, 256, 257, 65_537, 70_000)
_MANY = 70_000


@cache
def many() -> list[bytes]:
    """Entries of the large logs; short ones, since only the hashes are judged there."""
    return [f'{{"n":{number}}}'.encode() for number in range(_MANY)]


@pytest.mark.parametrize("size", SIZES)
def test_go_checksum_database_accepts_a_log_of_size(size: int, judge: Judge) -> None:
    key = keys.generate()
    some = random.Random(size)
    with quick_folder() as folder:
        publish(folder, many()[:size], key)
        proven = [some.randrange(size) for _ in range(20)] + [0, size - 1] if size else []
        assert judge(folder, str(Vkey.of(ORIGIN, key)), prove=proven) == f"ok {size}"


def test_go_checksum_database_accepts_what_the_notary_publishes(
    tmp_path: Path, judge: Judge
) -> None:
    before = b""
    with Notary(tmp_path, ORIGIN, clock=lambda: NOW_S) as notary:
        key, size = str(notary.vkey), 0
        assert judge(tmp_path / "tiles", key) == "ok 0"
        for count in (1, 1, 3, 250, 1, 1, 200):
            notary.append(items(count, size))
            size += count
            answer = judge(tmp_path / "tiles", key, since=before, prove=range(0, size, 50))
            assert answer == f"ok {size}"
            before = notary.checkpoint()


def test_go_checksum_database_refuses_another_log(tmp_path: Path, judge: Judge) -> None:
    key = keys.generate()
    publish(tmp_path / "one", entries(9), key)
    other = publish(tmp_path / "other", entries(5, start=1), key)
    vkey = str(Vkey.of(ORIGIN, key))
    assert judge(tmp_path / "one", vkey, since=other).startswith("refused")
    assert judge(tmp_path / "one", str(Vkey.of(ORIGIN, keys.generate()))).startswith("refused")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 1000])
def test_pymerkle_agrees_on_the_root(size: int) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for one in many()[:size]:
        tree.append_entry(one)
    _, edges = grow(0, (), leaf_hashes(many()[:size]))
    assert root_of(edges) == tree.get_root()


def test_sigstore_reads_our_notes(tmp_path: Path) -> None:
    with Notary(tmp_path, ORIGIN, clock=lambda: NOW_S) as notary:
        notary.append(items(3))
        notary.rotate_key()
        text = notary.checkpoint().decode()
        read = SignedCheckpoint.from_text(text)
        ours = LogReader(tmp_path / "tiles").checkpoint()
        told = read.checkpoint
        assert (told.origin, told.log_size, told.log_hash) == (ORIGIN, 4, ours.root.hex())
        assert read.signed_note.note == ours.text
        by_both = read.signed_note.signatures
        assert [one.name for one in by_both] == [ORIGIN, ORIGIN]
        (ours_,) = [one for one in by_both if one.sig_hash == notary.vkey.key_id]
        public = Ed25519PublicKey.from_public_bytes(notary.vkey.public)
        public.verify(base64.b64decode(ours_.signature), read.signed_note.note.encode())
