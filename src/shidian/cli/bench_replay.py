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
@click.option(
    "--engine",
    type=click.Choice(["columns", "spark"]),
    default="columns",
    show_default=True,
    help="`spark`: clusters of this machine against the engine of one machine.",
)
@click.option(
    "--master",
    "masters",
    multiple=True,
    metavar="URL",
    help="Of --engine spark these clusters; else one core, two, and two processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def replay(  # noqa: PLR0917 - click passes options by name
    events: int,
    seed: int,
    folder: Path,
    rounds: int,
    threads: int,
    peers: tuple[str, ...],
    engine: str,
    masters: tuple[str, ...],
    as_json: bool,
) -> None:
    """Replay a seeded history; the same indicators in DuckDB SQL, Polars and pandas.

    A peer that gives another answer ends this with an error. `group_by` is the floor: one GROUP BY
    of project and minute in DuckDB over the same files. With --engine spark the one peer is
    `spark_sql`, and what it takes to start is apart.
    """
    source_tree()
    if engine == "spark":
        _on_spark(events, seed, folder, rounds, threads, peers, masters, as_json=as_json)
        return
    if masters:
        raise click.UsageError("--master belongs to --engine spark")
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


def _on_spark(  # noqa: PLR0917 - as the options are
    events: int,
    seed: int,
    folder: Path,
    rounds: int,
    threads: int,
    peers: tuple[str, ...],
    masters: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    from bench.on_spark import MASTERS, PEER, measure
    from bench.replaying import DifferentAnswerError
    from bench.workload import workload

    from shidian.core.monitor.engines.spark.cluster import ClusterError

    if set(peers) - {PEER, "none"}:
        raise click.UsageError(f"--peer {', '.join(sorted(peers))}: {PEER} or none")
    try:
        load = workload(folder, events, seed)
        say = (lambda _: None) if as_json else click.echo
        found = measure(
            load,
            masters=masters or MASTERS,
            peer=not peers or PEER in peers,
            rounds=rounds,
            threads=threads,
            say=say,
        )
    except (ValueError, OSError, DifferentAnswerError, ClusterError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"history: {load.digest}")
    for name, seconds in found["seconds"].items():
        started = found["startup_seconds"].get(name)
        apart = "" if started is None else f"  {started:6.2f} s to start"
        times = seconds / found["seconds"]["replay"]
        click.echo(f"{name:24} {seconds:9.2f} s  {times:6.1f} ×{apart}")
    click.echo(f"one core to two   {found['cores_1_to_2']} ×")
    click.echo(f"digest            {found['digest']}")
