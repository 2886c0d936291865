# ruff: noqa: E501 - the page's paragraphs are long lines
"""Writes docs/developer/library.md from the rulebooks themselves; `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.provenance import verified_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.load import Loaded

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "developer" / "library.md"
PREFACE = """\
# The library of regimes

What stands in `rulebooks/`. This page is made from the files by `make docs`; a test compares the two.

- `runnable`: complete enough to open a call and run a case to its end. Of a real regime, what no source gave is assumed for that purpose and says so: it is no rule of the regime. Nothing here is an official text.
- `sketch`: what was found and no more. It is read and compared; no call can open on it.
- *verified* rests on an official text that was read, *reported* on press, practitioners or a re-post, *assumed* on neither. *Borrowed* values are among the assumed; each names the regime it was taken from. A child's figures include what it inherits.

| id | regime | status | builds on | values | verified | reported | assumed | borrowed |
|---|---|---|---|--:|--:|--:|--:|--:|
"""


def page() -> str:
    """The whole page."""
    found = [load_file(path) for path in sorted((ROOT / "rulebooks").glob("*.yaml"))]
    return PREFACE + "".join(_row(one) for one in found) + "".join(_summary(found))


def _row(loaded: Loaded) -> str:
    rulebook, share = loaded.rulebook, verified_share(loaded)
    base = f"`{rulebook.extends}`" if rulebook.extends else ""
    counts = (
        str(share.total),
        _part(share.verified, share.total),
        _part(share.reported, share.total),
        _part(share.assumed, share.total),
        str(share.borrowed),
    )
    name = f"{rulebook.title.en}<br>{rulebook.title.zh}"
    cells = (f"`{rulebook.rulebook}`", name, str(rulebook.status), base, *counts)
    return f"| {' | '.join(cells)} |\n"


def _part(count: int, total: int) -> str:
    """A count and its share in per cent, rounded down: `3 (0%)` claims no more than there is."""
    return f"{count} ({count * 100 // total}%)"


def _summary(found: list[Loaded]) -> Iterator[str]:
    runnable = sum(one.rulebook.status == "runnable" for one in found)
    yield f"\n{len(found)} rulebooks, {runnable} of them runnable.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
