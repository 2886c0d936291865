"""The notary acknowledges what is published, once, under one key, and refuses the rest by name."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shidian.core.record.keyfiles import key_path
from shidian.core.record.leaf import (
    ItemRefusedError,
    Leaf,
    LeafKind,
    decode,
    encode,
    text_digest,
    time_text,
)
from shidian.core.record.notary import FUTURE_S_MAX, Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.tiles import pack
from shidian.core.record.verify import verify_log
from shidian_kit.wire import keys
from shidian_kit.wire.note import KeyType, Note, Vkey
from shidian_kit.wire.policy import Policy, parse_policy
from shidian_kit.wire.proof import verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.core.record.logs import NOW_S, ORIGIN, entry, items, publish

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(folder: Path, clock: Clock | None = None, **more: str) -> Notary:
    return Notary(folder, ORIGIN, clock=clock or Clock(), **more)


def refusal(folder: Path) -> Refusal:
    """The name under which a notary refuses to start here."""
    with pytest.raises(RecordError) as refused:
        opened(folder).close()
    return refused.value.name


def published(folder: Path) -> Policy:
    return parse_policy((folder / "tiles" / "policy").read_text())


def verified_size(folder: Path, since: bytes | None = None) -> int:
    reader = LogReader(folder / "tiles")
    return verify_log(reader, published(folder), since=since).checkpoint.size


def test_new_log_publishes_an_empty_tree(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        assert notary.checkpoint().decode().startswith(f"{ORIGIN}\n0\n")
        assert notary.append([]) == {}
    assert verified_size(tmp_path) == 0


def test_acknowledged_leaf_is_published_and_proven(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        first = notary.checkpoint()
        assert notary.append(items(3)) == {1: 0, 2: 1, 3: 2}
        assert notary.append(items(600, 3))[603] == 602
        verify_proof(notary.prove(300), entry(300), published(tmp_path))
        with pytest.raises(RecordError, match="proof-wrong"):
            verify_proof(notary.prove(300), entry(301), published(tmp_path))
    assert verified_size(tmp_path, since=first) == 603
    reader = LogReader(tmp_path / "tiles")
    assert [one for _, one in reader.entries(603)] == [entry(number) for number in range(603)]
    assert reader.entry(602, 603) == entry(602)
    assert next(reader.entries(603, 600)) == (600, entry(600))


def test_same_outbox_id_gives_the_same_index(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(5))
        before = notary.checkpoint()
        assert notary.append([(2, entry(1)), (5, entry(4))]) == {2: 1, 5: 4}
        assert notary.checkpoint() == before
        assert notary.append([(9, entry(8)), (2, entry(1)), (9, entry(8))]) == {9: 5, 2: 1}
    with opened(tmp_path) as notary:
        assert notary.append([(9, entry(8)), (1, entry(0))]) == {9: 5, 1: 0}


def test_same_leaf_under_two_outbox_ids_lies_there_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        assert notary.append([(1, entry(0)), (2, entry(0))]) == {1: 0, 2: 1}


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ((2, entry(7)), Refusal.OUTBOX_ID_REUSED),
        ((20, b"{}"), Refusal.LEAF_MALFORMED),
        ((20, b"x" * 65_536), Refusal.LEAF_TOO_LARGE),
        ((20, entry(1, time="2036-01-01T00:00:00Z")), Refusal.LEAF_FROM_THE_FUTURE),
    ],
)
def test_bad_leaf_is_refused_by_name_and_its_request_with_it(
    item: tuple[int, bytes], name: Refusal, tmp_path: Path
) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(3))
        before = notary.checkpoint()
        with pytest.raises(ItemRefusedError) as refused:
            notary.append([(30, entry(30)), item])
        assert (refused.value.name, refused.value.outbox_id) == (name, item[0])
        assert notary.checkpoint() == before
        assert notary.append([(30, entry(30))]) == {30: 3}


def test_two_leaves_under_one_outbox_id_in_one_request_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as notary, pytest.raises(ItemRefusedError, match="outbox-id-reused"):
        notary.append([(1, entry(1)), (1, entry(2))])


def test_leaf_of_the_notarys_own_kinds_is_refused(tmp_path: Path) -> None:
    text = "quorum none\n"
    leaf = Leaf(
        kind=LeafKind.WITNESS_POLICY,
        subject=ORIGIN,
        time="2026-01-05T09:00:00Z",
        text=text,
        text_sha256=text_digest(text),
    )
    with opened(tmp_path) as notary, pytest.raises(ItemRefusedError, match="notary's own"):
        notary.append([(1, encode(leaf))])


def test_leaf_is_taken_as_far_ahead_as_two_clocks_may_differ(tmp_path: Path, clock: Clock) -> None:
    ahead = datetime.fromtimestamp(NOW_S + FUTURE_S_MAX, UTC)
    with opened(tmp_path, clock) as notary:
        assert notary.append([(1, entry(1, time=time_text(ahead)))]) == {1: 0}
        later = time_text(ahead + timedelta(seconds=1))
        with pytest.raises(ItemRefusedError, match="leaf-from-the-future"):
            notary.append([(2, entry(2, time=later))])


def test_clock_that_went_backwards_signs_nothing_until_it_has_caught_up(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock) as notary:
        notary.append(items(1))
        before = notary.checkpoint()
        clock.now_s -= 60
        with pytest.raises(RecordError) as refused:
            notary.append(items(1, 1))
        assert refused.value.name is Refusal.CLOCK_BACKWARDS
        with pytest.raises(RecordError, match="clock-backwards"):
            notary.rotate_key()
        assert notary.checkpoint() == before
        clock.now_s += 59.5  # within what a clock is set by in passing
        assert notary.append(items(1, 1)) == {2: 1}


def test_second_notary_on_one_log_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        with pytest.raises(RecordError) as refused:
            opened(tmp_path)
        assert refused.value.name is Refusal.ALREADY_RUNNING
        assert notary.append(items(1)) == {1: 0}
    with opened(tmp_path) as notary:
        assert notary.append(items(1)) == {1: 0}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    opened(tmp_path).close()
    key_path(tmp_path / "signer", 1).chmod(mode)
    assert refusal(tmp_path) is Refusal.KEY_LOOSE
    key_path(tmp_path / "signer", 1).chmod(0o600)
    with opened(tmp_path) as notary:
        assert notary.append(items(1)) == {1: 0}


def test_keys_and_state_are_the_notarys_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "signer").stat().st_mode) == 0o700
    assert stat.S_IMODE(key_path(tmp_path / "signer", 1).stat().st_mode) == 0o600
    inside = {path.name for path in (tmp_path / "tiles").rglob("*")}
    assert inside == {"checkpoint", "policy"}


def test_key_exchanged_behind_the_notarys_back_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path = key_path(tmp_path / "signer", 1)
    path.unlink()
    assert refusal(tmp_path) is Refusal.KEY_DIFFERS
    keys.save_private(path, keys.generate())
    assert refusal(tmp_path) is Refusal.KEY_DIFFERS


def test_log_keeps_its_origin(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(RecordError) as refused:
        Notary(tmp_path, "another.example")
    assert refused.value.name is Refusal.ORIGIN_DIFFERS


def test_signer_that_remembers_less_than_is_published_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(3))
    shutil.copytree(tmp_path / "signer", tmp_path / "kept")
    with opened(tmp_path) as notary:
        notary.append(items(3, 3))
        last = notary.checkpoint()
    shutil.rmtree(tmp_path / "signer")
    (tmp_path / "kept").rename(tmp_path / "signer")
    assert refusal(tmp_path) is Refusal.STATE_BEHIND
    assert (tmp_path / "tiles" / "checkpoint").read_bytes() == last
    shutil.rmtree(tmp_path / "signer")
    assert refusal(tmp_path) is Refusal.STATE_BEHIND


def test_checkpoint_rolled_back_on_disk_is_put_right(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(3))
        old = notary.checkpoint()
        notary.append(items(3, 3))
        last = notary.checkpoint()
    (tmp_path / "tiles" / "checkpoint").write_bytes(old)
    with opened(tmp_path) as notary:
        assert notary.checkpoint() == last
    (tmp_path / "tiles" / "checkpoint").write_bytes(b"torn")
    with opened(tmp_path) as notary:
        assert notary.checkpoint() == last
    assert verified_size(tmp_path, since=old) == 6


def test_published_checkpoint_of_another_tree_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(3))
    other = publish(tmp_path / "other", [entry(9), entry(8)], keys.generate())
    (tmp_path / "tiles" / "checkpoint").write_bytes(other)
    assert refusal(tmp_path) is Refusal.SPLIT_VIEW


@pytest.mark.parametrize("path", ["tile/0/000.p/3", "tile/entries/000.p/3"])
def test_notary_signs_nothing_over_files_that_were_changed(path: str, tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(3))
    file = tmp_path / "tiles" / path
    data = bytearray(file.read_bytes())
    data[40] ^= 1
    file.write_bytes(bytes(data))
    assert refusal(tmp_path) is Refusal.TILE_DIFFERS
    file.write_bytes(bytes(data)[:-1])
    assert refusal(tmp_path) is Refusal.TILE_TRUNCATED
    file.unlink()
    assert refusal(tmp_path) is Refusal.TILE_MISSING


def test_changed_tile_that_no_proof_passes_by_is_the_verifiers_to_find(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(700))
        before = notary.checkpoint()
        file = tmp_path / "tiles" / "tile/0/001"
        right = file.read_bytes()
        file.write_bytes(right[:64] + bytes(32) + right[96:])
        # 700 leaves: the proof to 800 passes by the second tile's root alone, which is level 1's.
        notary.append(items(100, 700))
    with pytest.raises(RecordError, match="tile-differs"):
        verified_size(tmp_path)
    file.write_bytes(right)
    assert verified_size(tmp_path, since=before) == 800


def test_key_rotates_by_a_leaf_that_both_sign(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(2))
        first, before = notary.vkey, notary.checkpoint()
        assert notary.rotate_key() == 2
        second = notary.vkey
        assert set(Note.parse(notary.checkpoint()).signers([first, second])) == {first, second}
        leaf = decode(LogReader(tmp_path / "tiles").entry(2, 3))
        assert leaf.kind is LeafKind.KEY_ROTATED
        notary.append(items(2, 2))
        assert set(Note.parse(notary.checkpoint()).signers([first, second])) == {second}
        assert notary.rotate_key() == 5
        third = notary.vkey
    assert [path.name for path in (tmp_path / "signer").glob("*.key")] == ["log-3.key"]
    with opened(tmp_path) as notary:
        assert notary.vkey == third
        notary.append(items(2, 4))
    reader = LogReader(tmp_path / "tiles")
    for trusted in (first, second, third):
        found = verify_log(reader, Policy(logs=(trusted,)), since=before)
        assert found.keys == (first, second, third)
        assert found.checkpoint.size == 8
    with pytest.raises(RecordError, match="signature-missing"):
        verify_log(reader, Policy(logs=(Vkey.of(ORIGIN, keys.generate()),)))


def test_witness_policy_is_published_and_stands_on_the_record_once(tmp_path: Path) -> None:
    witness = Vkey.of("w.example", keys.generate(), KeyType.COSIGNATURE)
    text = f"witness w {witness}\nquorum none\n"
    for _ in range(2):
        with opened(tmp_path, witness_policy=text) as notary:
            vkey = notary.vkey
    assert (tmp_path / "tiles" / "policy").read_text() == f"log {vkey}\n{text}"
    assert verified_size(tmp_path) == 1
    leaf = decode(LogReader(tmp_path / "tiles").entry(0, 1))
    assert (leaf.kind, leaf.text) == (LeafKind.WITNESS_POLICY, text)
    opened(tmp_path).close()
    assert decode(LogReader(tmp_path / "tiles").entry(1, 2)).text == "quorum none\n"


def test_witness_policy_that_names_logs_is_refused(tmp_path: Path) -> None:
    text = f"log {Vkey.of(ORIGIN, keys.generate())}\nquorum none\n"
    with pytest.raises(RecordError, match="policy-malformed"):
        opened(tmp_path, witness_policy=text)


def test_partial_tiles_go_once_they_are_full_and_no_sooner(tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        for size in (250, 3, 2):
            notary.append(items(size, 250 if size == 3 else 0 if size == 250 else 253))
        partials = tmp_path / "tiles" / "tile/0/000.p"
        assert {path.name for path in partials.iterdir()} == {"250", "253", "255"}
        notary.append(items(1, 255))
        assert not partials.exists()
        assert not (tmp_path / "tiles" / "tile/entries/000.p").exists()
        assert (tmp_path / "tiles" / "tile/1/000.p/1").exists()
    assert verified_size(tmp_path) == 256


@pytest.mark.parametrize("path", ["tile/0/000.p/255", "tile/entries/000.p/255"])
def test_partial_tile_of_a_full_ones_length_is_refused(path: str, tmp_path: Path) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(255))
    file = tmp_path / "tiles" / path
    more = bytes(32) if path.startswith("tile/0") else pack([entry(255)])
    file.write_bytes(file.read_bytes() + more)
    with pytest.raises(RecordError, match="tile-differs"):
        verified_size(tmp_path)


def test_reader_of_an_older_checkpoint_finds_the_full_tile_in_place_of_the_partial(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as notary:
        notary.append(items(250))
        older = notary.checkpoint()
        notary.append(items(10, 250))
    reader = LogReader(tmp_path / "tiles")
    proof = reader.tlog_proof(249, note=older)
    verify_proof(proof, entry(249), published(tmp_path))
    assert reader.entry(249, 250) == entry(249)
