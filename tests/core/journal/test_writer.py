"""Identity, statuses and durability of what is appended."""

from __future__ import annotations

import sqlite3

import pytest

from shidian.core.journal import (
    ControlError,
    Gap,
    ItemStatus,
    Journal,
    JournalReader,
    Malformed,
    UnknownProjectError,
)
from shidian.core.journal.entry import EntryKind, payload_sha256
from shidian_kit.wire import keys
from shidian_kit.wire.envelope import Op

from .samples import (
    EPOCH,
    PROJECT,
    SOURCE,
    START_US,
    activate,
    activation,
    probe,
    transfer,
    void,
)

NOW_US = START_US + 40 * 86_400_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gate" / "journal.sqlite3"


@pytest.fixture
def journal(path):
    with Journal(path, clock=lambda: NOW_US) as journal:
        activate(journal)
        yield journal


def statuses(journal, *items):
    return [item.status.value for item in journal.append_batch(PROJECT, SOURCE, items).items]


def test_batch_is_one_entry_with_typed_columns(journal, path):
    result = journal.append_batch(
        PROJECT, SOURCE, [transfer(1, "163.3"), probe(2, latency=1500, score="0.123456")]
    )
    with JournalReader(path) as reader:
        entry = reader.entries_after(1, 10)[0]
        pseudonyms = reader.pseudonyms(PROJECT)
    assert result.entries == (2,)
    assert (entry.kind, entry.seq0, entry.n, entry.epoch) == (EntryKind.DATA, 1, 2, EPOCH)
    assert (entry.source, entry.ingest_us) == (SOURCE, NOW_US)
    assert entry.sha256 == payload_sha256(entry.payload)
    table = entry.table()
    assert table["seqno"].to_pylist() == [1, 2]
    assert table["time_us"].to_pylist() == [START_US + 1, START_US + 2]
    assert table["transfer.made/amount"].to_pylist() == [16330, None]
    assert table.schema.field("transfer.made/amount").metadata[b"scale"] == b"2"
    assert table["service.probe/score"].to_pylist() == [None, 123456]
    assert table["service.probe/up"].to_pylist() == [None, True]
    sender = table["transfer.made/sender"].to_pylist()[0]
    assert pseudonyms[sender] == "p_aaaaaaaa"


def test_same_event_again_is_duplicate_and_another_payload_conflict(journal, path):
    assert statuses(journal, transfer(1), probe(2)) == ["accepted", "accepted"]
    again = [transfer(1), transfer(1, "10.01"), probe(2), probe(2, latency=1), transfer(3)]
    assert statuses(journal, *again) == [
        "duplicate",
        "conflict",
        "duplicate",
        "conflict",
        "accepted",
    ]
    with JournalReader(path) as reader:
        assert [entry.n for entry in reader if entry.kind is EntryKind.DATA] == [2, 1]
        assert [refusal.status for refusal in reader.refusals_after(0, 9)] == [
            ItemStatus.CONFLICT,
            ItemStatus.CONFLICT,
        ]


def test_same_money_in_other_digits_is_the_same_payload(journal):
    assert statuses(journal, transfer(1, "10.5"), transfer(1, "10.50")) == ["accepted", "duplicate"]
    assert statuses(journal, transfer(1, "010.5")) == ["duplicate"]


def test_identity_twice_in_one_batch_is_judged_within_it(journal):
    assert statuses(journal, transfer(1), transfer(1), transfer(1, "9")) == [
        "accepted",
        "duplicate",
        "conflict",
    ]


def test_quarantined_number_may_be_sent_again_mended(journal, path):
    assert statuses(journal, transfer(1), transfer(2, "1.234"), transfer(3)) == [
        "accepted",
        "quarantined",
        "accepted",
    ]
    with JournalReader(path) as reader:
        assert reader.gaps(PROJECT) == [Gap(SOURCE, EPOCH, 2, 2)]
        [refusal] = reader.refusals_after(0, 9)
    assert (refusal.field, refusal.seqno) == ("data.amount", 2)
    assert refusal.reason.startswith("scale:")
    assert statuses(journal, transfer(2, "1.23")) == ["accepted"]
    with JournalReader(path) as reader:
        assert reader.gaps(PROJECT) == []


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({"amount": "1.234"}, "data.amount", "scale"),
        ({"amount": "-0.01"}, "data.amount", "negative"),
        ({"amount": 5}, "data.amount", "type"),
        ({"amount": "NaN"}, "data.amount", "type"),
        ({"amount": "92233720368547758.08"}, "data.amount", "range"),
        ({"sender": "张三"}, "data.sender", "type"),
        ({"sender": None}, "data.sender", "missing"),
        ({"colour": "red"}, "data.colour", "field"),
        ({"身份证 110101": "x"}, "data.?", "field"),
    ],
)
def test_unfit_value_is_quarantined_with_field_and_reason(journal, path, data, field, code):
    good = transfer(1).data
    assert statuses(journal, transfer(1, data={**good, **data}), transfer(2)) == [
        "quarantined",
        "accepted",
    ]
    with JournalReader(path) as reader:
        [refusal] = reader.refusals_after(0, 9)
    assert (refusal.field, refusal.reason.split(":")[0]) == (field, code)
    for value in data.values():
        assert str(value) not in refusal.reason


def test_largest_amount_is_kept_exactly(journal, path):
    assert statuses(journal, transfer(1, "90071992547409.92")) == ["accepted"]
    with JournalReader(path) as reader:
        assert reader.entries_after(1, 1)[0].table()["transfer.made/amount"].to_pylist() == [2**53]


@pytest.mark.parametrize("amount", ["90071992547409.93", "92233720368547758.07", "9" * 20])
def test_amount_that_could_stop_the_evaluation_is_quarantined(journal, amount):
    [refused] = journal.append_batch(PROJECT, SOURCE, [transfer(1, amount)]).items
    assert (refused.status, refused.field) == (ItemStatus.QUARANTINED, "data.amount")
    assert refused.reason == "range: is beyond 2^53 in the smallest unit of this field"


@pytest.mark.parametrize(
    ("time_us", "status"),
    [
        (0, "quarantined"),
        (START_US - 86_400_000_001, "quarantined"),
        (START_US - 86_400_000_000, "accepted"),
        (NOW_US + 60_000_000, "accepted"),
        (NOW_US + 60_000_001, "quarantined"),
        (4_070_908_800_000_000, "quarantined"),
    ],
)
def test_event_time_lies_between_start_and_now(journal, time_us, status):
    assert statuses(journal, transfer(1, time_us=time_us)) == [status]


def test_corrections_and_voids_have_identities_of_their_own(journal):
    correction = transfer(1, "11.00", rev=1, op=Op.CORRECT)
    assert statuses(journal, correction, transfer(1)) == ["accepted", "accepted"]
    again = [correction, transfer(1, "12", rev=1, op=Op.CORRECT), void(1, 2), void(1, 2)]
    assert statuses(journal, *again) == ["duplicate", "conflict", "accepted", "duplicate"]


def test_foreign_source_project_and_stream_are_quarantined(journal):
    items = [
        transfer(1, source="urn:other"),
        transfer(2, project="P-2026-0002"),
        transfer(3, type="unheard.of"),
        Malformed(b"\0" * 32, "seqno", "malformed: must be text"),
        transfer(4),
    ]
    assert statuses(journal, *items) == ["quarantined"] * 4 + ["accepted"]


def test_each_epoch_is_an_entry_and_an_older_unknown_epoch_is_refused(journal, path):
    items = [transfer(1), transfer(1, epoch=9), transfer(2, epoch=9)]
    result = journal.append_batch(PROJECT, SOURCE, items)
    assert len(result.entries) == 2
    assert statuses(journal, transfer(1, epoch=8), transfer(2)) == ["quarantined", "accepted"]
    with JournalReader(path) as reader:
        assert [(feed.epoch, feed.seqno_max) for feed in reader.feeds(PROJECT)] == [(7, 2), (9, 2)]


def test_restart_keeps_identities_codes_keys_and_time(path):
    key = keys.generate().public_key()
    record = {
        "project": PROJECT,
        "source": SOURCE,
        "key_id": keys.key_id(key),
        "public_key": keys.public_text(key),
    }
    with Journal(path, clock=lambda: NOW_US) as journal:
        activate(journal)
        journal.append_control(EntryKind.KEY, 2, record)
        statuses(journal, transfer(1), transfer(3))
    with Journal(path, clock=lambda: NOW_US - 86_400_000_000) as journal:
        assert statuses(journal, transfer(1), transfer(3), transfer(2)) == [
            "duplicate",
            "duplicate",
            "accepted",
        ]
        assert journal.registry.keys[keys.key_id(key)].source == SOURCE
    with JournalReader(path) as reader:
        entries = list(reader)
        assert len(reader.pseudonyms(PROJECT)) == 2
    assert [entry.entry for entry in entries] == [1, 2, 3, 4]
    assert entries[-1].ingest_us == NOW_US


def test_outbox_id_reaches_the_journal_once(journal):
    plan = {"project": PROJECT, "effective_us": START_US + 5, "plan": {"investors_max": "50"}}
    first = journal.append_control(EntryKind.PLAN, 2, plan)
    assert journal.append_control(EntryKind.PLAN, 2, plan) == first
    with pytest.raises(ControlError, match="another record"):
        journal.append_control(EntryKind.PLAN, 2, plan | {"plan": {}})
    with pytest.raises(ControlError, match="another record"):
        journal.append_control(EntryKind.ACTIVATION, 2, activation())


def test_change_to_a_project_with_data_takes_effect_after_now(journal, path):
    plan = {"project": PROJECT, "effective_us": START_US + 5, "plan": {}}
    before = journal.append_control(EntryKind.PLAN, 2, plan)
    statuses(journal, transfer(1))
    after = journal.append_control(EntryKind.PLAN, 3, plan)
    assert journal.append_control(EntryKind.PLAN, 3, plan) == after
    with JournalReader(path) as reader:
        entries = [entry for entry in reader if entry.kind is EntryKind.PLAN]
    effective = {entry.entry: entry.control()["effective_us"] for entry in entries}
    assert effective[before] == START_US + 5
    assert effective[after] == NOW_US + 60_000_000


@pytest.mark.parametrize(
    ("kind", "record", "match"),
    [
        (EntryKind.PLAN, {"project": "P-9", "effective_us": 1, "plan": {}}, "no rulebook"),
        (EntryKind.PLAN, {"project": "P-9"}, "effective_us"),
        (EntryKind.TICK, {}, "kind must be"),
        (
            EntryKind.KEY,
            {"project": "P", "source": "s", "key_id": "x", "public_key": "y"},
            "public key",
        ),
        (EntryKind.ACTIVATION, activation(document={"streams": [{"id": 1}]}), "id"),
    ],
)
def test_unfit_control_record_is_refused(journal, kind, record, match):
    with pytest.raises(ControlError, match=match):
        journal.append_control(kind, 9, record)


def test_project_without_activation_is_unknown(journal):
    with pytest.raises(UnknownProjectError):
        journal.append_batch("P-2026-0002", SOURCE, [transfer(1)])
    assert statuses(journal, transfer(1)) == ["accepted"]


ERASED = {"by": "Wang Fang", "reason": "request of 3 May"}


def test_erased_investor_gets_a_new_code(journal, path):
    statuses(journal, transfer(1))
    assert journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", **ERASED)
    assert not journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", **ERASED)
    statuses(journal, transfer(2))
    with JournalReader(path) as reader:
        tables = [entry.table() for entry in reader if entry.kind is EntryKind.DATA]
    assert [table["transfer.made/sender"].to_pylist() for table in tables] == [[2], [3]]


def test_an_erasure_keeps_who_when_and_why_and_not_whom(journal, path):
    statuses(journal, transfer(1))
    for unfit in ({"by": " "}, {"reason": ""}, {"reason": "of p_aaaaaaaa"}, {"by": "x" * 501}):
        with pytest.raises(ValueError, match=min(unfit)):
            journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", **ERASED | unfit)
    journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", **ERASED)
    journal.erase_pseudonym(PROJECT, "p_zzzzzzzz", **ERASED)
    with JournalReader(path) as reader:
        [kept] = reader.erasures()
        assert (kept.project, kept.by, kept.reason) == (PROJECT, *ERASED.values())
        assert kept.code not in reader.pseudonyms(PROJECT)
        assert kept.at_us > START_US
        assert reader.erasures("P-other") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET n = 5",
        "DELETE FROM entry",
        "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE entry = 1",
        "INSERT INTO entry SELECT entry + 7, 'tick', '', 0, 0, 0, '', 0, x'', x'' FROM entry",
        "DELETE FROM refusal",
        "UPDATE refusal SET reason = ''",
        "UPDATE erasure SET by = ''",
        "DELETE FROM erasure",
        "INSERT OR REPLACE INTO erasure VALUES (1, 0, '', 0, '', '')",
    ],
)
def test_log_is_append_only(journal, path, statement):
    statuses(journal, transfer(1), transfer(2, "bad"))
    journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", **ERASED)
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    db.close()


def test_second_writer_is_refused(journal, path):
    with pytest.raises(RuntimeError, match="another process"):
        Journal(path)


def test_waiting_batches_share_one_commit(journal, path):
    futures = [journal.submit_batch(PROJECT, SOURCE, [transfer(n)]) for n in range(1, 51)]
    tick = journal.append_tick()
    assert [future.result().entries for future in futures] == [(n + 1,) for n in range(1, 51)]
    assert tick == 52
    with JournalReader(path) as reader:
        assert reader.last_entry() == 52


def test_failed_job_is_undone_alone(journal, monkeypatch):
    encode = "shidian.core.journal.intake.encode_table"
    with monkeypatch.context() as patch:
        patch.setattr(encode, lambda _: (_ for _ in ()).throw(OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            journal.append_batch(PROJECT, SOURCE, [transfer(1)])
    assert statuses(journal, transfer(1)) == ["accepted"]


def test_control_records_of_a_request_are_kept_together_or_not_at_all(journal, path, monkeypatch):
    plan = {"project": PROJECT, "effective_us": NOW_US, "plan": {"investors_max": "7"}}
    records = [(EntryKind.PLAN, number, plan) for number in (11, 12)]
    append, calls = journal._log.append, []

    def full(*given, **more):
        calls.append(given)
        if len(calls) == 2:
            raise OSError("disk")
        return append(*given, **more)

    monkeypatch.setattr(journal._log, "append", full)
    with pytest.raises(OSError, match="disk"):
        journal.submit_controls(records).result()
    assert journal.registry.projects[PROJECT].plan != plan["plan"]
    with JournalReader(path) as reader:
        assert reader.last_entry() == 1
    assert journal.submit_controls(records).result() == [2, 3]
    assert journal.registry.projects[PROJECT].plan == plan["plan"]


def test_unfit_control_record_holds_up_no_other_of_its_request(journal):
    plan = {"project": PROJECT, "effective_us": NOW_US, "plan": {}}
    foreign = {**plan, "project": "P-0000-0000"}
    first, refused, again = journal.submit_controls(
        [(EntryKind.PLAN, 11, plan), (EntryKind.PLAN, 12, foreign), (EntryKind.PLAN, 11, plan)]
    ).result()
    assert (first, again) == (2, 2)
    assert "no rulebook activation" in str(refused)
