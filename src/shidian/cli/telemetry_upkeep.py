"""`shidian telemetry seal | compact | verify | erase | erasures`: looking after a journal."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.journal import Journal, JournalReader

_journal = partial(
    click.option,
    "--journal",
    type=click.Path(path_type=Path),
    help="Journal file; else the installation's.",
)
_dry_run = partial(click.option, "--dry-run", is_flag=True)


@click.command()
@_journal()
@click.option("--keep-rows", type=click.IntRange(0), default=0, help="Leave the newest so many.")
@_dry_run(help="Say how many rows there are to seal.")
def seal(journal: Path | None, keep_rows: int, dry_run: bool) -> None:
    """Put entries into Parquet, as a running gate does by itself; its gate must be stopped."""
    if dry_run:
        with reading(journal) as reader:
            click.echo(f"{max(reader.unsealed_rows() - keep_rows, 0)} rows to seal")
        return
    with writing(journal) as writer:
        click.echo(f"{writer.seal(keep_rows=keep_rows)} rows sealed")


@click.command()
@_journal()
@click.option("--files-min", type=click.IntRange(2), default=2, help="Join so many or more only.")
@_dry_run(help="Say which files would be joined.")
def compact(journal: Path | None, files_min: int, dry_run: bool) -> None:
    """Join small Parquet files, as a running gate does by itself; its gate must be stopped."""
    if not dry_run:
        with writing(journal) as writer:
            click.echo(f"{writer.compact(files_min=files_min)} files fewer")
        return
    from shidian.core.journal.sealed.sealer import joinable

    with reading(journal) as reader:
        segments = reader.sealed_segments()
        groups = [g for g in joinable(reader.segments_folder, segments) if len(g) >= files_min]
        for group in groups:
            click.echo(f"{group[0].project}: {', '.join(Path(one.path).name for one in group)}")
        click.echo(f"{sum(len(group) - 1 for group in groups)} files fewer")


@click.command()
@_journal()
def verify(journal: Path | None) -> None:
    """Read the whole journal and check every hash: entries, sealed files, and that none is missing.

    Also while its gate runs. Exit status 0 if all is as written, 1 if anything is damaged (each is
    named), 2 if there is no journal.
    """
    from shidian.core.journal.checking import check_journal

    path = journal_path(journal)
    try:
        with reading(journal) as reader:
            length = reader.last_entry()
        with click.progressbar(
            length=length, label="Verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            found = check_journal(path, bar.update)
    except sqlite3.DatabaseError as error:
        click.echo(f"{path} is damaged: {error}", err=True)
        raise SystemExit(1) from None
    for said in found.damage:
        click.echo(said, err=True)
    click.echo(f"{found.entries} entries, {found.segments} sealed files of {found.rows} rows")
    if found.removed:
        click.echo(
            f"{found.removed_entries} entries of {len(found.removed)} pilots say no more than their"
            " hash: removed, their time being over"
        )
    for name in found.unfinished:
        click.echo(f"{name}: removed, but something of it is still on the disk: telemetry retain")
    if found.strays:
        click.echo(
            f"{found.strays} files are no part of the log and go with the next sealing or removal"
        )
    click.echo("DAMAGED: restore from a backup" if found.damage else "all as written")
    if found.damage:
        raise SystemExit(1)


@click.command()
@_journal()
@click.option("--project", required=True, help="Public id of the pilot.")
@click.option("--by", required=True, help="Who decided; kept.")
@click.option("--reason", required=True, help="Why; kept. Must not name the pseudonym.")
@_dry_run(help="Say whether the pseudonym is known.")
def erase(journal: Path | None, project: str, by: str, reason: str, dry_run: bool) -> None:
    """Forget an investor: the pseudonym, read from standard input so that no shell keeps it.

    Its code stays in entries, files and alerts and leads back to nobody. When, who and why are kept
    with the code. The gate must be stopped. Copies in backups are yours to erase. Exit status 1 if
    the pseudonym is not known.
    """
    pseudonym = sys.stdin.readline().strip()
    if not pseudonym:
        raise click.UsageError("give the pseudonym on standard input")
    if dry_run:
        with reading(journal) as reader:
            known = pseudonym in reader.pseudonyms(project).values()
        click.echo("known; nothing was erased" if known else "not known")
        raise SystemExit(0 if known else 1)
    try:
        with writing(journal) as writer:
            gone = writer.erase_pseudonym(project, pseudonym, by=by, reason=reason)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not gone:
        click.echo("not known: nothing was erased")
        raise SystemExit(1)
    from shidian.core.journal.schema import empty_wal

    click.echo("erased")
    if not empty_wal(journal_path(journal)):
        click.echo(
            "a reader still holds older pages of the file: stop the monitor, then start it",
            err=True,
        )


@click.command()
@_journal()
@click.option("--project", help="Of this pilot alone.")
def erasures(journal: Path | None, project: str | None) -> None:
    """List erasures: when, pilot, code, who decided, why."""
    from shidian.cli.instants import shown_instant

    with reading(journal) as reader:
        for one in reader.erasures(project):
            at = shown_instant(one.at_us, UTC)
            click.echo(f"{at}  {one.project}  code {one.code}  {one.by}: {one.reason}")


class _NoJournal(click.ClickException):
    exit_code = 2


def journal_path(journal: Path | None) -> Path:
    """The journal named, else the installation's; it is there."""
    from shidian.config import settings

    path = journal or settings().journal
    if not path.exists():
        raise _NoJournal(f"no journal at {path}")
    return path


@contextmanager
def reading(journal: Path | None) -> Iterator[JournalReader]:
    """The journal, for reading."""
    from shidian.core.journal import JournalReader

    with JournalReader(journal_path(journal)) as reader:
        yield reader


@contextmanager
def writing(journal: Path | None) -> Iterator[Journal]:
    """The journal's one writer. Says so where a gate has it, and where it cannot be read."""
    from shidian.core.journal import Journal

    try:
        with Journal(journal_path(journal)) as writer:
            yield writer
    except (RuntimeError, OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from None
