"""A bundle is whole, in its order, once, from the zone that is trusted and for this one, or refused."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core import bundle
from shidian.core.bundle import BundleError, BundleRefusal, Place, Route, Verdict, Zone
from shidian_kit.wire import keys
from tests.core.bundle.things import Sender

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.core.bundle import Manifest

ME = "ed25519-" + "0" * 32
OUT = Route(Zone.INTERNAL, Zone.PUBLIC)
ITEMS = [{"n": n, "text": "试点" * n} for n in range(40)]


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path / "spool", tmp_path / "folder", ME)


def read(sender: Sender, number: int = 1, **other: object) -> Manifest:
    path = sender.folder / bundle.manifest_name(OUT.stem(number))
    asked = {"trusted": sender.key.public_key(), "route": OUT, "receiver": ME} | other
    return bundle.read_manifest(path.read_bytes(), **asked)


def taken(sender: Sender, spool: Path, number: int = 1) -> list[dict[str, object]]:
    manifest = read(sender, number)
    list(bundle.fetch(sender.folder, spool, manifest))
    return list(bundle.read_items(spool, manifest))


def refusal_of(what) -> BundleRefusal:
    with pytest.raises(BundleError) as refused:
        what()
    return refused.value.name


def test_what_was_put_in_comes_out_in_its_order(sender: Sender, tmp_path: Path) -> None:
    manifest = sender.send(ITEMS)

    assert len(manifest.parts) > 5
    assert taken(sender, tmp_path / "in") == ITEMS


@settings(max_examples=25)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=60), max_size=3)), st.data())
def test_any_items_survive_any_size_of_part(tmp_path_factory, items, data) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    size = data.draw(st.integers(16, 300))
    sender = Sender(folder / "spool", folder / "folder", ME, part_bytes=size)
    sender.send(items)

    assert taken(sender, folder / "in") == items


def test_an_empty_bundle_is_one(sender: Sender, tmp_path: Path) -> None:
    sender.send()

    assert taken(sender, tmp_path / "in") == []


def test_interrupted_at_every_part_it_is_brought_and_fetched_to_the_end(
    sender: Sender, tmp_path: Path
) -> None:
    manifest = sender.make(ITEMS)
    names = len(manifest.parts) + 1
    for stop in range(names):
        step = bundle.carry(sender.spool, sender.folder, manifest)
        for _ in range(stop):
            next(step)
        step.close()
        # What has no manifest yet is not seen.
        assert bundle.numbers_in(sender.folder, OUT) == []
    sender.bring(manifest)

    for stop in range(len(manifest.parts)):
        step = bundle.fetch(sender.folder, tmp_path / "in", manifest)
        for _ in range(stop):
            next(step)
        step.close()
    assert taken(sender, tmp_path / "in") == ITEMS


def test_parts_that_were_fetched_need_not_come_again(sender: Sender, tmp_path: Path) -> None:
    manifest = sender.send(ITEMS)
    lost = sender.folder / f"{manifest.stem}.0003"
    kept = lost.read_bytes()
    lost.unlink()
    assert refusal_of(lambda: taken(sender, tmp_path / "in")) is BundleRefusal.PART_MISSING
    for index in (1, 2):
        (sender.folder / f"{manifest.stem}.{index:04d}").unlink()
    lost.write_bytes(kept)

    assert taken(sender, tmp_path / "in") == ITEMS


def test_a_truncated_part_is_named(sender: Sender, tmp_path: Path) -> None:
    manifest = sender.send(ITEMS)
    path = sender.folder / f"{manifest.stem}.0002"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(BundleError, match=r"part-truncated: .*\.0002 has 199 of 200 bytes"):
        taken(sender, tmp_path / "in")


def test_a_flipped_byte_anywhere_is_refused_and_the_true_one_taken_after(
    sender: Sender, tmp_path: Path
) -> None:
    manifest = sender.send(ITEMS)
    chance = random.Random(20260302)
    for path in sorted(sender.folder.iterdir()):
        true = path.read_bytes()
        for at in {0, len(true) - 2, *(chance.randrange(len(true) - 1) for _ in range(6))}:
            spoiled = bytearray(true)
            spoiled[at] ^= 1 << chance.randrange(8)
            path.write_bytes(bytes(spoiled))
            assert refusal_of(lambda: taken(sender, tmp_path / "in")) in {
                BundleRefusal.PART_CHANGED,
                BundleRefusal.NOT_A_BUNDLE,
                BundleRefusal.WRONG_KEY,
                BundleRefusal.BAD_SIGNATURE,
            }
            for part in (tmp_path / "in").glob("*"):
                part.unlink()
        path.write_bytes(true)
    assert manifest.items == len(ITEMS)
    assert taken(sender, tmp_path / "in") == ITEMS


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]\n", b"\xff\xfe", b"[" * 100_000, b"null\nx"])
def test_what_is_no_manifest_is_no_bundle(sender: Sender, raw: bytes) -> None:
    sender.send(ITEMS)
    (sender.folder / bundle.manifest_name(OUT.stem(1))).write_bytes(raw)

    assert refusal_of(lambda: read(sender)) is BundleRefusal.NOT_A_BUNDLE


def test_another_key_is_a_wrong_key(sender: Sender) -> None:
    sender.send(ITEMS)

    other = keys.generate().public_key()
    assert refusal_of(lambda: read(sender, trusted=other)) is BundleRefusal.WRONG_KEY


def test_a_signature_by_another_key_under_the_trusted_name_is_none(sender: Sender) -> None:
    manifest = sender.send(ITEMS)
    forged = bundle.signed_manifest(manifest, keys.generate())
    (sender.folder / bundle.manifest_name(manifest.stem)).write_bytes(forged)

    assert refusal_of(lambda: read(sender)) is BundleRefusal.BAD_SIGNATURE


def test_a_bundle_for_another_zone_is_foreign(sender: Sender) -> None:
    sender.send(ITEMS)

    back = Route(Zone.PUBLIC, Zone.INTERNAL)
    assert refusal_of(lambda: read(sender, route=back)) is BundleRefusal.FOREIGN_ZONE
    someone = "ed25519-" + "1" * 32
    assert refusal_of(lambda: read(sender, receiver=someone)) is BundleRefusal.FOREIGN_ZONE


def test_numbers_come_in_order_and_once(sender: Sender) -> None:
    first, second, third = (sender.send([{"n": n}]) for n in range(3))
    last = Place(first.number, first.digest)

    assert bundle.judge(first, None, {}) is Verdict.NEXT
    assert bundle.judge(second, last, {1: first.digest}) is Verdict.NEXT
    assert bundle.judge(first, last, {1: first.digest}) is Verdict.HAD
    missing = refusal_of(lambda: bundle.judge(third, last, {}))
    assert missing is BundleRefusal.NUMBER_MISSING
    begins = refusal_of(lambda: bundle.judge(second, None, {}))
    assert begins is BundleRefusal.NUMBER_MISSING


def test_an_older_bundle_that_is_not_the_one_applied_is_refused(
    sender: Sender, tmp_path: Path
) -> None:
    first, second = (sender.send([{"n": n}]) for n in range(2))
    twin = Sender(tmp_path / "twin", tmp_path / "folder", ME, key=sender.key)
    other = twin.make([{"n": 99}])

    last = Place(second.number, second.digest)
    older = refusal_of(lambda: bundle.judge(other, last, {1: first.digest, 2: second.digest}))
    assert older is BundleRefusal.OLDER
    follows = twin.make([{"n": 100}])
    assert follows.number == 2
    broken = refusal_of(lambda: bundle.judge(follows, Place(1, first.digest), {1: first.digest}))
    assert broken is BundleRefusal.CHAIN_BROKEN


def test_a_whole_bundle_heals_a_gap(sender: Sender) -> None:
    first = sender.send([{"n": 1}])
    sender.make([{"n": 2}])
    whole = sender.send([{"n": 3}], whole=True)

    assert bundle.judge(whole, Place(first.number, first.digest), {}) is Verdict.NEXT
    assert bundle.judge(whole, None, {}) is Verdict.NEXT


def test_every_way_to_the_end_applies_each_bundle_once(sender: Sender) -> None:
    """Whatever the order in which they are looked at, and however often."""
    made = [sender.send([{"n": n}]) for n in range(5)]
    chance = random.Random(5)
    for _ in range(50):
        place, had, applied = None, {}, []
        while len(applied) < len(made):
            manifest = chance.choice(made)
            try:
                verdict = bundle.judge(manifest, place, had)
            except BundleError as refused:
                assert refused.name is BundleRefusal.NUMBER_MISSING  # noqa: PT017 - one of two ways
                continue
            if verdict is Verdict.NEXT:
                place = Place(manifest.number, manifest.digest)
                had[manifest.number] = manifest.digest
                applied.append(manifest.number)
        assert applied == [1, 2, 3, 4, 5]


def test_a_discarded_bundle_leaves_others_alone(sender: Sender) -> None:
    first, second = sender.send(ITEMS), sender.send(ITEMS)
    bundle.discard(sender.folder, first.stem)

    assert bundle.numbers_in(sender.folder, OUT) == [2]
    assert {path.name.partition(".")[0] for path in sender.folder.iterdir()} == {second.stem}


def test_a_count_that_is_another_than_signed_is_unreadable(sender: Sender, tmp_path: Path) -> None:
    manifest = sender.send(ITEMS)
    list(bundle.fetch(sender.folder, tmp_path / "in", manifest))
    told = manifest.model_copy(update={"items": 7})

    unread = refusal_of(lambda: list(bundle.read_items(tmp_path / "in", told)))
    assert unread is BundleRefusal.CONTENT
