"""`shidian bench size`: the load of a city, a province or a nation, on this machine."""

from __future__ import annotations

import json

import click


@click.command()
@click.option(
    "--of",
    "names",
    multiple=True,
    type=click.Choice(["city", "province", "national"]),
    help="Of these alone; else of all three.",
)
@click.option(
    "--minutes",
    default=5,
    show_default=True,
    type=click.IntRange(1, 1440),
    help="Simulated minutes of peak load.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a size, and no more.")
def size(names: tuple[str, ...], minutes: int, as_json: bool) -> None:
    """Simulate the peak of a city's, a province's and a nation's day: what one core keeps up with.

    A journal takes each pilot's batch in every five seconds, a monitor evaluates it; clocks are
    simulated, the work is real. 500 pilots at 35,000 events a second take some gigabytes.
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.size import SIZES, measure

    for name in names or tuple(SIZES):
        found = measure(name, minutes, lambda line: None if as_json else click.echo(line, err=True))
        if as_json:
            click.echo(json.dumps(found))
            continue
        click.echo(
            f"{name}: {found['pilots']} pilots, {found['events_per_second']:,} events/s,"
            f" {minutes} min of peak"
        )
        for part in ("gate", "monitor"):
            one = found[part]
            click.echo(
                f"  {part:8} {one['cores']:7.3f} cores, step {one['step_p99_s']:.2f} of 5 s,"
                f" {one['peak_rss_mib']:,} MiB"
            )
