"""`shidian record leaves`: which leaves concern a case or a notice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shidian.apps.record.models import LeafRow


@click.command()
@click.argument("subject", metavar="CASE|NOTICE")
def leaves(subject: str) -> None:
    """List the leaves that concern a case (by its reference) or a notice (by its address).

    Restricted matter is listed with the rest: the list is for the house. One leaf a line: its place
    on the log or `waiting`, the kind of act, its time, and `plain`, `sealed` or `erased`.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from django.db.models import Q

    from shidian.apps.record.models import LeafRow

    concerns = (
        Q(outbox__case__reference=subject)
        | Q(outbox__payload__notice=subject)
        | Q(outbox__payload__page__in=("notice", "case"), outbox__payload__key=subject)
    )
    rows = list(LeafRow.objects.filter(concerns).select_related("outbox"))
    if not rows:
        raise click.ClickException(f"no leaf concerns {subject}")
    for row in rows:
        click.echo(_line(row))


def _line(row: LeafRow) -> str:
    place = "waiting" if row.index is None else str(row.index)
    how = "erased" if row.erased_at else "sealed" if row.sealed else "plain"
    said = row.outbox.payload
    return f"{place:>9}  {how:<7} {said.get('at', row.outbox.created)}  {said.get('kind', '')}"
