"""Draws the pages and charts of docs/developer/performance from what `shidian bench … --json` says.

    python scripts/performance_page.py replay.json ingest.json live.json restart.json

Any of them, in any order; each is known by its keys. Pages of benches that are not given stay.
"""

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
BAR, LEFT, WIDE = 26, 250, 680


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
            f"Peak memory: {found['peak_rss_mib']:,} MiB. Other thresholds, in process:"
            f" {found['rethreshold']:.3f} s, with what the first replay kept"
            f" {found['rethreshold_peak_rss_mib']:,} MiB. As-known digest: `{found['digest']}`."
        ),
        "",
        "![Seconds by engine](replay.svg)",
        "",
        f"Machine: {platform.machine()}, Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
    ]
    return "\n".join(lines) + "\n"


def rows_of(found: dict[str, Any]) -> tuple[str, list[tuple[str, float, str]]]:
    """Name of the bench and what it measured: (what, number, unit). Raises ValueError."""
    rate, latency = found.get("events_per_second"), found.get("alert_latency_s")
    if isinstance(rate, dict):
        rows = [(f"Durable ingest, {form}", float(n), "events/s") for form, n in rate.items()]
        return "ingest", rows
    if isinstance(latency, dict):
        share = {"p50": "half", "p99": "99 in 100"}
        rows = [(f"Alert on the board, {share[p]} within", s, "s") for p, s in latency.items()]
        return "live", [*rows, ("Load", float(rate or 0), "events/s")]
    if set(found) == {"seconds"}:
        return "restart", [("Restart with 1,000,000 groups", float(found["seconds"]), "s")]
    raise ValueError(f"of none of the benches: {sorted(found)}")


def small_page(name: str, rows: list[tuple[str, float, str]]) -> str:
    """A table of a bench that has no peers, and the machine."""
    lines = [
        f"# `shidian bench {name}`: figures",
        "",
        (
            "Made by `scripts/performance_page.py` from the bench's JSON;"
            " [what is measured](README.md)."
        ),
        "",
        "| | | |",
        "|---|---|---|",
        *(f"| {what} | {_said(number)} | {unit} |" for what, number, unit in rows),
        "",
        f"![{name}]({name}.svg)",
        "",
        f"Machine: {platform.machine()}, Python {platform.python_version()}.",
    ]
    return "\n".join(lines) + "\n"


def small_chart(name: str, rows: list[tuple[str, float, str]]) -> str:
    """Bars, each unit on a scale of its own."""
    longest: dict[str, float] = {}
    for _, number, unit in rows:
        longest[unit] = max(number, longest.get(unit, 0.0))
    drawn = []
    for place, (what, number, unit) in enumerate(rows):
        y = 12 + place * (BAR + 10)
        width = max(1, round((WIDE - LEFT - 150) * number / (longest[unit] or 1)))
        drawn.append(
            f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{what}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR}" fill="#1d5fa6"/>'
            f'<text x="{LEFT + width + 8}" y="{y + 18}">{_said(number)} {unit}</text>'
        )
    height = 24 + len(drawn) * (BAR + 10)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" '
        f'font-family="sans-serif" font-size="14" role="img">'
        f"<title>shidian bench {name}</title>{''.join(drawn)}</svg>\n"
    )


def _said(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3f}"  # noqa: PLR2004 - digits that matter


def write(found: dict[str, Any], folder: Path = FOLDER) -> str:
    """Page and chart of one bench in `folder`; its name. Raises ValueError."""
    if "rethreshold" in found:
        name, chart_text, page_text = "replay", chart(found["seconds"]), page(found)
    else:
        name, rows = rows_of(found)
        chart_text, page_text = small_chart(name, rows), small_page(name, rows)
    (folder / f"{name}.svg").write_text(chart_text, encoding="utf-8")
    (folder / f"{name}.md").write_text(page_text, encoding="utf-8")
    return name


if __name__ == "__main__":
    for given in sys.argv[1:]:
        write(json.loads(Path(given).read_text(encoding="utf-8")))
