"""`shidian bench load`: every list and case page over years of casework."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--cases", default=20_000, show_default=True, type=click.IntRange(min=100))
@click.option("--events", default=2_000_000, show_default=True, type=click.IntRange(min=1))
@click.option("--institutions", default=5_000, show_default=True, type=click.IntRange(1, 80_000))
@click.option(
    "--variants", default=3, show_default=True, type=click.IntRange(1, 20), help="Patterns a stage."
)
@click.option("--rounds", default=5, show_default=True, help="How often each address is timed.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def load(**options: int) -> None:
    """Measure server time and queries of each list and case page, and of full-text search.

    On a SQLite made for it, or the empty PostgreSQL that SHIDIAN_DATABASE_URL names
    (scripts/with-postgres makes one). Patterns of cases come about by the verbs; the others are
    copies of their rows, and a sample of them is held against the procedure.
    """
    from shidian.cli.bench import nothing_but_warnings, source_tree

    nothing_but_warnings()
    source_tree()
    from bench.load import NotEmptyError, Sizes, measure

    as_json = options.pop("as_json")
    say = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    try:
        found = measure(Sizes(**options), say)
    except (NotEmptyError, AssertionError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(found) if as_json else json.dumps(found, indent=2))
