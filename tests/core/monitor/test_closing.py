"""What is no rule and no event changes nothing in what is computed: live, batch, oracle."""

from __future__ import annotations

import pytest

from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import assert_replay_agrees, write_journal
from tests.oracle.histories import random_log

CLOSING = {"effective_us": 1, "outcome": "graduated", "keep_until_us": 2}
PASSED_OVER = {
    EntryKind.ORDER: {"order_id": "O-1", "order_kind": "suspend", "effective_us": 1, "digest": "…"},
    EntryKind.LAPSE: {"order_id": "O-1", "effective_us": 1, "reopens": True},
    EntryKind.ACKNOWLEDGEMENT: {"order_id": "O-1", "kind": "effective"},
    EntryKind.CLOSING: CLOSING,
}


@pytest.mark.parametrize("seed", range(3))
def test_closing_orders_and_permits_are_passed_over(tmp_path, seed):
    log = random_log(seed)
    plain = replay(log.entries)
    for project in sorted({entry.project for entry in log.entries if entry.project}):
        for kind, record in PASSED_OVER.items():
            log.control(kind, project, record)
        log.lease(project, "s0")
    closed = assert_replay_agrees(log.entries)
    assert (closed.as_known_digest, closed.final_digest) == (
        plain.as_known_digest,
        plain.final_digest,
    )
    write_journal(tmp_path / "j", log.entries)
    with JournalReader(tmp_path / "j") as reader:
        batch = BatchReplay(reader, threads=1).replay()
    assert (batch.as_known_digest, batch.final_digest, batch.faults) == (
        plain.as_known_digest,
        plain.final_digest,
        plain.faults,
    )
