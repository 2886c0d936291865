"""Regimes side by side: sums chained as the clocks are, and a dash where nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from shidian.core.rulebook.difference import Cell, Table, compare
from shidian.core.rulebook.lengths import decision
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Basis, Force
from tests.core.rulebook.texts import SMALL, load

CHAIN = """\
clocks:
  - {id: first, name: {zh: 一, en: One}, starts: case.submitted, length: 15, unit: working-day, force: statutory}
  - {id: second, name: {zh: 二, en: Two}, starts: clock.expired, after: first, length: 21, unit: working-day, force: statutory}
  - {id: publicity, name: {zh: 三, en: Three}, starts: clock.expired, after: second, length: 15, unit: working-day}
"""


def chained() -> str:
    """SMALL with three clocks, each beginning when the one before it has run out."""
    start, end = SMALL.index("clocks:\n"), SMALL.index("streams:\n")
    text = f"{SMALL[:start]}{CHAIN}{SMALL[end:]}"
    text = text.replace("{id: review, kind: review,", "{id: review, kind: review, clock: first,")
    text = text.replace(
        "{id: notice, kind: notice, clock: publicity,", "{id: notice, kind: notice, clock: second,"
    )
    return text.replace(
        "{id: admission, kind: admission,", "{id: admission, kind: admission, clock: publicity,"
    )


def cell(table: Table, key: str, column: int = 0) -> Cell:
    [row] = [row for row in table.rows if row.key == key]
    return row.cells[column]


def test_chained_clocks_add_up() -> None:
    rulebook = load(chained()).rulebook

    assert decision(rulebook).length.text.en == "51 working days"
    assert decision(rulebook, {Force.STATUTORY}).length.text.en == "36 working days"


def test_clocks_from_one_event_do_not_add_up() -> None:
    text = chained().replace(
        "starts: clock.expired, after: first, length: 21", "starts: case.submitted, length: 21"
    )

    assert decision(load(text).rulebook).length.text.en == "36 working days"


def test_stages_without_a_clock_are_counted() -> None:
    found = decision(load(SMALL).rulebook)

    assert found.length.text.zh == "5个工作日"
    assert found.untimed == ("review", "admission")


def test_what_is_not_said_is_left_empty() -> None:
    table = compare([load(SMALL)])

    assert cell(table, "refund") == Cell(None)
    assert cell(table, "term").text is None


def test_cell_says_its_weakest_basis_and_where() -> None:
    text = SMALL.replace(
        "unit: working-day}", "unit: working-day, because: {basis: verified, source: law}}"
    )

    found = cell(compare([load(SMALL), load(text)]), "notice", 1)

    assert found.text is not None
    assert (found.text.en, found.basis) == ("5 working days", Basis.VERIFIED)
    assert found.path == "/clocks/publicity/length"


@pytest.mark.parametrize(
    ("regime", "key", "said"),
    [
        ("ae-cbuae", "decision-statutory", "51 working days"),
        ("in-sebi", "scale-up", "90 calendar days"),
        ("eu-dlt", "takeover", "5 years"),
        ("demo-city", "notice", "5 working days"),
    ],
)
def test_library_answers(regime: str, key: str, said: str) -> None:
    found = cell(compare([load_file(Path("rulebooks") / f"{regime}.yaml")]), key)

    assert found.text is not None
    assert said in found.text.en


def test_every_regime_of_the_library_is_compared() -> None:
    loadeds = [load_file(path) for path in sorted(Path("rulebooks").glob("*.yaml"))]

    table = compare(loadeds)

    assert {len(row.cells) for row in table.rows} == {len(loadeds)}
    for row in table.rows:
        for found in row.cells:
            assert (found.text is None) == (found.path is None)
