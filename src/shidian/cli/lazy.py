"""A click group that imports a subcommand's module only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """Knows its subcommands by name: `summaries` is what help says of each, in order.

    The subcommand `name` is the attribute `name` of the module `<prefix><name>`; a hyphen in the
    name is an underscore there.
    """

    def __init__(
        self, *args: Any, summaries: Mapping[str, str], prefix: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._summaries = summaries
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name not in self._summaries:
            return None
        attribute = cmd_name.replace("-", "_")
        module = f"{self._prefix}{attribute}"
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{attribute} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        if not self._summaries:
            return
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
