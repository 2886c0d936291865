"""`shidian bench restart`: a monitor killed and started again, with many groups of state."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--groups", default=1_000_000, show_default=True, type=click.IntRange(min=1_000))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def restart(groups: int, as_json: bool) -> None:
    """Measure from a monitor's start after kill -9 until it has evaluated the next entry.

    It is killed 75 entries of 1,000 events after its last checkpoint. A stream that differs from
    that of an evaluator that was never stopped ends this with an error.
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.restart import measure

    say = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    try:
        found = measure(groups, say)
    except (RuntimeError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(found) if as_json else f"{found['seconds']} s")
