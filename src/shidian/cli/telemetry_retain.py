"""`shidian telemetry retain`: remove what no longer has to be kept."""

from __future__ import annotations

import time
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shidian.cli.telemetry_upkeep import journal_path, reading, writing

if TYPE_CHECKING:
    from shidian.core.journal.sealed.removal import Closing

_DUE = "TO BE REMOVED: "


@click.command()
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    help="Journal file; else the installation's.",
)
@click.option("--dry-run", is_flag=True, help="List closed pilots, and what would be removed.")
def retain(journal: Path | None, dry_run: bool) -> None:
    """Remove the events of closed pilots for which the time in the rulebook is over.

    A running gate does so once a day by itself; here its gate must be stopped. Entries keep number,
    time and hash, the manifest what it said of the files; alerts and readings stay. Removed for
    good: copies in backups are yours to remove. A removal that broke off is finished.
    """
    if dry_run:
        _list(journal)
        return
    from shidian.core.journal.schema import empty_wal

    with writing(journal) as writer:
        unfinished = _unfinished(journal)
        gone = writer.retain()
    for project in sorted({*gone, *unfinished}):
        click.echo(f"{project}: events removed" + ("" if project in gone else " (finished)"))
    click.echo(f"{len(gone)} pilots' events removed")
    if (gone or unfinished) and not empty_wal(journal_path(journal)):
        click.echo(
            "a reader still holds older pages of the file: stop the monitor, then start it",
            err=True,
        )


def _unfinished(journal: Path | None) -> list[str]:
    with reading(journal) as reader:
        return [one.project for one in reader.removals().values() if one.finished_us is None]


def _list(journal: Path | None) -> None:
    from shidian.cli.instants import shown_instant

    with reading(journal) as reader:
        gone, closings, now_us = reader.removals(), reader.closings(), time.time_ns() // 1000
        due = 0
        for one in closings:
            if removal := gone.get(one.project):
                state = f"removed on {shown_instant(removal.removed_us, UTC)}"
                if removal.finished_us is None:
                    state += ", not finished"
            else:
                state = _state(one, now_us)
                due += state.startswith(_DUE)
            click.echo(f"{one.project}: closed as {one.outcome}; {state}")
        click.echo(f"{due} of {len(closings)} closed pilots' events would be removed")


def _state(one: Closing, now_us: int) -> str:
    from shidian.cli.instants import shown_instant

    if one.keep_until_us is None:
        return "kept: the rulebook names no end"
    until = shown_instant(one.keep_until_us, UTC)
    return f"{_DUE if one.keep_until_us <= now_us else ''}kept until {until}"
