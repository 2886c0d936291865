"""`shidian record erase`: a personal or restricted text goes, the log goes on verifying."""

from __future__ import annotations

import getpass
import os

import click

GROUNDS = ("request", "retention", "mistake", "order")


@click.command()
@click.argument("leaf", type=click.IntRange(min=0))
@click.option(
    "--ground",
    type=click.Choice(GROUNDS),
    required=True,
    help="Said in public: asked for by the person, kept long enough, kept by mistake, ordered.",
)
@click.option("--reason", required=True, help="Who decided it and why; stays in the house.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def erase(leaf: int, ground: str, reason: str, yes: bool) -> None:
    """Erase the text behind LEAF, and the salt that ties it to the log. It cannot be undone.

    Only a sealed leaf can be erased; of a page only a version that the site shows no more. The leaf
    stays, so that `verify` goes on finding the log whole, and its page says since when and on what
    ground the text is gone. Kept as a trail: your user name, the time, ground and reason. Not
    touched: the case file, and copies that others made while the text was public.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian.apps.notices.models import ErasureGround
    from shidian.apps.record.domain import erase_text
    from shidian.apps.record.models import LeafRow

    row = LeafRow.objects.filter(index=leaf).select_related("outbox").first()
    if row is None:
        raise click.ClickException(f"leaf {leaf} was not made by this database")
    if not yes:
        kind = row.outbox.payload.get("kind", "unknown")
        click.confirm(f"Erase the text behind leaf {leaf} ({kind}) for good?", abort=True)
    try:
        done = erase_text(
            row=row, ground=ErasureGround(ground), reason=reason, by=getpass.getuser()
        )
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(
        f"leaf {leaf}: text and salt erased at {done.at.isoformat(timespec='seconds')}"
        f" ({done.ground}) by {done.by}.\n"
        "The leaf stays: the log verifies as before, and nobody can find the text by trying.\n"
        "Whoever kept text and salt while both were public can still show that they stood here."
    )
