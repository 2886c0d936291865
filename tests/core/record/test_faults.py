"""Whatever fails, and whenever: no two inconsistent checkpoints, no acknowledged leaf lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.core.record import disk
from shidian.core.record import notary as notary_module
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.state import SignerState
from shidian.core.record.verify import verify_log
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.note import sign
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.core.record.faulty import FaultyOs, PowerCutError
from tests.core.record.logs import NOW_S, ORIGIN, entry, items, quick_folder

if TYPE_CHECKING:
    from pathlib import Path

BATCHES = ((0, 254), (254, 1), (255, 3), (258, 260))
"""Start and length of what is appended: bundles that fill, tiles that fill, several at once."""
OPERATIONS_MAX = 2000


class Run:
    """One life of a log on a disk that fails once; afterwards everything is tried again."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, fail_at: int, *, cut: bool) -> None:
        self._folder = folder
        self.faulty = FaultyOs(fail_at, cut=cut)
        self.signed: list[str] = []
        self.acknowledged: dict[int, int] = {}
        self.refused: list[Refusal] = []
        patch.setattr(disk, "os", self.faulty)
        patch.setattr(notary_module, "sign", self._sign)
        decide = SignerState.decide

        def faulty_decide(state: SignerState, *given: object, **named: object) -> None:
            with disk.named_errors("the signer's state"):
                self.faulty.point()  # the disk may fail before the transaction is committed
                decide(state, *given, **named)  # type: ignore[arg-type]
                self.faulty.point()  # or after

        patch.setattr(SignerState, "decide", faulty_decide)

    def _sign(self, text: str, *given: object) -> object:
        self.signed.append(text)
        return sign(text, *given)  # type: ignore[arg-type]

    def live(self) -> None:
        """All batches and a rotation, over again from where a failure stopped them."""
        for _ in range(3):
            try:
                with Notary(self._folder, ORIGIN, clock=lambda: NOW_S) as notary:
                    self._work(notary)
                    return
            except PowerCutError:
                self.faulty.lose()
            except (RecordError, OSError) as error:
                # Only where the notary could not start: `_work` goes on with the one it has.
                self._note(error)
        raise AssertionError("one failure is survived by starting again")

    def _work(self, notary: Notary) -> None:
        for start, count in BATCHES:
            self._again(lambda: self._append(notary, start, count))  # noqa: B023 - called at once
            if start == 255 and (self._folder / "signer" / "log-1.key").exists():
                self._again(notary.rotate_key)

    def _append(self, notary: Notary, start: int, count: int) -> None:
        for outbox_id, index in notary.append(items(count, start)).items():
            assert self.acknowledged.setdefault(outbox_id, index) == index

    def _again(self, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except (RecordError, OSError) as error:
            self._note(error)
            self.judge()
            act()  # type: ignore[operator]

    def _note(self, error: Exception) -> None:
        assert isinstance(error, RecordError), error
        self.refused.append(error.name)

    def judge(self) -> None:
        """The log as published verifies, holds what was acknowledged, and is the only one."""
        reader = LogReader(self._folder / "tiles")
        if not (self._folder / "tiles" / "checkpoint").exists():
            assert not self.acknowledged
            return
        policy = parse_policy((self._folder / "tiles" / "policy").read_text())
        size = verify_log(reader, policy).checkpoint.size
        told = dict(reader.entries(size))
        for outbox_id, index in self.acknowledged.items():
            assert told[index] == entry(outbox_id - 1)
        roots: dict[int, bytes] = {}
        for text in self.signed:
            told = Checkpoint.parse(text)
            assert roots.setdefault(told.size, told.root) == told.root
            if told.size <= size:
                assert reader.tree(size).root(told.size) == told.root


def sweep(step: int, first: int, *, cut: bool) -> int:
    """Let each `step`-th operation fail in a run of its own; the number of runs."""
    for runs, fail_at in enumerate(range(first, OPERATIONS_MAX, step)):
        with quick_folder() as folder, pytest.MonkeyPatch.context() as patch:
            run = Run(folder, patch, fail_at, cut=cut)
            run.live()
            run.judge()
            assert len(run.acknowledged) == sum(count for _, count in BATCHES)
            if not run.faulty.failed:
                return runs
            assert cut or run.refused == [Refusal.DISK_FULL]
    raise AssertionError("there are more operations than this sweep reaches")


@pytest.mark.parametrize("cut", [False, True], ids=["disk-full", "power-cut"])
def test_log_survives_failures_of_some_operations(cut: bool) -> None:
    assert sweep(17, 1 + 8 * cut, cut=cut) >= 10


@pytest.mark.prove
@pytest.mark.parametrize("cut", [False, True], ids=["disk-full", "power-cut"])
def test_log_survives_the_failure_of_any_one_operation(cut: bool) -> None:
    assert sweep(1, 1, cut=cut) >= 100
