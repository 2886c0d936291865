"""`shidian rulebook schema`: what editors complete rulebooks from."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of rulebooks.

    An editor that speaks YAML completes and checks a rulebook whose first line is
    `# yaml-language-server: $schema=rulebook.schema.json`.
    """
    from shidian.core.rulebook.schema import text

    click.echo(text(), nl=False)
