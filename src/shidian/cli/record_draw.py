"""`shidian record draw`: compute again which lots a seed draws from a pool."""

from __future__ import annotations

import json
from typing import BinaryIO

import click

FILE_BYTES_MAX = 4 * 2**20


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--seed", help="The seed as published; else the one in the file.")
@click.option("--fingerprint", "expected", help="As the record has it: refused if it differs.")
def draw(file: BinaryIO, seed: str | None, expected: str | None) -> None:
    """Compute again a panel drawn by lot, from the document that the authority hands out.

    FILE holds `{"document": …, "seed": …}`. Prints the fingerprint that must stand on the record
    since before the seed was known, the lot order, and the lots drawn.
    """
    from shidian.core.procedure.drawing import PoolError, drawn_lots, fingerprint, in_lot_order

    data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise click.ClickException(f"the file is larger than {FILE_BYTES_MAX} bytes")
    try:
        given = json.loads(data)
        document, said = given["document"], seed or given.get("seed")
        name = fingerprint(document)
        if expected and expected.removeprefix("sha256:") != name:
            raise click.ClickException(f"the document's fingerprint is {name}, not {expected}")
        if not said:
            raise click.ClickException("the seed is not in the file yet: give --seed")
        order, drawn = in_lot_order(document, said), drawn_lots(document, said)
    except (PoolError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise click.ClickException(f"this is no draw: {error}") from error
    click.echo(f"fingerprint  {name}")
    click.echo(f"seed         {said}  ({document['seed_source']}, from {document['known_from']})")
    for place, lot in enumerate(order, start=1):
        click.echo(f"{place:>11}  {lot}{'  drawn' if lot in drawn else ''}")
