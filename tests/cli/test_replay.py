"""`shidian replay --from --to` and `shidian replay diff`, on files and on what is none."""

from __future__ import annotations

import json
from dataclasses import replace as change
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from shidian.cli.replay import replay as command
from shidian.core.monitor.alert_file import read_alerts, write_alerts
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import MINUTE, random_log


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def log():
    return max((random_log(s) for s in range(12)), key=lambda log: len(replay(log.entries).items))


@pytest.fixture
def journal(log, tmp_path):
    path = tmp_path / "journal.sqlite3"
    write_journal(path, log.entries)
    return path


def iso(at_us):
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat()


def test_a_part_is_written_and_both_digests_are_said(journal, log, tmp_path):
    whole = replay(log.entries)
    middle = sorted(item.at_us for item in whole.items)[len(whole.items) // 2]
    out = tmp_path / "part.json"

    result = run("--journal", journal, "--from", iso(middle), "--out", out)

    assert result.exit_code == 0, result.output
    expected = [item.seq for item in whole.items if item.at_us >= middle]
    assert [row["seq"] for row in json.loads(out.read_text())] == expected
    assert 0 < len(expected) < len(whole.items)
    digests = [line.split()[-1] for line in result.output.splitlines() if "as-known" in line]
    assert len(set(digests)) == 2
    assert digests[0] == whole.as_known_digest


def test_a_day_is_of_the_monitoring_zone_and_the_last_one_counts(journal):
    result = run("--journal", journal, "--from", "2023-11-14", "--to", "2023-11-15")

    assert result.exit_code == 0, result.output
    assert "from 2023-11-14T00:00:00+08:00 to 2023-11-16T00:00:00+08:00" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday"), "--from 'yesterday'"),
        (("--to", "2023-02-30"), "--to '2023-02-30'"),
        (("--from", "2023-11-15", "--to", "2023-11-14"), "must lie after"),
        (("--to", "9999-12-31"), "--to '9999-12-31'"),
    ],
)
def test_what_is_no_time_is_refused(journal, arguments, said):
    result = run("--journal", journal, *arguments)

    assert result.exit_code == 2
    assert said in result.output


def test_an_unknown_project_is_no_empty_result(journal):
    result = run("--journal", journal, "--project", "P-none")

    assert result.exit_code == 1
    assert "P-none has no entry" in result.output


@pytest.mark.parametrize("view", ["as-known", "final"])
def test_a_file_reads_back_as_the_final_episodes(log, tmp_path, view):
    found = replay(log.entries)
    path = tmp_path / "a.parquet"
    write_alerts(found, view, path)

    read_view, episodes = read_alerts(path)

    assert read_view == view
    plain = {
        key: [(e.start_us, e.end_us, [s.rung for s in e.path]) for e in ones]
        for key, ones in found.final.items()
        if ones
    }
    stated = {
        key: sorted(
            ((e.start_us, e.end_us, [s.rung for s in e.path]) for e in ones if not e.has_early),
            key=lambda row: row[0],
        )
        for key, ones in episodes.items()
        if any(not e.has_early for e in ones)
    }
    if view == "final":
        assert stated == plain
    else:
        # Early ones are stated as known only; all that is final was stated so.
        assert all(set(map(str, stated[key])) <= set(map(str, plain[key])) for key in stated)


def test_diff_of_a_file_with_itself_is_all_the_same(journal, tmp_path):
    out = tmp_path / "a.parquet"
    assert run("--journal", journal, "--view", "final", "--out", out).exit_code == 0

    result = run("diff", out, out, "--json")

    assert result.exit_code == 0, result.output
    said = json.loads(result.output)
    assert said["counts"]["same"] == len(said["episodes"]) > 0
    assert sum(said["counts"].values()) == said["counts"]["same"]


def test_diff_names_what_moved(log, tmp_path):
    found = replay(log.entries)
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write_alerts(found, "final", a)
    key, episodes = next((k, es) for k, es in found.final.items() if es)
    first = episodes[0]
    found.final[key] = [change(first, start_us=first.start_us - MINUTE), *episodes[1:]]
    write_alerts(found, "final", b)

    result = run("diff", a, b)

    assert result.exit_code == 1
    rows = [line for line in result.output.splitlines() if line.startswith("earlier")]
    assert len(rows) == 1
    assert key[1] in rows[0]
    assert "1 earlier" in result.output
    assert "1 later" in run("diff", b, a).output


def test_nothing_compares_with_nothing(tmp_path):
    empty = tmp_path / "empty.parquet"
    write_alerts(replay([]), "final", empty)

    result = run("diff", empty, empty)

    assert result.exit_code == 0
    assert "0 same" in result.output


def table(**changed):
    row = {
        "project": "P",
        "rule": "r",
        "group": "",
        "level": "breach",
        "since_us": 1,
        "start_us": 1,
        "end_us": 2,
        "path": '[{"at_us": 1, "rung": 16}]',
    }
    return pa.Table.from_pylist([row | changed])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(), None),
        (table(path="[]"), "empty"),
        (table(path="{"), "episode 1"),
        (table(path='[{"at_us": 1, "rung": 99}]'), "no rung 99"),
        (table(path='[{"at_us": 1.5, "rung": 1}]'), "no integer"),
        (table(path="7"), "episode 1"),
        (table(end_us=0), "before it starts"),
        (table(end_us=2**62), "outside the years"),
        (table(rule=None), "column rule"),
        (table(start_us="1"), "column start_us is string"),
        (table().drop_columns(["path"]), "column path is missing"),
        (pa.table({"a": [1]}), "is missing"),
    ],
)
def test_a_hostile_table_is_refused_by_name(tmp_path, content, said):
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    pq.write_table(table(), good)
    pq.write_table(content, bad)

    result = run("diff", good, bad)

    assert result.exit_code == (0 if said is None else 2), result.output
    assert said is None or said in result.output
    assert said is None or "bad.parquet" in result.output


@pytest.mark.parametrize("keep", [0, 3, 100, -1, -20])
def test_a_file_cut_short_is_refused(tmp_path, keep):
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    pq.write_table(table(), good)
    bad.write_bytes(good.read_bytes()[:keep])

    result = run("diff", good, bad)

    assert result.exit_code == 2
    assert "bad.parquet" in result.output
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)


def test_two_views_are_not_compared(log, tmp_path):
    found = replay(log.entries)
    write_alerts(found, "final", tmp_path / "a.parquet")
    write_alerts(found, "as-known", tmp_path / "b.parquet")

    result = run("diff", tmp_path / "a.parquet", tmp_path / "b.parquet")

    assert result.exit_code == 2
    assert "as-known view" in result.output
