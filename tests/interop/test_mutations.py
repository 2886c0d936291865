"""A published log that was changed in any way is refused, by us and by Go; an untouched one never.

`make test` tries a few, `make prove` some hundreds; SHIDIAN_PROVE_SCALE multiplies them:
SHIDIAN_PROVE_SCALE=34 pytest -m prove tests/interop/test_mutations.py tries 10,200.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.wire import keys
from shidian_kit.wire.note import Vkey
from shidian_kit.wire.policy import Policy
from shidian_kit.wire.refusal import RecordError
from tests.core.record.logs import NOW_S, ORIGIN, entries, entry, items, publish, quick_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.judge import Judge

SCALE = int(os.environ.get("SHIDIAN_PROVE_SCALE", "1"))
FEW, SOME = 40, 300
GROWTHS = ((1,), (2, 1), (5, 3, 9), (255,), (255, 1), (250, 7, 1), (300, 20, 4), (511, 1, 2, 1))


class Published:
    """A log that a notary has published in steps, and all checkpoints it gave out."""

    def __init__(self, folder: Path, growth: tuple[int, ...]) -> None:
        self.tiles = folder / "tiles"
        self.notes: list[bytes] = []
        with Notary(folder, ORIGIN, clock=lambda: NOW_S) as notary:
            self.key = notary.vkey
            size = 0
            for count in growth:
                notary.append(items(count, size))
                size += count
                self.notes.append(notary.checkpoint())
        self.files = sorted(path for path in self.tiles.rglob("*") if path.is_file())
        self.files = [path for path in self.files if path.name != "policy"]
        self.private = keys.load_private(folder / "signer" / "log-1.key")
        self.size = size


def test_changed_logs_are_refused_by_us_and_by_go(judge: Judge) -> None:
    refuse(judge, FEW, seed=1)


@pytest.mark.prove
def test_many_changed_logs_are_refused_by_us_and_by_go(judge: Judge) -> None:
    refuse(judge, SOME * SCALE, seed=2)


def test_untouched_logs_are_accepted_by_us_and_by_go(judge: Judge) -> None:
    accept(judge, FEW, seed=3)


@pytest.mark.prove
def test_many_untouched_logs_are_accepted_by_us_and_by_go(judge: Judge) -> None:
    accept(judge, SOME * SCALE, seed=4)


def refuse(judge: Judge, count: int, seed: int) -> None:
    chance = random.Random(seed)
    with quick_folder() as folder:
        logs = [Published(folder / str(nth), growth) for nth, growth in enumerate(GROWTHS)]
        done = 0
        while done < count:
            log = chance.choice(logs)
            kept = {path: path.read_bytes() for path in log.files}
            since = mutate(log, kept, chance)
            if since is None:
                continue
            told = f"mutation {done} of seed {seed}, log of {log.size}"
            assert refused_by_us(log, since), told
            assert judge(log.tiles, str(log.key), since=since).startswith("refused"), told
            for path, data in kept.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            done += 1
        for log in logs:  # what was put back is what it was
            assert ours(log.tiles, log.key, log.notes[0]) == log.size
            assert judge(log.tiles, str(log.key), since=log.notes[0]) == f"ok {log.size}"


def refused_by_us(log: Published, since: bytes) -> bool:
    try:
        ours(log.tiles, log.key, since)
    except RecordError:
        return True
    return False


def ours(tiles: Path, key: Vkey, since: bytes) -> int:
    found = verify_log(LogReader(tiles), Policy(logs=(key,)), since=since or None)
    return found.checkpoint.size


def mutate(log: Published, kept: dict[Path, bytes], chance: random.Random) -> bytes | None:
    """Change one thing; the older checkpoint to hold it against, or None if nothing changed."""
    path = chance.choice(log.files)
    data = kept[path]
    match chance.choice(["content", "content", "content", "swap", "gone", "back", "fork"]):
        case "content":
            path.write_bytes(changed(data, chance))
        case "swap":
            other = chance.choice(log.files)
            path.write_bytes(kept[other])
            other.write_bytes(data)
            return None if kept[other] == data else log.notes[0]
        case "gone":
            if path.parent.name.endswith(".p") and path != newest(path.parent):
                return None  # partial tiles of before may go at any time
            path.unlink()
        case "back":
            (log.tiles / "checkpoint").write_bytes(chance.choice(log.notes))
            rolled_back = (log.tiles / "checkpoint").read_bytes() != log.notes[-1]
            return log.notes[-1] if rolled_back else None
        case "fork":
            return fork(log, chance)
    return log.notes[0]


def changed(data: bytes, chance: random.Random) -> bytes:
    """A bit flipped, bytes overwritten, cut off or added: never what it was."""
    at = chance.randrange(len(data))
    flipped = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    overwritten = data[:at] + chance.randbytes(8) + data[at + 8 :]
    longer = data + chance.randbytes(chance.choice([1, 2, 32, 64]))
    found = chance.choice([flipped, flipped, overwritten, data[:at], longer])
    return found if found != data else flipped


def newest(partials: Path) -> Path:
    return max(partials.iterdir(), key=lambda path: int(path.name))


def fork(log: Published, chance: random.Random) -> bytes:
    """The log shows another tree under its own key to whoever holds this checkpoint."""
    size = chance.randrange(1, log.size + 1)
    with quick_folder() as other:
        different = [*entries(size)]
        different[chance.randrange(size)] = entry(1_000_000 + size)
        return publish(other, different, log.private)


def accept(judge: Judge, count: int, seed: int) -> None:
    chance = random.Random(seed)
    for nth in range(count):
        key = keys.generate()
        size = chance.choice([chance.randrange(8), chance.randrange(600)])
        all_entries = entries(size, start=chance.randrange(1000))
        older = chance.randrange(size + 1)
        with quick_folder() as folder:
            since = publish(folder / "older", all_entries[:older], key)
            publish(folder / "log", all_entries, key)
            vkey = Vkey.of(ORIGIN, key)
            told = f"log {nth} of seed {seed}"
            assert ours(folder / "log", vkey, since) == size, told
            assert judge(folder / "log", str(vkey), since=since) == f"ok {size}", told
