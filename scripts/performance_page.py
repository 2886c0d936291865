"""Draws the page and the chart of docs/developer/performance from `shidian bench replay --json`."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "developer" / "performance"
NAMES = {
    "replay": "Shidian: as known and final",
    "group_by": "DuckDB: one GROUP BY",
    "duckdb_sql": "DuckDB: SQL, final alone",
    "polars": "Polars, final alone",
    "pandas": "pandas, final alone",
}
PACKAGES = ("duckdb", "numpy", "numba", "polars", "pandas", "pyarrow")
BAR, LEFT, WIDE = 26, 220, 640


def chart(seconds: dict[str, float]) -> str:
    """Bars of seconds, the shortest being the best."""
    longest = max(seconds.values())
    rows = []
    for place, (name, taken) in enumerate(seconds.items()):
        y = 12 + place * (BAR + 10)
        width = max(1, round((WIDE - LEFT - 90) * taken / longest))
        fill = "#1d5fa6" if name == "replay" else "#9aa5b1"
        rows.append(
            f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{NAMES[name]}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR}" fill="{fill}"/>'
            f'<text x="{LEFT + width + 8}" y="{y + 18}">{taken:.1f} s</text>'
        )
    height = 24 + len(rows) * (BAR + 10)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" '
        f'font-family="sans-serif" font-size="14" role="img">'
        f"<title>Seconds to replay</title>{''.join(rows)}</svg>\n"
    )


def page(found: dict[str, Any]) -> str:
    """Table, machine and versions."""
    ours = found["seconds"]["replay"]
    lines = [
        "# Replay of a whole history: figures",
        "",
        (
            "Made by `scripts/performance_page.py` from the JSON of `shidian bench replay`;"
            " [what is measured](README.md)."
        ),
        "",
        f"{found['events']:,} events; medians of the rounds of one call.",
        "",
        "| | seconds | against ours |",
        "|---|---|---|",
    ]
    lines += [
        f"| {NAMES[name]} | {taken:.2f} | {taken / ours:.2f} × |"
        for name, taken in found["seconds"].items()
    ]
    lines += [
        "",
        (
            f"Other thresholds, in process: {found['rethreshold']:.3f} s. Peak memory:"
            f" {found['peak_rss_mib']:,} MiB. As-known digest: `{found['digest']}`."
        ),
        "",
        "![Seconds by engine](replay.svg)",
        "",
        f"Machine: {platform.machine()}, Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    (FOLDER / "replay.svg").write_text(chart(result["seconds"]), encoding="utf-8")
    (FOLDER / "replay.md").write_text(page(result), encoding="utf-8")
