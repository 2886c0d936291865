"""`shidian telemetry`: what concerns the events that pilots send."""

from __future__ import annotations

import click

from shidian.cli.telemetry_import import import_file


@click.group()
def telemetry() -> None:
    """Bring in events that come as files."""


telemetry.add_command(import_file)
