"""`shidian restore`: an installation from a backup, proven equal to it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--keys", type=click.Path(path_type=Path), help="The backup's folder of secrets.")
@click.option("--check", "only_check", is_flag=True, help="Look only whether all is as copied.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The newest checkpoint of the record that readers or witnesses hold.",
)
@click.option(
    "--nothing-published-since",
    is_flag=True,
    help="Instead: the record published nothing after the backup was taken.",
)
def restore(
    folder: Path,
    keys: Path | None,
    only_check: bool,
    checkpoint: Path | None,
    nothing_published_since: bool,
) -> None:
    """Put the backup in FOLDER into SHIDIAN_HOME and the app database, both empty.

    Every file is compared with its hash before and after, every table of the app database when it
    is there; what fails leaves the home as it was. A public record that published more than the
    backup has must not go on from it: so its newest checkpoint is asked for. Then start
    `shidian up`, which brings an older release's database to this one's shape.
    """
    from shidian.backup.manifest import BackupError
    from shidian.backup.restoring import check, restore
    from shidian.config import settings

    try:
        if only_check:
            found = check(folder, keys)
        elif keys is None:
            raise click.UsageError("name the backup's folder of secrets: --keys FOLDER")
        else:
            has_record = check(folder, keys).record is not None
            newest = _newest(has_record, checkpoint, nothing_published_since)
            found = restore(settings(), folder, keys, newest=newest)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    left_out = sum(file.secret for file in found.files) if keys is None else 0
    click.echo(f"{len(found.files) - left_out} files and {len(found.tables)} tables are as copied")
    if left_out:
        click.echo(f"{left_out} secrets were not looked at: --keys FOLDER", err=True)
    if found.record is not None:
        click.echo(f"record: {found.record.size} leaves, root {found.record.root}")


def _newest(has_record: bool, checkpoint: Path | None, nothing_since: bool) -> bytes | None:
    if not has_record or (nothing_since and checkpoint is None):
        return None
    if checkpoint is None or nothing_since:
        raise click.UsageError(
            "the backup has a public record: give its newest checkpoint that anybody holds "
            "(--checkpoint FILE), or say that there is none newer (--nothing-published-since)"
        )
    return checkpoint.read_bytes()
