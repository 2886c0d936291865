"""`shidian record gate-key`: what the public record says of the key that signs permits."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command("gate-key")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one file per key, KEY-ID.gate-key; else they are only listed.",
)
@click.option("--rotate", is_flag=True, help="Make a new key first; then start the gate again.")
def gate_key(out: Path | None, *, rotate: bool) -> None:
    """Write what the record says of the gate's keys, for firms' kits to check permits by.

    The worker has the record certify the key for 90 days, and again 30 days before they are over.
    With --rotate a new key takes the place of the old one, which the record ends: restart the gate,
    wait until the worker has put the new key on record, and hand out its file.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian import keyring
    from shidian.apps.supervision.domain.gate_keys import bundles, certify_gate_key
    from shidian.config import settings
    from shidian.core.record.reader import LogReader
    from shidian_kit.wire import keys
    from shidian_kit.wire.refusal import RecordError

    config = settings()
    try:
        if rotate:
            fresh = keyring.rotate_gate_key(config.keys)
            certify_gate_key(fresh)
            click.echo(f"new key {keys.key_id(fresh)}: start the gate again")
        found = bundles(LogReader(config.record_tiles))
    except (OSError, RecordError) as refused:
        raise click.ClickException(str(refused)) from None
    for key_id, data in found.items():
        click.echo(f"{key_id} is on record")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{key_id}.gate-key").write_bytes(data)
    if not found:
        click.echo("no key of the gate is on record yet: the worker puts it there")
