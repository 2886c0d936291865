"""`shidian bench`: what this release takes on this machine, beside its peers.

Each subcommand is the command of its name in `shidian.cli.bench_<name>`. Workloads and peers lie in
`bench/` of the source tree, which is not installed.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click
import structlog

from shidian.cli.lazy import LazyGroup

SUMMARIES: dict[str, str] = {
    "replay": "Replay a history; the same in DuckDB, Polars and pandas.",
    "live": "Alerts on the board under a steady load.",
    "orders": "Orders to their effect, permits, and pilots that are cut off.",
    "portal": "Public pages with much published, and a crowd at one notice.",
    "restart": "A monitor killed and started again, with a million groups.",
    "ingest": "Durable ingest over HTTP, as JSON and as Arrow.",
    "cost": "Seconds and bytes for a million events, stage by stage.",
    "size": "The peak of a city, a province, a nation: what one core keeps up with.",
    "load": "Lists and case pages over twenty thousand cases.",
    "record": "A large record: built, verified, proven, published.",
}
"""What `shidian bench --help` says of each subcommand."""


@click.group(cls=LazyGroup, summaries=SUMMARIES, prefix="shidian.cli.bench_")
def bench() -> None:
    """Measure this release on this machine: seeded workloads, peers in the same call.

    Needs the source tree with its development packages (make setup). docs/developer/performance
    says what is measured and how.
    """


def nothing_but_warnings() -> None:
    """Requests are served in this process: what they log is no part of what a bench prints."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def source_tree() -> Path:
    """The source tree this runs from, on the import path. Raises ClickException without one."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "bench" / "__init__.py").exists():
        raise click.ClickException(
            "bench/ is not installed with the program: run this from a source tree (make setup)"
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root
