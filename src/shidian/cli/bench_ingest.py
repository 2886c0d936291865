"""`shidian bench ingest`: events per second, durable, over HTTP, client on the same machine."""

from __future__ import annotations

import json

import click


@click.command()
@click.option(
    "--events", default=20_000_000, show_default=True, help="Events stored before measuring."
)
@click.option("--sample", default=4_000_000, show_default=True, help="Events measured, as Arrow.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
def ingest(events: int, sample: int, as_json: bool) -> None:
    """Measure durable ingest: signed requests to a gate, one event in twenty a repeat.

    The gate and its client share this machine's cores. An eighth of the sample is sent as JSON.
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.ingest import measure

    rates = measure(events, sample, lambda line: None if as_json else click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps({"events_per_second": rates}))
        return
    for form, rate in rates.items():
        click.echo(f"{form}: {rate:,} events/s")
