"""`shidian bench orders`: from an approval to the firm's signed `effective`, and permits."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--pilots", default=100, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--seconds", default=5.0, show_default=True, help="How long permits are asked for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def orders(pilots: int, seconds: float, as_json: bool) -> None:
    """Measure permits a second, pilots cut off from the gate, and a suspension of every pilot.

    Gate, worker and notary run as processes of a new installation; the firms are this process and
    share this machine's cores with them. Effective: from an order's issue until its signed word
    `effective` is on the order's page, all pilots being suspended one after another. Hanging: by
    what factor one more pilot, whose system hangs for 30 s, raises the others' p99 (rounds with and
    without it, in turn).
    """
    from shidian.cli.bench import source_tree

    source_tree()
    from bench.orders import measure

    say = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    try:
        found = measure(pilots, seconds, say)
    except (RuntimeError, OSError, AssertionError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, taken_s in found["effective_s"].items():
        click.echo(f"effective {name}  {taken_s:.3f} s")
    click.echo(f"cut off and halted  {found['partitioned_halted']:.0%}")
    click.echo(f"{found['permits_per_second']:,} permits/s")
    click.echo(f"one system that hangs: p99 of the others × {found['hanging_raises_p99']:.3f}")
