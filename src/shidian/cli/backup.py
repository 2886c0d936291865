"""`shidian backup`: a copy of the whole installation, taken while it runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    help="New folder for secrets, to be kept apart. Without it they are not copied.",
)
def backup(folder: Path, keys: Path | None) -> None:
    """Copy all stores of SHIDIAN_HOME and the app database into FOLDER, which must be new.

    The installation goes on meanwhile. Stores are copied in an order in which the newer of two can
    be made good; each file and each table of the app database is named with its hash. On PostgreSQL
    this needs pg_dump. FOLDER has personal data: keep it as you keep the database.
    """
    from shidian.backup.manifest import BackupError
    from shidian.backup.taking import take
    from shidian.config import settings

    try:
        found = take(settings(), folder, keys, say=lambda what: click.echo(what, err=True))
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    size = sum(file.size for file in found.files)
    click.echo(f"{folder}: {len(found.files)} files, {size / 1e6:,.1f} MB, {found.taken_at}")
    click.echo(f"journal: {found.last_entry} entries; app database: {len(found.tables)} tables")
    if found.record is not None:
        click.echo(f"record: {found.record.size} leaves, root {found.record.root}")
    if keys is None:
        click.echo("KEYS WERE NOT COPIED: without them nothing can be put back", err=True)
