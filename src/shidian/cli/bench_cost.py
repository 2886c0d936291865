"""`shidian bench cost`: seconds and bytes for a million events, stage by stage."""

from __future__ import annotations

import json

import click


@click.command()
@click.option(
    "--events",
    default=5_000_000,
    show_default=True,
    type=click.IntRange(100_000),
    help="Events taken in.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
def cost(events: int, as_json: bool) -> None:
    """Measure what a million events cost: taken in, sealed, evaluated as they come, replayed.

    Without network, on one core a stage. docs/operator/scale.md sizes installations by it.
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.cost import measure

    found = measure(events, lambda line: None if as_json else click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{'stage':8} {'s':>8} {'cpu s':>8} {'MB':>8} {'peak MiB':>9}   per million events")
    for stage, one in found["stages"].items():
        click.echo(
            f"{stage:8} {one['seconds']:8.2f} {one['cpu_seconds']:8.2f}"
            f" {one['bytes'] / 1e6:8.1f} {one['peak_rss_mib']:9}"
        )
