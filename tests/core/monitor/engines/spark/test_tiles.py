"""Tiles made file by file come to what the rows of all files come to, whatever the order."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.journal import Journal, JournalReader
from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.digest import as_known_row
from shidian.core.monitor.engines.spark import tiles
from shidian.core.monitor.engines.spark.replaying import SparkReplay
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import through_the_journal, write_journal
from tests.core.monitor.engines.spark.here import Here
from tests.oracle.histories import Log, random_log, random_rulebook


def assert_same(found, wanted):
    """Items with their explanations, final view, digests, faults."""
    assert [as_known_row(item) for item in found.items] == list(map(as_known_row, wanted.items))
    assert [item.explanation for item in found.items] == [i.explanation for i in wanted.items]
    assert found.as_known_digest == wanted.as_known_digest
    assert found.final_digest == wanted.final_digest
    assert found.last_entry == wanted.last_entry
    assert found.faults == wanted.faults


def sealed_journal(path, log, rng):
    """A log as a real journal has it: some of it in several files, some in none; its entries."""
    through_the_journal(path, log)
    with JournalReader(path) as reader:
        entries = list(reader)
    rows = sum(entry.n for entry in entries if entry.kind == "data")
    with Journal(path, clock=lambda: entries[-1].ingest_us) as journal:
        kept = rows
        while kept > rows // 4:
            kept = max(rows // 4, kept - rng.randint(1, 6))
            journal.seal(keep_rows=kept)
    return entries


def judged_on(seeds, folder, make):
    """Replays agree on histories; of how many projects no evaluator was asked."""
    done = 0
    for seed in seeds:
        path = folder / f"{seed}.sqlite3"
        rng = random.Random(seed)
        entries = make(path, rng, seed)
        engine = SparkReplay(path, Here(seed))
        assert_same(engine.replay(), replay(entries))
        projects = {entry.project for entry in entries if entry.kind == "activation"}
        done += len(projects - engine.evaluated.keys())
        rules = random_rulebook(rng, 9)
        assert_same(engine.replay(override=rules), replay(entries, override=rules))
    return done


def raw(path, rng, seed):
    log = random_log(seed, permits=seed % 3 == 0, further=seed % 4 == 0)
    write_journal(path, log.entries)
    return log.entries


def real(path, rng, seed):
    return sealed_journal(path, random_log(seed), rng)


def test_what_no_file_has_yet_is_replayed_alike(tmp_path):
    assert judged_on((50_001, 50_003, 50_005, 50_008), tmp_path, raw) >= 3


def test_files_and_what_is_in_none_are_one_history(tmp_path):
    assert judged_on((51_001, 51_004, 51_005), tmp_path, real) >= 2


@pytest.mark.prove
@pytest.mark.parametrize("first", range(52_000, 52_100, 50))
def test_both_agree_on_many_more(first, tmp_path):
    assert judged_on(range(first, first + 25), tmp_path, raw)
    assert judged_on(range(first + 25, first + 50), tmp_path, real)


def test_one_project_is_asked_for_and_no_other_is_read(tmp_path):
    log = random_log(10)
    assert len({item.project for item in replay(log.entries).items}) > 1
    write_journal(tmp_path / "journal.sqlite3", log.entries)
    cluster = Here()

    found = SparkReplay(tmp_path / "journal.sqlite3", cluster).replay(project="p-two")

    assert_same(found, replay(log.entries, project="p-two"))
    assert {name for _, name in cluster.asked} <= {"", "p-two"}


def test_a_journal_without_projects_comes_to_nothing(tmp_path):
    log = Log()
    log.tick()
    write_journal(tmp_path / "journal.sqlite3", log.entries)

    assert_same(SparkReplay(tmp_path / "journal.sqlite3", Here()).replay(), replay(log.entries))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A journal in several files that says something, and its entries; not to be changed."""
    path = tmp_path_factory.mktemp("several") / "journal.sqlite3"
    entries = sealed_journal(path, random_log(53_002, control=False), random.Random(53_002))
    assert len(files_of(path)) > 1
    assert replay(entries).items
    return path, entries


@pytest.fixture
def several(made, tmp_path):
    """A copy of it, to be spoilt."""
    path, entries = made
    shutil.copytree(path.parent, tmp_path / "copy")
    return tmp_path / "copy" / path.name, entries


def files_of(path):
    with JournalReader(path) as reader:
        return [reader.segments_folder / one.path for one in reader.sealed_segments()]


@pytest.mark.parametrize("harm", ["missing", "one byte", "cut", "another's"])
def test_a_file_that_is_not_the_manifests_is_refused_by_name(several, harm):
    path, _ = several
    first, second = files_of(path)[:2]
    content = first.read_bytes()
    if harm == "missing":
        first.unlink()
    elif harm == "one byte":
        middle = len(content) // 2
        changed = bytes([content[middle] ^ 1])
        first.write_bytes(content[:middle] + changed + content[middle + 1 :])
    elif harm == "cut":
        first.write_bytes(content[:-7])
    else:
        first.write_bytes(second.read_bytes())

    with pytest.raises(SegmentDamagedError, match=first.name):
        SparkReplay(path, Here()).replay()


def test_a_file_that_goes_bad_between_two_passes_is_refused_too(several):
    path, _ = several
    harmed = files_of(path)[-1]

    def before(task):
        if getattr(task, "wanted", ()):
            harmed.unlink(missing_ok=True)

    with pytest.raises(SegmentDamagedError, match=harmed.name):
        SparkReplay(path, Here(before=before)).replay()


def test_files_that_a_compaction_replaced_meanwhile_are_no_damage(several):
    path, entries = several
    compacted = []

    def before(task):
        if not compacted:
            compacted.append(files_of(path))
            at = entries[-1].ingest_us
            with Journal(path, clock=lambda: at) as journal:
                journal.seal(keep_rows=0)
                journal.compact()

    found = SparkReplay(path, Here(before=before)).replay()

    assert files_of(path) != compacted[0]
    assert_same(found, replay(entries))


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.tuples(*[st.one_of(st.integers(-3, 3), st.integers(-(2**62), 2**62))] * width),
            min_size=1,
            max_size=30,
        )
    )
)
def test_runs_are_the_different_rows_sorted(rows):
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]

    order, starts = tiles.runs(columns)

    assert sorted(order.tolist()) == list(range(len(rows)))
    assert [rows[place] for place in order[starts].tolist()] == sorted(set(rows))
    ends = [*starts[1:].tolist(), len(rows)]
    for begin, end in zip(starts.tolist(), ends, strict=True):
        assert len({rows[place] for place in order[begin:end].tolist()}) == 1
