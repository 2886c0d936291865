"""`rulebook diff` and `compare`, as a person at a terminal meets them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from shidian.cli.rulebook import rulebook
from tests.core.rulebook.texts import SMALL

if TYPE_CHECKING:
    from pathlib import Path


def run(*args: str) -> Result:
    return CliRunner().invoke(rulebook, args)


def two(folder: Path, changed: str) -> tuple[str, str]:
    """Files of SMALL and of a changed SMALL."""
    older, newer = folder / "older.yaml", folder / "newer.yaml"
    older.write_text(SMALL, encoding="utf-8")
    newer.write_text(changed, encoding="utf-8")
    return str(older), str(newer)


def test_diff_speaks_of_rules_in_both_languages(tmp_path: Path) -> None:
    files = two(tmp_path, SMALL.replace("length: 5", "length: 7").replace("zh: 小,", "zh: 较小,"))

    chinese, english = run("diff", *files), run("diff", *files, "--lang", "en")

    assert chinese.output.splitlines()[:2] == [
        "规则 (1)",
        "  时限“公示”由5个工作日改为7个工作日  [/clocks/publicity/length]",
    ]
    assert "Wording (1)" in english.output
    assert "5 working days → 7 working days" in english.output


def test_diff_says_that_nothing_differs(tmp_path: Path) -> None:
    assert run("diff", *two(tmp_path, SMALL), "--lang", "en").output == (
        "The two documents are the same.\n"
    )


def test_diff_says_that_no_rule_changes(tmp_path: Path) -> None:
    files = two(tmp_path, SMALL.replace('version: "1"', 'version: "2"'))

    assert run("diff", *files, "--lang", "en").output.startswith("No rule changes.\n")


def test_diff_as_json_has_both_languages_and_paths(tmp_path: Path) -> None:
    files = two(tmp_path, SMALL.replace("length: 5", "length: 7"))

    [change] = json.loads(run("diff", *files, "--json").output)

    assert change["path"] == "/clocks/publicity/length"
    assert change["kind"] == "rules"
    assert change["covers"] == ["/clocks/publicity/length"]
    assert change["after"] == {"zh": "7个工作日", "en": "7 working days"}


def test_diff_of_an_unknown_id_names_the_nearest() -> None:
    result = run("diff", "demo-city", "demo-cty")

    assert result.exit_code == 1
    assert "did you mean 'demo-city'?" in result.output


def test_diff_of_a_broken_file_says_its_line(tmp_path: Path) -> None:
    result = run("diff", *two(tmp_path, SMALL.replace("length: 5", "length: five")))

    assert result.exit_code == 1
    assert "newer.yaml:34: /clocks/publicity/length: 'five' is no whole number" in result.output


def test_compare_marks_each_value_and_dashes_what_is_not_said() -> None:
    result = run("compare", "demo-city", "in-sebi", "--lang", "en")

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    place = lines.index("Refund")
    assert "15 working days [" in lines[place + 1]
    assert "15 calendar days [" in lines[place + 2]
    assert ["demo-city", "—"] in [line.split() for line in lines]


def test_compare_as_csv_has_a_column_for_each_rulebook() -> None:
    rows = list(csv.reader(io.StringIO(run("compare", "demo-city", "eu-dlt", "--csv").output)))

    assert rows[0] == ["", "demo-city", "eu-dlt"]
    assert {len(row) for row in rows} == {3}
    assert "公示期" in {row[0] for row in rows}


def test_compare_as_json_has_basis_and_path() -> None:
    table = json.loads(run("compare", "demo-city", "--json").output)

    [notice] = [row for row in table["rows"] if row["key"] == "notice"]
    assert notice["cells"][0]["path"] == "/clocks/publicity/length"
    assert notice["cells"][0]["basis"] in ("assumed", "reported", "verified")


def test_compare_takes_one_form_at_a_time() -> None:
    result = run("compare", "demo-city", "--csv", "--json")

    assert result.exit_code == 2
    assert "exclude each other" in result.output
