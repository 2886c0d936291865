"""Writes what is generated from the rulebook's model: the JSON Schema and the table of keywords."""

from __future__ import annotations

import re
from pathlib import Path

from shidian.core.rulebook import keywords, schema

SCHEMA = Path("rulebooks/rulebook.schema.json")
PAGE = Path("docs/developer/architecture/rulebook.md")
BEGIN, END = "<!-- generated: keywords -->\n", "<!-- end of keywords -->\n"


def with_table(page: str) -> str:
    """The page with the present table between its marks."""
    between = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), flags=re.DOTALL)
    return between.sub(lambda _: BEGIN + "\n" + keywords.table() + "\n" + END, page)


if __name__ == "__main__":
    SCHEMA.write_text(schema.text(), encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
