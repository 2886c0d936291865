"""The language's page says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from shidian.core.rulebook.expression import Kind, ValueType, wrong_in
from tests.core.rulebook.texts import load

PAGE = Path("docs/developer/architecture/rulebook.md").read_text(encoding="utf-8")


def test_example_of_the_page_loads() -> None:
    [example] = re.findall(r"<!-- tested: loads -->\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL)

    loaded = load(example)

    because = loaded.provenance["/clocks/publicity/length"].because
    assert because is not None
    assert because.source == "notice"


def test_expressions_of_the_page_mean_something() -> None:
    rows = PAGE.partition("## Expressions")[2].partition("Names are")[0]
    shown = [
        text
        for row in re.findall(r"^\| (`.*?) \|", rows, flags=re.MULTILINE)
        for text in re.findall(r"`([^`]+)`", row)
    ]

    assert len(shown) >= 12
    for text in shown:
        assert wrong_in(text, TYPES, None) is None, text


TYPES = {
    "scale.investors": ValueType(Kind.INT),
    "scale.staff": ValueType(Kind.INT),
    "scale.loss": ValueType(Kind.MONEY),
    "scale.amount": ValueType(Kind.MONEY),
    "data.personal": ValueType(Kind.BOOL),
    "data.officer": ValueType(Kind.TEXT),
    "parties.kind": ValueType(Kind.CODE, frozenset({"bank", "broker"})),
    "parties.summary": ValueType(Kind.TEXT),
    "technology.kinds": ValueType(Kind.CODES, frozenset({"cloud"})),
    "schedule.starts": ValueType(Kind.DATE),
    "schedule.ends": ValueType(Kind.DATE),
    "latency": ValueType(Kind.DURATION),
}
