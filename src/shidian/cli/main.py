"""The `shidian` command. A subcommand's module is imported only when it runs, so help is quick.

Each subcommand lives in a module of its own name and is the click command of that name in it.
"""

from __future__ import annotations

import click

from shidian.cli.lazy import LazyGroup

SUMMARIES = {
    "up": "Start and watch all processes on this machine.",
    "web": "Serve the pages (WSGI).",
    "gate": "Serve telemetry ingest and live updates (ASGI).",
    "monitor": "Turn journal entries into indicators and alerts.",
    "worker": "Carry out what the outbox holds.",
    "notary": "Write the public record and sign it.",
    "migrate": "Bring the app database to this release's shape.",
    "account": "Help a person whose account cannot be helped from a page.",
    "rulebook": "Check, read, compare and simulate rulebooks.",
    "telemetry": "Bring in events that come as files, and look after the journal.",
    "journal": "See which journal keeps which pilot, and move one.",
    "replay": "Recompute alerts from a journal.",
    "record": "Verify and witness the public record.",
    "zone": "Exchange signed bundles between the internal and the public zone.",
    "backup": "Copy the whole installation while it runs.",
    "restore": "Put an installation back from a backup.",
    "doctor": "Look an installation over, and say what to do.",
    "bench": "Measure this release on this machine.",
    "version": "Print the version.",
}
"""What `shidian --help` says of each subcommand, without importing it."""


@click.group(cls=LazyGroup, summaries=SUMMARIES, prefix="shidian.cli.")
def main() -> None:
    """Shidian (试点) runs capital-market fintech innovation pilots, from the call to the exit.

    Settings are read from SHIDIAN_… environment variables; docs/operator lists them.
    """


@main.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    click.echo(installed_version("shidian"))
