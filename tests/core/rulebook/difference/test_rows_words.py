"""How answers of a comparison are worded: sums, counts of one, and nothing that says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shidian.core.rulebook.difference import Table, compare
from shidian.core.rulebook.load import load_file

LIBRARY = Path(__file__).resolve().parents[4] / "rulebooks"


@pytest.fixture(scope="module")
def table() -> Table:
    ids = ("in-sebi", "eu-dlt", "demo-city")
    return compare([load_file(LIBRARY / f"{name}.yaml", library=LIBRARY) for name in ids])


def answers(table: Table, key: str) -> list[tuple[str, str] | None]:
    row = next(row for row in table.rows if row.key == key)
    return [None if cell.text is None else (cell.text.zh, cell.text.en) for cell in row.cells]


def test_fee_is_a_sum_of_money_as_people_write_it(table: Table) -> None:
    assert answers(table, "fees")[0] == ("申请费：1万印度卢比", "Application fee: INR 10,000")


def test_criteria_that_are_all_mandatory_are_said_so(table: Table) -> None:
    assert answers(table, "criteria")[1] == ("5条，均为强制", "5, all mandatory")
    assert answers(table, "criteria")[2] == ("7条，其中强制3条", "7, 3 of them mandatory")


def test_waivers_of_a_kind_that_there_is_none_of_are_not_counted(table: Table) -> None:
    assert answers(table, "waivers")[1] == (
        "可放宽2项；不接受整体豁免",
        "2 rules may be relaxed; blanket waivers refused",
    )
