"""A process that the zone does not have is refused before it makes anything."""

from __future__ import annotations

import click

from shidian.config import settings
from shidian.zones import ElsewhereError
from shidian.zones import refuse_elsewhere as refuse


def refuse_elsewhere(process: str) -> None:
    """Raise ClickException where the zone of this installation has no such process."""
    try:
        refuse(settings(), process)
    except ElsewhereError as error:
        raise click.ClickException(str(error)) from None
