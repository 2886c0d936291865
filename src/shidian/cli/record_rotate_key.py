"""`shidian record rotate-key`: the notary changes its key, and the record says so."""

from __future__ import annotations

import click


@click.command("rotate-key")
def rotate_key() -> None:
    """Have the running notary make a new key, recorded in a leaf that both keys sign.

    Tell the new key, which is printed, to everyone who was told the old one: witnesses first.
    """
    from shidian.config import settings
    from shidian.notary.client import NotaryClient
    from shidian_kit.wire.refusal import RecordError

    try:
        with NotaryClient(settings().notary_socket) as client:
            index, vkey = client.rotate_key()
    except RecordError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"leaf {index}: the key is now {vkey}")
