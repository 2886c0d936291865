"""`shidian migrate`: the app database's shape, for installations under a service manager."""

from __future__ import annotations

import click


@click.command()
def migrate() -> None:
    """Bring the app database to this release's shape, and load the calendars.

    `shidian up` does it by itself. Under a service manager it runs once before `web` and `worker`
    of a new release start.
    """
    from shidian.cli.elsewhere import refuse_elsewhere
    from shidian.cli.up import prepare

    refuse_elsewhere("web")
    prepare()
