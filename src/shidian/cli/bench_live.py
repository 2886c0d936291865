"""`shidian bench live`: from a deciding record sent to its alert on the board."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--events-per-second", default=5_000, show_default=True, type=click.IntRange(min=20))
@click.option("--seconds", default=60.0, show_default=True, help="How long it is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def live(events_per_second: int, seconds: float, as_json: bool) -> None:
    """Measure alerts under a steady load: 50 rules, one deciding record every 0.2 s.

    Gate, monitor, worker and web run as processes of a new installation; sender and board share
    this machine's cores with them. Latency: from sending the deciding record, the last one of its
    batch, until the board's part with the alert has arrived.
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.live import measure

    say = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    try:
        found = measure(events_per_second, seconds, say)
    except (RuntimeError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{found['events_per_second']:,} events/s")
    for name, taken_s in found["alert_latency_s"].items():
        click.echo(f"{name}  {taken_s:.3f} s")
