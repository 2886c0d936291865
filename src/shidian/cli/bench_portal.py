"""`shidian bench portal`: the public site with thousands of projects and a crowd at one notice."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--projects", default=5_000, show_default=True, type=click.IntRange(1, 9_999))
@click.option("--comments", default=200_000, show_default=True, type=click.IntRange(0, 2_000_000))
@click.option("--seconds", default=10, show_default=True, help="How long one notice is read.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def portal(projects: int, comments: int, seconds: int, as_json: bool) -> None:
    """Measure public pages with much published, and how many readers one notice bears.

    Pages are asked for one after another inside the server, nothing being kept between two; p95 of
    40 each. The notice is read by wrk, on the same cores, from the server as it is shipped; without
    wrk (Debian: apt-get install wrk) that number is null.
    """
    from shidian.cli.bench import nothing_but_warnings, source_tree

    nothing_but_warnings()
    source_tree()
    from bench.portal import measure

    say = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    try:
        found = measure(projects, comments, seconds, say)
    except (RuntimeError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, taken_ms in found["p95_ms"].items():
        click.echo(f"{taken_ms:>8.1f} ms  {name}")
    rate = found["notice_requests_per_second"]
    click.echo("wrk is not installed" if rate is None else f"{rate:,} requests/s for a notice")
