"""The `shidian` command. A subcommand's module is imported only when it runs, so help is quick.

Each subcommand lives in a module of its own name and is the click command of that name in it.
"""

from __future__ import annotations

from importlib import import_module

import click

SUMMARIES = {
    "up": "Start and watch all processes on this machine.",
    "web": "Serve the pages (WSGI).",
    "gate": "Serve telemetry ingest and live updates (ASGI).",
    "monitor": "Turn journal entries into indicators and alerts.",
    "worker": "Carry out what the outbox holds.",
    "rulebook": "Check, read, compare and simulate rulebooks.",
    "replay": "Recompute alerts from a journal.",
    "version": "Print the version.",
}
"""What `shidian --help` says of each subcommand, without importing it."""


class LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name not in SUMMARIES:
            return None
        command = getattr(import_module(f"shidian.cli.{cmd_name}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"shidian.cli.{cmd_name}.{cmd_name} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=LazyGroup)
def main() -> None:
    """Shidian (试点) runs capital-market fintech innovation pilots, from the call to the exit.

    Settings are read from SHIDIAN_… environment variables; docs/operator lists them.
    """


@main.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    click.echo(installed_version("shidian"))
