"""What the journal's tests write: one project with two streams, one source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.journal.entry import EntryKind
from shidian_kit.wire.envelope import Event, Op

if TYPE_CHECKING:
    from shidian.core.journal import Journal

PROJECT = "P-2026-0001"
SOURCE = "urn:demo:trading-assistant"
START_US = 1_672_531_200_000_000
"""2023-01-01T00:00Z."""
EPOCH = 7

DOCUMENT = {
    "rulebook": "demo",
    "streams": [
        {
            "id": "transfer.made",
            "title": {"zh": "转账", "en": "Transfer"},
            "fields": {
                "amount": {"type": "money", "non_negative": "true"},
                "sender": {"type": "pseudonym"},
                "receiver": {"type": "pseudonym"},
            },
        },
        {
            "id": "service.probe",
            "fields": {
                "up": {"type": "bool"},
                "latency": {"type": "duration", "required": "false"},
                "score": {"type": "decimal", "scale": "6", "required": "false"},
                "count": {"type": "int", "required": "false"},
                "topic": {"type": "code", "required": "false"},
                "words": {"type": "text", "required": "false"},
            },
        },
    ],
    "monitoring": {"tick": "2s"},
}


def activation(**changed):
    return {
        "project": PROJECT,
        "start_us": START_US,
        "effective_us": START_US,
        "rules_digest": "sha256:" + "0" * 64,
        "document": DOCUMENT,
        "plan": {"investors_max": "100"},
    } | changed


def activate(journal: Journal, **changed) -> int:
    return journal.append_control(EntryKind.ACTIVATION, 1, activation(**changed))


def transfer(seqno: int, amount: str = "10.00", **changed) -> Event:
    values = {
        "project": PROJECT,
        "source": SOURCE,
        "epoch": EPOCH,
        "seqno": seqno,
        "type": "transfer.made",
        "time_us": START_US + seqno,
        "data": {"amount": amount, "sender": "p_aaaaaaaa", "receiver": "p_bbbbbbbb"},
    }
    return Event(**(values | changed))


def probe(seqno: int, **data) -> Event:
    return transfer(seqno, type="service.probe", data={"up": True} | data)


def void(seqno: int, rev: int = 1) -> Event:
    return transfer(seqno, rev=rev, op=Op.VOID, data={})
