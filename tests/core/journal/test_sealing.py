"""Sealed history reads as it was written; only the manifest makes a file part of the log."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.reader import JournalDamagedError
from shidian.core.journal.sealed import (
    OPS,
    SegmentDamagedError,
    read_segment,
    segments_folder,
)
from shidian.core.journal.sealed import sealer as sealing
from shidian_kit.wire.envelope import Op

from .samples import (
    DOCUMENT,
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
OTHER = "P-2026-0002"
WIDER = {
    "streams": [
        DOCUMENT["streams"][0],
        {"id": "service.probe", "fields": {"up": {"type": "bool"}, "extra": {"type": "int"}}},
    ]
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


def opened(path):
    return Journal(path, clock=lambda: NOW_US)


def entries(path):
    with JournalReader(path) as reader:
        return list(reader)


def payload_bytes(path):
    with sqlite3.connect(path) as db:
        (size,) = db.execute(
            "SELECT sum(length(payload)) FROM entry WHERE kind = 'data'"
        ).fetchone()
    db.close()
    return size


def events(project, first):
    """Batches of one project: streams mixed, revisions, late ones, new pseudonyms."""
    event = st.builds(
        lambda seqno, kind, late, amount: {
            "transfer": lambda: transfer(
                seqno,
                f"{amount}.50",
                project=project,
                time_us=START_US + first + seqno * 1_000_000 - late,
                data={
                    "amount": f"{amount}.5",
                    "sender": f"p_aaaaaaa{'abcdefg'[amount % 7]}",
                    "receiver": "p_bbbbbbbb",
                },
            ),
            "probe": lambda: replace(
                probe(seqno, latency=amount, words="不" * (amount % 3)), project=project
            ),
            "correct": lambda: transfer(seqno, "9", project=project, rev=1, op=Op.CORRECT),
            "void": lambda: replace(void(seqno, 2), project=project),
        }[kind](),
        st.integers(1, 30),
        st.sampled_from(["transfer", "probe", "correct", "void"]),
        st.sampled_from([0, 5_000_000, 90_000_000]),
        st.integers(0, 99),
    )
    return st.lists(event, min_size=1, max_size=8).map(lambda batch: (project, batch))


STEPS = st.lists(
    st.one_of(
        events(PROJECT, 0),
        events(OTHER, 7),
        st.sampled_from(["tick", "wider", "seal", "seal-some", "compact", "restart"]),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_log_reads_the_same_sealed_or_not(tmp_path_factory, steps):
    """Two journals take the same; one is sealed, compacted and opened again in between."""
    folder = tmp_path_factory.mktemp("twins")
    paths = folder / "plain.sqlite3", folder / "sealed.sqlite3"
    plain, sealed = map(opened, paths)
    try:
        outbox = iter(range(1, 100))
        for journal in (plain, sealed):
            activate(journal)
            journal.append_control(EntryKind.ACTIVATION, 1000, activation(project=OTHER))
        for step in steps:
            if isinstance(step, tuple):
                project, batch = step
                one = plain.append_batch(project, SOURCE, batch)
                assert sealed.append_batch(project, SOURCE, batch) == one
            elif step == "tick":
                assert plain.append_tick() == sealed.append_tick()
            elif step == "wider":
                number = 2000 + next(outbox)
                for journal in (plain, sealed):
                    journal.append_control(EntryKind.ACTIVATION, number, activation(document=WIDER))
            elif step == "restart":
                sealed.close()
                sealed = opened(paths[1])
            elif step == "compact":
                sealed.compact()
            else:
                sealed.seal(keep_rows=5 if step == "seal-some" else 0)
        sealed.seal()
        sealed.compact()
    finally:
        plain.close()
        sealed.close()
    assert entries(paths[1]) == entries(paths[0])
    rows = sum(entry.n for entry in entries(paths[0]) if entry.kind is EntryKind.DATA)
    with JournalReader(paths[1]) as reader:
        assert sum(segment.rows for segment in reader.sealed_segments()) == rows
        assert reader.sealed_to() == max(
            (entry.entry for entry in reader if entry.kind is EntryKind.DATA), default=0
        )
    assert not payload_bytes(paths[1])


def test_segment_holds_sorted_rows_with_tile_and_lateness(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1, time_us=START_US + 90_000_000)])
        late = transfer(2, "7", time_us=START_US + 30_500_000)
        journal.append_batch(PROJECT, SOURCE, [late, probe(3, latency=4)])
        journal.append_batch(PROJECT, SOURCE, [transfer(1, "8", rev=1, op=Op.CORRECT)])
        assert journal.seal() == 4
    with JournalReader(path) as reader:
        [segment] = reader.sealed_segments(PROJECT)
        assert reader.sealed_segments(OTHER) == []
        rows = read_segment(reader.segments_folder, segment)
    assert (segment.first_entry, segment.last_entry, segment.rows) == (2, 4, 4)
    assert rows["time_us"].to_pylist() == sorted(rows["time_us"].to_pylist())
    assert segment.min_time_us == rows["time_us"][0].as_py()
    assert segment.max_time_us == rows["time_us"][-1].as_py()
    found = {
        (row["seqno"], row["rev"]): row for row in rows.select([*rows.schema.names]).to_pylist()
    }
    assert found[2, 0]["behind_us"] == 59_500_000
    assert found[3, 0]["behind_us"] == 90_000_000 - 3
    assert found[1, 0]["behind_us"] == 0
    assert found[2, 0]["tile"] == (START_US + 30_500_000) // 1_000_000
    assert OPS[found[1, 1]["op"]] == "correct"
    assert found[3, 0]["service.probe/latency"] == 4
    assert found[3, 0]["transfer.made/amount"] is None


def test_running_maximum_goes_on_over_segments(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1, time_us=START_US + 90_000_000)])
        journal.seal()
        journal.append_batch(PROJECT, SOURCE, [transfer(1, epoch=EPOCH + 1, time_us=START_US)])
        journal.seal()
    with JournalReader(path) as reader:
        last = reader.sealed_segments()[-1]
        assert read_segment(reader.segments_folder, last)["behind_us"].to_pylist() == [90_000_000]


def test_repeated_events_are_known_after_sealing(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1), transfer(2)])
        journal.seal()
        again = [transfer(1), transfer(2, "77"), transfer(3)]
        found = journal.append_batch(PROJECT, SOURCE, again).items
    assert [item.status for item in found] == ["duplicate", "conflict", "accepted"]


def test_erasing_an_investor_leaves_the_files_as_they_are(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
        journal.seal()
        before = entries(path)
        assert journal.erase_pseudonym(PROJECT, "p_aaaaaaaa", by="Wang", reason="asked")
        assert entries(path) == before
    with JournalReader(path) as reader:
        assert list(reader.pseudonyms(PROJECT).values()) == ["p_bbbbbbbb"]


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "another"])
def test_damaged_segment_is_named_and_nothing_of_it_read(path, damage):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
        journal.seal()
        journal.append_batch(PROJECT, SOURCE, [transfer(2)])
        journal.seal()
        [file, other] = sorted(segments_folder(path).glob("*/*.parquet"))
        content = file.read_bytes()
        if damage == "cut":
            file.write_bytes(content[:-20])
        elif damage == "changed":
            file.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
        elif damage == "gone":
            file.unlink()
        else:
            file.write_bytes(other.read_bytes())
        with JournalReader(path) as reader, pytest.raises(SegmentDamagedError) as refused:
            list(reader)
        assert file.name in str(refused.value)
        again = journal.submit_batch(PROJECT, SOURCE, [transfer(1)])
        with pytest.raises(SegmentDamagedError):
            again.result()
        assert journal.append_batch(PROJECT, SOURCE, [transfer(3)]).items[0].status == "accepted"


def test_damaged_payload_is_named(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER entry_no_update")
        db.execute("UPDATE entry SET payload = x'00' WHERE entry = 2")
    db.close()
    with pytest.raises(JournalDamagedError, match="entry 2"):
        entries(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET payload = x'' WHERE entry = 3",
        "UPDATE entry SET payload = x'', n = 9 WHERE entry = 2",
        "UPDATE entry SET payload = x'' WHERE entry = 1",
        "UPDATE segment SET rows = 0",
    ],
)
def test_only_what_a_segment_holds_may_be_emptied(path, statement):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
        journal.seal()
        journal.append_batch(PROJECT, SOURCE, [transfer(2)])
        with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)
        db.close()


def test_files_that_no_manifest_names_are_no_part_of_the_log(path, monkeypatch):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
        before = entries(path)
        with monkeypatch.context() as patch:
            patch.setattr(sealing.manifest, "add", lambda *_: (_ for _ in ()).throw(OSError("cut")))
            with pytest.raises(OSError, match="cut"):
                journal.seal()
        assert entries(path) == before
        assert len(list(segments_folder(path).glob("*/*"))) == 1
        journal.append_batch(PROJECT, SOURCE, [transfer(2)])
        assert journal.seal() == 2
        assert len(list(segments_folder(path).glob("*/*"))) == 1
    assert entries(path)[:2] == before


def test_reader_goes_on_while_segments_are_joined(path):
    with opened(path) as journal:
        activate(journal)
        for seqno in range(1, 6):
            journal.append_batch(PROJECT, SOURCE, [transfer(seqno)])
            journal.seal()
        with JournalReader(path) as reader:
            first = reader.entries_after(0, 2)
            assert journal.compact() == 4
            rest = reader.entries_after(2, 9)
        assert [*first, *rest] == entries(path)
        assert len(list(segments_folder(path).glob("*/*"))) == 1


def test_newest_rows_stay_where_repeats_are_compared_fastest(path):
    with opened(path) as journal:
        activate(journal)
        for seqno in range(1, 6):
            journal.append_batch(PROJECT, SOURCE, [transfer(seqno)])
        assert journal.seal(keep_rows=2) == 3
        assert journal.seal(keep_rows=2) == 0
        assert journal.seal(rows_min=3) == 0
        assert journal.seal(rows_min=2) == 2


def test_journal_of_the_first_format_is_taken_on(path):
    with opened(path) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
    with sqlite3.connect(path) as db:
        for table in ("segment", "sealed_to", "source_high"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP TRIGGER entry_no_update")
        db.execute(
            "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry"
            " BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END"
        )
        db.execute("PRAGMA user_version = 1")
    db.close()
    with opened(path) as journal:
        before = entries(path)
        assert journal.seal() == 1
        assert entries(path) == before
