"""The simulation's page lists every assumption with its default."""

from __future__ import annotations

from pathlib import Path

from shidian.core.procedure.simulation import table

PAGE = Path(__file__).resolve().parents[2] / "docs/developer/architecture/simulation.md"


def test_page_lists_every_assumption_as_the_program_has_it() -> None:
    rows = [f"| `{name}` | {value} | {said.en} | {said.zh} |" for name, value, said in table()]
    page = PAGE.read_text(encoding="utf-8").splitlines()
    first = page.index(rows[0])
    assert page[first : first + len(rows)] == rows, "put these rows in:\n" + "\n".join(rows)
