"""A notary killed at any moment: no two inconsistent checkpoints, no acknowledged leaf lost.

`make prove` kills 20 times; SHIDIAN_PROVE_SCALE=25 pytest -m prove tests/notary/test_kills.py 500.
"""

from __future__ import annotations

import os
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.note import Note
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.core.record.logs import entry, quick_folder
from tests.notary.running import RunningNotary

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.notary.client import NotaryClient

SCALE = int(os.environ.get("SHIDIAN_PROVE_SCALE", "1"))
ROTATE_EVERY = 12
LIFE_S_MAX = 0.25


class Log:
    """What was asked, what was acknowledged, and every checkpoint that anyone could see."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._chance = random.Random(seed)
        self._next = 1
        self.indices: dict[int, int] = {}
        self.seen: dict[int, bytes] = {}

    def life(self, number: int) -> None:
        """One life of a notary: it is asked as fast as it answers, and killed meanwhile."""
        notary = RunningNotary(self._home)
        client = notary.client()
        self.look(client.checkpoint().encode())
        if number % 4:  # else it may be killed before it has acknowledged anything
            self._append(client)
        killer = threading.Timer(self._chance.random() * LIFE_S_MAX, notary.kill)
        killer.start()
        try:
            if number % ROTATE_EVERY == 0:
                client.rotate_key()
            while True:
                self._append(client)
        except RecordError as error:
            if error.name is not Refusal.NOT_REACHABLE:
                raise
        killer.join()
        client.close()
        for name in ("checkpoint", ".checkpoint.new"):
            path = self._home / "record" / "tiles" / name
            if path.exists():
                self.look(path.read_bytes())

    def _append(self, client: NotaryClient) -> None:
        """Some new leaves, and again some whose answer may have been lost."""
        count = self._chance.choice([1, 1, 2, 7, 40])
        start = self._chance.randrange(max(1, self._next - 50), self._next + 1)
        ids = range(start, max(start, self._next) + count)
        self._next = max(self._next, ids.stop)
        answer = client.append([(outbox_id, entry(outbox_id)) for outbox_id in ids])
        for outbox_id, index in answer.indices.items():
            assert self.indices.setdefault(outbox_id, index) == index
        self.look(answer.checkpoint.encode())

    def look(self, data: bytes) -> None:
        """A checkpoint that was shown, or lay in a draft: one root a size, for ever."""
        try:
            told = Checkpoint.parse(Note.parse(data).text)
        except RecordError:
            return  # a draft half written
        assert self.seen.setdefault(told.size, told.root) == told.root

    def judge(self) -> None:
        with RunningNotary(self._home) as notary:
            notary.client().close()
            reader = LogReader(notary.tiles)
            policy = parse_policy(reader.published_policy().decode())
            size = verify_log(reader, policy).checkpoint.size
            tree = reader.tree(size)
            for seen, root in self.seen.items():
                assert seen <= size
                assert tree.root(seen) == root
            told = dict(reader.entries(size))
            for outbox_id, index in self.indices.items():
                assert told[index] == entry(outbox_id)


def lives(count: int, seed: int) -> Log:
    started = time.monotonic()
    with quick_folder() as home:
        log = Log(home, seed)
        for number in range(1, count + 1):
            log.life(number)
        log.judge()
    print(f"{count} kills, {len(log.indices)} leaves, {time.monotonic() - started:.0f} s")  # noqa: T201 - figures of a proof by hand
    return log


def test_killed_notary_goes_on_where_it_was() -> None:
    assert len(lives(3, seed=1).indices) > 0


@pytest.mark.prove
def test_notary_killed_many_times_contradicts_itself_never() -> None:
    assert len(lives(20 * SCALE, seed=2).indices) > 20
