"""Files into events: each row once, each error with its line, nothing stored on a dry run."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from shidian.cli.main import main
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian_kit.pseudonym import pseudonym
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, SOURCE, activation
from tests.gate.running import running_gate

SECRET = b"0123456789abcdef"
MAP = f"""
stream: transfer.made
source: {SOURCE}
time: {{column: time, step: 1d, start: "2023-01-01T00:00:00Z"}}
fields:
  amount: value
  sender: {{column: from, as: pseudonym}}
  receiver: {{column: to, as: pseudonym}}
"""
ROWS = "from,to,value,time\n216,14730,163.3,1\n322,5431,143.11,1\n78,19972,192.33,2\n"
RETURNS = """
stream: service.probe
source: urn:firm:returns
time: {column: 报送日, format: "%Y-%m-%d", zone: Asia/Shanghai}
fields:
  up: {column: 运行, as: bool}
  count: 笔数
  score: {column: 指标}
  topic: {value: 王某某（合规负责人）}
"""


@pytest.fixture
def desk(tmp_path):
    """A journal with a pilot, and files to import beside it."""
    journal = tmp_path / "gate" / "journal.sqlite3"
    with Journal(journal) as opened:
        opened.append_control(EntryKind.ACTIVATION, 1, activation())
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "secret").write_bytes(SECRET)
    return tmp_path


def run(desk, file, *more, map_file="map.yaml"):
    arguments = ["telemetry", "import", str(desk / file), "--map", str(desk / map_file)]
    arguments += ["--project", PROJECT, "--secret", str(desk / "secret")]
    if "--gate" not in more:
        arguments += ["--journal", str(desk / "gate" / "journal.sqlite3")]
    return CliRunner().invoke(main, [*arguments, *map(str, more)])


def stored(desk):
    with JournalReader(desk / "gate" / "journal.sqlite3") as reader:
        names = reader.pseudonyms(PROJECT)
        rows = [row for e in reader if e.kind is EntryKind.DATA for row in e.table().to_pylist()]
    return [
        {k.split("/")[-1]: names[v] if "/" in k and "er" in k[-3:] else v for k, v in row.items()}
        for row in rows
    ]


def test_rows_become_numbered_events(desk):
    (desk / "t.csv").write_text(ROWS)
    result = run(desk, "t.csv")
    assert (result.exit_code, result.stdout) == (0, "3 accepted\n")
    rows = stored(desk)
    assert [(row["seqno"], row["amount"]) for row in rows] == [(1, 16330), (2, 14311), (3, 19233)]
    assert rows[0]["time_us"] == int(datetime(2023, 1, 2, tzinfo=UTC).timestamp()) * 1_000_000
    assert rows[0]["sender"] == pseudonym(SECRET, "216")


def test_import_again_stores_nothing_twice_and_a_longer_file_goes_on(desk):
    with gzip.open(desk / "t.csv.gz", "wt") as file:
        file.write(ROWS)
    assert run(desk, "t.csv.gz").stdout == "3 accepted\n"
    assert run(desk, "t.csv.gz").stdout == "3 duplicate\n"
    (desk / "longer.csv").write_text(ROWS + "1,2,5,3\n")
    assert run(desk, "longer.csv").stdout == "3 duplicate, 1 accepted\n"


def test_dry_run_judges_and_stores_nothing(desk):
    (desk / "t.csv").write_text(ROWS + "1,2,1.234,3\n")
    result = run(desk, "t.csv", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "3 accepted, 1 quarantined\n")
    assert f"{desk / 't.csv'}:5: value: quarantined: scale" in result.stderr
    assert stored(desk) == []


def test_each_unfit_row_is_named_with_its_line_and_spoils_no_other(desk):
    (desk / "t.csv").write_text(
        "from,to,value,time\n1,2,5,1\n1,2,5,x\n1,2,-5,1\n,2,5,1\n1,2,5,99999999\n1,2,6,1\n"
    )
    result = run(desk, "t.csv")
    assert (result.exit_code, result.stdout) == (1, "2 accepted, 3 quarantined, 1 unreadable\n")
    lines = [
        line.split(f"{desk / 't.csv'}:")[1]
        for line in result.stderr.splitlines()
        if "t.csv:" in line
    ]
    assert [line.split(": ")[:2] for line in lines] == [
        ["3", "time"],
        ["4", "value"],
        ["5", "from"],
        ["6", "time"],
    ]
    assert [row["seqno"] for row in stored(desk)] == [1, 6]


def test_mended_rows_keep_their_numbers(desk):
    (desk / "t.csv").write_text("from,to,value,time\n1,2,5,1\n1,2,5.555,1\n1,2,6,1\n")
    assert run(desk, "t.csv").exit_code == 1
    (desk / "t.csv").write_text("from,to,value,time\n1,2,5,1\n1,2,5.55,1\n1,2,6,1\n")
    assert run(desk, "t.csv").stdout == "2 duplicate, 1 accepted\n"
    with JournalReader(desk / "gate" / "journal.sqlite3") as reader:
        assert reader.gaps(PROJECT) == []


def test_return_in_excel_attested_by_a_named_person(desk):
    book = Workbook()
    sheet = book.active
    sheet.append(["报送日", "运行", "笔数", "指标"])
    sheet.append([datetime(2023, 1, 31), True, 1200, 0.25])  # noqa: DTZ001 - Excel has no zones
    sheet.append(["2023-02-28", "false", 1300, 0.3])
    book.save(desk / "return.xlsx")
    (desk / "return.yaml").write_text(RETURNS, encoding="utf-8")
    result = run(desk, "return.xlsx", map_file="return.yaml")
    assert (result.exit_code, result.stdout) == (0, "2 accepted\n"), result.output
    rows = stored(desk)
    assert [row["count"] for row in rows] == [1200, 1300]
    assert [row["up"] for row in rows] == [True, False]
    assert rows[0]["score"] == 250_000
    assert rows[0]["topic"] == "王某某（合规负责人）"
    midnight = datetime(2023, 1, 30, 16, tzinfo=UTC).timestamp()
    assert rows[0]["time_us"] == int(midnight) * 1_000_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must name the columns"),
        (b"from,to,value\n1,2,3\n", "no column time"),
        (b"from,to,value,time\n1,2,3\n", ":2: 3 cells where the header has 4"),
        (b"from,to,value,time,time\n", "column time is there twice"),
        ("from,to,value,time\n1,2,3,1\n甲,2,3,1\n".encode("gb18030"), "not utf-8-sig after line"),
        (b'from,to,value,time\n1,2,3,1\n"1,2,3,1\n', "t.csv:3"),
    ],
)
def test_file_that_cannot_be_read_is_named_with_its_place(desk, content, words):
    (desk / "t.csv").write_bytes(content)
    result = run(desk, "t.csv")
    assert result.exit_code == 1
    assert words in result.stderr


def test_cut_off_gzip_says_how_far_it_was_read(desk):
    rows = "from,to,value,time\n" + "".join(f"{n},{n * 7},{n}.25,{n % 30}\n" for n in range(9000))
    content = gzip.compress(rows.encode())
    (desk / "t.csv.gz").write_bytes(content[: len(content) // 2])
    result = run(desk, "t.csv.gz")
    assert result.exit_code == 1
    assert "cut off or damaged after line" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stream: [", "not YAML"),
        ("stream: transfer.made", "missing required field"),
        (MAP + "colour: red\n", "colour"),
        (MAP.replace("amount: value", "amount: {}"), "fields.amount"),
        (MAP.replace("step: 1d", "step: 1w"), "step must be a duration"),
        (MAP.replace("step: 1d, ", ""), "step and start go together"),
        (MAP.replace('start: "2023-01-01T00:00:00Z"', "start: today"), "start"),
    ],
)
def test_map_that_cannot_be_followed_is_explained(desk, text, words):
    (desk / "map.yaml").write_text(text)
    (desk / "t.csv").write_text(ROWS)
    result = run(desk, "t.csv")
    assert result.exit_code != 0
    assert words in result.stderr


def test_journal_that_a_gate_writes_is_not_touched(desk):
    (desk / "t.csv").write_text(ROWS)
    with Journal(desk / "gate" / "journal.sqlite3"):
        result = run(desk, "t.csv")
    assert result.exit_code == 1
    assert "stop that gate" in result.stderr


def test_import_through_a_gate_is_signed_with_the_sources_key(desk):
    (desk / "t.csv").write_text(ROWS + "1,2,1.234,3\n")
    key = keys.generate()
    keys.save_private(desk / "engine.key", key)
    with running_gate(desk) as gate:
        assert gate.activate()[0] in (200, 422)
        assert gate.request("GET", "/healthz")[0] == 200
        gate._outbox = 1
        gate.register(key)
        result = run(desk, "t.csv", "--gate", gate.url, "--key", desk / "engine.key")
        assert (result.exit_code, result.stdout) == (1, "3 accepted, 1 quarantined\n"), (
            result.output
        )
        again = run(desk, "t.csv", "--gate", gate.url, "--key", desk / "engine.key")
        assert again.stdout == "3 duplicate, 1 quarantined\n"
        keys.save_private(desk / "other.key", keys.generate())
        stranger = run(desk, "t.csv", "--gate", gate.url, "--key", desk / "other.key")
        assert stranger.exit_code == 1
        assert "404" in stranger.stderr


@pytest.mark.shared
def test_transfers_of_another_simulator_are_imported_whole(desk):
    file = Path(os.environ.get("SHIDIAN_SHARED", "")) / "data" / "transfers.csv.gz"
    if not file.exists():
        pytest.skip(f"no {file}: name the folder of shared inputs in SHIDIAN_SHARED")
    wanted = MAP.replace("column: from", "column: sourceNodeId")
    wanted = wanted.replace("column: to", "column: targetNodeId")
    (desk / "map.yaml").write_text(wanted)
    result = run(desk, file, "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "120558 accepted\n"), result.output
