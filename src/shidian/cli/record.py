"""`shidian record`: what concerns the public record, for its operator, its witnesses, strangers."""

from __future__ import annotations

import click

from shidian.cli.lazy import LazyGroup

SUMMARIES = {
    "verify": "Verify a whole log, in a folder or at an address.",
    "audit": "Compare what the app database knows to be public with the log.",
    "draw": "Compute again which lots a seed draws from a pool.",
    "drill": "Verify the certificate of an exit drill, by running it again.",
    "leaves": "List the leaves that concern a case or a notice.",
    "erase": "Erase the text behind a sealed leaf; the log goes on verifying.",
    "witness": "Serve a witness that cosigns a log's checkpoints.",
    "rotate-key": "Have the notary change the log's key.",
    "gate-key": "Write what the record says of the gate's key; change that key.",
}
"""What `shidian record --help` says of each subcommand; `shidian.cli.record_<name>` holds it."""


@click.group(cls=LazyGroup, summaries=SUMMARIES, prefix="shidian.cli.record_")
def record() -> None:
    """Verify, audit and witness the public record; erase what must go."""
