"""`shidian telemetry import`: a table of another system, row by row, into a stream."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shidian.imports.events import Batch, Problem
    from shidian.imports.mapping import Map
    from shidian.imports.sending import IntoJournal, Status, ToGate

PROBLEMS_SHOWN_MAX = 50
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--map", "map_file", type=_FILE, required=True, help="YAML: columns → fields.")
@click.option("--project", required=True, help="Public id of the pilot, P-2026-0001.")
@click.option("--secret", type=_FILE, help="File of at least 16 bytes that pseudonyms are made by.")
@click.option("--gate", metavar="URL", help="Send to this gate, signed with --key.")
@click.option(
    "--key", type=_FILE, help="Private key of the source, as `shidian-kit keygen` made it."
)
@click.option("--journal", type=click.Path(path_type=Path), help="Else the installation's.")
@click.option("--dry-run", is_flag=True, help="Judge every row and store nothing.")
def import_file(  # noqa: PLR0917 - click passes options by name
    file: Path,
    map_file: Path,
    project: str,
    secret: Path | None,
    gate: str | None,
    key: Path | None,
    journal: Path | None,
    dry_run: bool,
) -> None:
    """Import FILE (CSV, CSV.GZ, XLSX) as events of one stream of a pilot.

    Row n is event n of the map's source and epoch: imported again, rows are duplicates; an import
    that broke off goes on. Without --gate, writes this machine's journal, whose gate must be
    stopped. Exit status 1 if a row was refused; each is named with its line.
    """
    from shidian.config import settings
    from shidian.imports.mapping import MapError, load_map
    from shidian.imports.rows import FileError
    from shidian.imports.sending import RefusedError

    try:
        given = load_map(map_file)
        pseudonyms_by = _secret(given, secret)
        path = journal or settings().journal
        with _destination(given, project, path, gate, key, dry_run=dry_run) as destination:
            refused = _run(file, given, pseudonyms_by, destination)
    except (MapError, FileError, RefusedError, LookupError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{error}; what was counted is stored") from error
    sys.exit(1 if refused else 0)


def _secret(given: Map, secret: Path | None) -> bytes | None:
    from shidian_kit.pseudonym import SECRET_MIN_BYTES

    if not given.needs_secret():
        return None
    if secret is None:
        raise click.UsageError("the map makes pseudonyms: name their secret by --secret")
    content = secret.read_bytes()
    if len(content) < SECRET_MIN_BYTES:
        raise click.UsageError(f"{secret}: a secret has at least {SECRET_MIN_BYTES} bytes")
    return content


def _destination(
    given: Map, project: str, journal: Path, gate: str | None, key: Path | None, *, dry_run: bool
) -> IntoJournal | ToGate:
    from shidian.imports.sending import IntoJournal, Rehearsal, ToGate
    from shidian_kit.wire import keys

    if (gate is None) != (key is None):
        raise click.UsageError("--gate and --key go together")
    if dry_run:
        return Rehearsal(journal, project, given.source, given.epoch)
    if gate is not None and key is not None:
        try:
            return ToGate(gate, project, keys.load_private(key))
        except keys.KeyFormatError as error:
            raise click.UsageError(str(error)) from error
    if not journal.exists():
        raise click.UsageError(f"no journal at {journal}: name a gate by --gate and --key")
    return IntoJournal(journal, project, given.source, given.epoch)


def _run(file: Path, given: Map, secret: bytes | None, destination: IntoJournal | ToGate) -> int:
    """Import all batches and report; how many rows were refused."""
    from shidian.imports.events import batches
    from shidian.imports.rows import count_rows, read_rows

    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    refused = 0
    try:
        with click.progressbar(
            length=count_rows(file, given) or 0,
            label="Importing",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            for batch in batches(read_rows(file, given), given, secret):
                statuses = destination.send(batch.table) if batch.lines else []
                found = [*batch.problems, *_refused(given, batch, statuses)]
                counts.update(status.status for status in statuses)
                counts["unreadable"] += len(batch.problems)
                refused += len(found)
                problems += found[: PROBLEMS_SHOWN_MAX - len(problems)]
                bar.update(batch.rows)
    finally:
        for problem in sorted(problems, key=lambda problem: problem.line):
            click.echo(f"{file}:{problem.line}: {problem.column}: {problem.reason}", err=True)
        if refused > len(problems):
            click.echo(f"and {refused - len(problems)} more", err=True)
        said = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        click.echo(said or "no rows")
    return refused


def _refused(given: Map, batch: Batch, statuses: list[Status]) -> list[Problem]:
    from shidian.imports.events import Problem

    found = []
    for line, status in zip(batch.lines, statuses, strict=True):
        if status.status in ("conflict", "quarantined"):
            name = status.field.removeprefix("data.")
            column = given.field(name).column if name in given.fields else None
            column = given.time.column if name == "time" else column
            found.append(Problem(line, column or name, f"{status.status}: {status.reason}"))
    return found
