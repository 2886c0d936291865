"""Writes docs/operator/cli.md from what each command's --help says; `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shidian.cli.main import main

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operator" / "cli.md"
PREFACE = """\
# The `shidian` command

This page is made from the command's own `--help` by `make docs`; a test compares the two.
"""
WIDTH = 88


def help_of(command: click.Command, name: str, parent: click.Context | None = None) -> str:
    """The command's help, then that of each of its subcommands, as Markdown."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **command.context_settings,
    )
    level = "##" if parent is None or parent.parent is None else "###"
    text = f"{level} `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None and not child.hidden:
                text += "\n" + help_of(child, child_name, context)
    return text


def page() -> str:
    """The whole page."""
    return f"{PREFACE}\n{help_of(main, 'shidian')}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
