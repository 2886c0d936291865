"""`shidian telemetry`: what concerns the events that pilots send."""

from __future__ import annotations

import click

from shidian.cli.telemetry_import import import_file
from shidian.cli.telemetry_retain import retain
from shidian.cli.telemetry_upkeep import compact, erase, erasures, seal, verify


@click.group()
def telemetry() -> None:
    """Bring in events that come as files, and look after the journal."""


for _command in (import_file, verify, seal, compact, retain, erase, erasures):
    telemetry.add_command(_command)
