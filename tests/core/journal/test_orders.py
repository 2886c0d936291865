"""Orders, leases and acknowledgements in the journal: what the gate knows, and what it keeps."""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.journal import ControlError, EntryKind, Journal, JournalReader
from shidian.core.journal.orders import (
    AcknowledgementRecord,
    LapseRecord,
    OrderConflictError,
    OrderRecord,
    ProjectOrders,
)
from shidian.core.journal.permits import PermitRefusedError
from shidian_kit.wire import keys
from shidian_kit.wire.order import AcknowledgementKind, OrderKind
from shidian_kit.wire.permit import OnOutage, OrderState, PermitMode, decode

from .samples import DOCUMENT, PROJECT, SOURCE, START_US, activate, activation

DIGEST = "sha256:" + "1" * 64
PERMITS = DOCUMENT | {"orders": {"permit": {"ttl": "60s", "grace": "30s"}}}
KEY = keys.generate().public_key()
KEY_ID = keys.key_id(KEY)
KEY_RECORD = {
    "project": PROJECT,
    "source": SOURCE,
    "key_id": KEY_ID,
    "public_key": keys.public_text(KEY),
}


def order(order_id, kind, **changed):
    return {
        "project": PROJECT,
        "order_id": order_id,
        "order_kind": kind,
        "effective_us": START_US,
        "digest": DIGEST,
    } | changed


def acknowledgement(order_id="O-1", kind="received"):
    return AcknowledgementRecord(
        project=PROJECT,
        order_id=order_id,
        kind=AcknowledgementKind(kind),
        at_us=START_US,
        source=SOURCE,
        key_id=KEY_ID,
        document="{}",
        authority="gate.example",
        path="/v1/acknowledgements",
        content_type="application/json",
        signature_input="sig=()",
        signature="sig=::",
    )


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite3") as journal:
        activate(journal, document=PERMITS)
        journal.append_control(EntryKind.KEY, 2, KEY_RECORD)
        yield journal


def leased(journal, nonce="n"):
    return decode(journal.submit_lease(KEY_ID, nonce).result())


def test_order_decides_what_permits_say_from_its_entry_on(journal):
    states = [(leased(journal).state, leased(journal).order)]
    for number, (order_id, kind) in enumerate(
        [("O-1", "remind"), ("O-2", "suspend"), ("O-3", "warn"), ("O-4", "resume")], start=10
    ):
        journal.append_control(EntryKind.ORDER, number, order(order_id, kind))
        states.append((leased(journal).state, leased(journal).order))
    assert states == [
        (OrderState.RUNNING, None),
        (OrderState.RUNNING, None),
        (OrderState.SUSPENDED, "O-2"),
        (OrderState.SUSPENDED, "O-2"),
        (OrderState.RUNNING, "O-4"),
    ]


def test_lapse_reopens_only_where_the_rules_say_so_and_its_order_still_stands(journal):
    journal.append_control(EntryKind.ORDER, 10, order("O-1", "suspend"))
    lapse = {"project": PROJECT, "order_id": "O-1", "effective_us": START_US}
    journal.append_control(EntryKind.LAPSE, 11, lapse)
    assert leased(journal).state is OrderState.SUSPENDED
    journal.append_control(EntryKind.LAPSE, 12, lapse | {"reopens": True})
    assert leased(journal).state is OrderState.RUNNING
    journal.append_control(EntryKind.ORDER, 13, order("O-2", "suspend"))
    journal.append_control(EntryKind.LAPSE, 14, lapse | {"reopens": True})
    assert leased(journal).state is OrderState.SUSPENDED


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (EntryKind.ORDER, order("O-2", "resume")),
        (EntryKind.ORDER, order("O-1", "remind")),
        (EntryKind.ORDER, order("O-3", "stop")),
        (EntryKind.ORDER, order("O-3", "warn", digest="md5:0")),
        (EntryKind.ORDER, order("O-3", "warn", project="P-2026-0002")),
        (EntryKind.LAPSE, {"project": PROJECT, "order_id": "O-9", "effective_us": START_US}),
    ],
)
def test_order_that_cannot_follow_is_refused(journal, kind, record):
    journal.append_control(EntryKind.ORDER, 10, order("O-1", "terminate"))
    with pytest.raises(ControlError):
        journal.append_control(kind, 11, record)
    assert leased(journal).order == "O-1"


def test_lease_is_an_entry_and_says_terms_and_limits(journal, tmp_path):
    first = leased(journal, "one")
    assert (first.nonce, first.ttl_ms, first.grace_ms) == ("one", 60_000, 30_000)
    assert (first.mode, first.on_outage) == (PermitMode.NO_NEW_BUSINESS, OnOutage.KEEP_LAST)
    journal.append_control(
        EntryKind.PLAN, 10, {"project": PROJECT, "effective_us": START_US, "plan": {"cap": "1"}}
    )
    second = leased(journal, "two")
    assert second.limits != first.limits
    with JournalReader(tmp_path / "journal.sqlite3") as reader:
        entries = [entry for entry in reader if entry.kind is EntryKind.LEASE]
        assert [decode(entry.payload) for entry in entries] == [first, second]
        assert [entry.entry for entry in entries] == [first.entry, second.entry]
        assert all(entry.kind is not EntryKind.LEASE for entry in reader.controls())


def test_permit_needs_a_live_key_an_open_project_and_a_rulebook_with_permits(tmp_path):
    with Journal(tmp_path / "journal.sqlite3") as journal:
        journal.append_control(EntryKind.KEY, 1, KEY_RECORD)
        refused = [refusal(journal)]
        journal.append_control(EntryKind.ACTIVATION, 2, activation())
        refused.append(refusal(journal))
        journal.append_control(EntryKind.ACTIVATION, 3, activation(document=PERMITS))
        assert leased(journal).new_business
        journal.append_control(EntryKind.KEY, 4, KEY_RECORD | {"revoked": True})
        refused.append(refusal(journal))
        journal.append_control(EntryKind.KEY, 5, KEY_RECORD)
        journal.append_control(
            EntryKind.CLOSING,
            6,
            {"project": PROJECT, "effective_us": START_US, "outcome": "withdrawn"},
        )
        refused.append(refusal(journal))
    assert refused == ["not-active", "no-permits", "revoked", "closed"]


def refusal(journal):
    with pytest.raises(PermitRefusedError) as refused:
        leased(journal)
    return refused.value.code


@pytest.mark.parametrize(
    "permit",
    [
        {"ttl": "soon"},
        {},
        {"ttl": "60s", "mode": "half-stop"},
        {"ttl": "60s", "on_regulator_outage": "guess"},
        {"ttl": "0s"},
        {"ttl": "30d"},
        "60s",
    ],
)
def test_unfit_terms_of_permits_are_refused_with_the_activation(journal, permit):
    document = DOCUMENT | {"orders": {"permit": permit}}
    with pytest.raises(ControlError, match=r"orders\.permit"):
        journal.append_control(EntryKind.ACTIVATION, 50, activation(document=document))


def test_acknowledgement_is_kept_once_over_a_restart(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        activate(journal, document=PERMITS)
        with pytest.raises(ControlError, match="O-1"):
            journal.submit_acknowledgement(acknowledgement(), DIGEST).result()
        journal.append_control(EntryKind.ORDER, 10, order("O-1", "suspend"))
        with pytest.raises(ControlError, match="digest"):
            journal.submit_acknowledgement(acknowledgement(), "sha256:" + "2" * 64).result()
        first = journal.submit_acknowledgement(acknowledgement(), DIGEST).result()
        assert journal.submit_acknowledgement(acknowledgement(), DIGEST).result() == first
    with Journal(path) as journal:
        again = journal.submit_acknowledgement(acknowledgement(), DIGEST).result()
        effective = acknowledgement(kind="effective")
        assert again == first < journal.submit_acknowledgement(effective, DIGEST).result()
        assert leased_state(journal) is OrderState.SUSPENDED
    with JournalReader(path) as reader:
        kept = reader.acknowledgements_after(0, 10)
        assert [entry.control()["kind"] for entry in kept] == ["received", "effective"]
        assert reader.acknowledgements_after(first, 10) == kept[1:]


def leased_state(journal):
    return journal.registry.orders_of(PROJECT).state


def test_journal_of_the_format_before_takes_leases_and_refuses_an_outbox_id_twice(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        activate(journal, document=PERMITS)
    db = sqlite3.connect(path)
    db.executescript("""
        DROP INDEX entry_outbox; DROP TRIGGER entry_once;
        CREATE UNIQUE INDEX entry_outbox ON entry (seq0) WHERE kind NOT IN ('data', 'tick');
        CREATE TRIGGER entry_once BEFORE INSERT ON entry
        WHEN NEW.kind NOT IN ('data', 'tick') AND EXISTS (
            SELECT 1 FROM entry WHERE seq0 = NEW.seq0 AND kind NOT IN ('data', 'tick'))
        BEGIN SELECT RAISE(ABORT, 'this outbox id is in the journal'); END;
        PRAGMA user_version=2;
    """)
    db.close()
    with Journal(path) as journal:
        journal.append_control(EntryKind.KEY, 2, KEY_RECORD)
        assert leased(journal).entry < leased(journal).entry
        with pytest.raises(ControlError, match="outbox id 2"):
            journal.append_control(EntryKind.ORDER, 2, order("O-1", "warn"))


RECORDS = st.lists(
    st.one_of(
        st.builds(
            OrderRecord,
            project=st.just(PROJECT),
            order_id=st.sampled_from(["a", "b", "c", "d", "e"]),
            order_kind=st.sampled_from(OrderKind),
            effective_us=st.just(0),
            digest=st.just(DIGEST),
        ),
        st.builds(
            LapseRecord,
            project=st.just(PROJECT),
            order_id=st.sampled_from(["a", "b", "c", "d", "e"]),
            effective_us=st.just(0),
            reopens=st.booleans(),
        ),
    ),
    max_size=12,
)


@given(RECORDS)
def test_only_an_order_or_a_reopening_lapse_moves_the_state(records):
    path = [ProjectOrders()]
    taken = []
    for record in records:
        try:
            path[-1].check(record)
        except OrderConflictError:
            continue
        taken.append(record)
        path.append(path[-1].after(record))
    for (before, after), record in zip(pairwise(path), taken, strict=True):
        if before.state is OrderState.TERMINATED:
            assert after.state is OrderState.TERMINATED or isinstance(record, LapseRecord)
        if after.state is not before.state:
            assert isinstance(record, LapseRecord) or after.by == record.order_id
    ordered = [record.order_id for record in taken if isinstance(record, OrderRecord)]
    assert len(ordered) == len(set(ordered))
