"""`shidian bench replay`: a whole history by ours and by the peers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shidian.cli.bench import source_tree


@click.command()
@click.option("--events", default=20_000_000, show_default=True, help="Size of the history.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/bench"),
    show_default=True,
    help="Where histories are kept; about 30 bytes an event.",
)
@click.option("--rounds", default=3, show_default=True, help="Interleaved rounds; medians count.")
@click.option("--threads", default=2, show_default=True, help="For ours and for DuckDB alike.")
@click.option("--peer", "peers", multiple=True, help="Of the peers these alone; `none` for none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def replay(  # noqa: PLR0917 - click passes options by name
    events: int,
    seed: int,
    folder: Path,
    rounds: int,
    threads: int,
    peers: tuple[str, ...],
    as_json: bool,
) -> None:
    """Replay a seeded history; the same indicators in DuckDB SQL, Polars and pandas.

    A peer that gives another answer ends this with an error. `group_by` is the floor: one GROUP BY
    of project and minute in DuckDB over the same files.
    """
    source_tree()
    from bench.replaying import PEERS, DifferentAnswerError, measure
    from bench.workload import workload

    chosen = tuple(name for name in PEERS if not peers or name in peers)
    unknown = set(peers) - {*PEERS, "none"}
    if unknown:
        raise click.UsageError(f"--peer {', '.join(sorted(unknown))}: one of {', '.join(PEERS)}")
    try:
        load = workload(folder, events, seed)
        say = (lambda _: None) if as_json else click.echo
        found = measure(load, peers=chosen, rounds=rounds, threads=threads, say=say)
    except (ValueError, OSError, DifferentAnswerError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"history: {load.digest}")
    for name, seconds in found["seconds"].items():
        click.echo(f"{name:12} {seconds:9.2f} s  {seconds / found['seconds']['replay']:6.1f} ×")
    click.echo(f"peak memory  {found['peak_rss_mib']:9} MiB")
    click.echo(f"rethreshold  {found['rethreshold']:9.3f} s")
    click.echo(f"  peak       {found['rethreshold_peak_rss_mib']:9} MiB")
    click.echo(f"digest       {found['digest']}")
