"""`shidian rulebook simulate`: what a rulebook, or a change to it, would mean for cases."""

from __future__ import annotations

import gc
import json
import os
from typing import TYPE_CHECKING

import click

from shidian.cli.library import load_rulebook

if TYPE_CHECKING:
    from shidian.core.procedure.simulation import Assumptions, Report
    from shidian.core.procedure.simulation.words import Lang
    from shidian.core.rulebook.load import Loaded

CASES_MAX = 1_000_000
PROCESSES_MAX = 4
SHARED_FROM_CASES = 4000
"""Fewer are done before another process has started."""


def _assumed(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from shidian.core.procedure.simulation import table

    for name, default, meaning in table():
        click.echo(f"{name:26} {default:>10}  {meaning.en} · {meaning.zh}")
    ctx.exit()


@click.command()
@click.argument("name")
@click.option(
    "--cases", type=click.IntRange(1, CASES_MAX), default=1000, show_default=True, help="How many."
)
@click.option("--seed", type=click.IntRange(0, 2**32), default=1, show_default=True)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="POINTER=VALUE",
    help="Change a value first, as /clocks/publicity/length=10; shown beside the text as written.",
)
@click.option(
    "--assume",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="Assume otherwise about people, as officers=5. --assumptions lists them.",
)
@click.option(
    "--assumptions",
    "listing",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_assumed,
    help="List what is assumed about people, and exit.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def simulate(  # noqa: PLR0917 - a parameter for each option
    ctx: click.Context,
    name: str,
    cases: int,
    seed: int,
    settings: tuple[str, ...],
    given: tuple[str, ...],
    lang: Lang,
    as_json: bool,
) -> None:
    """Let random but plausible cases walk a rulebook to the end. NAME is a file or an id.

    They walk through the procedure that production uses; what people do is assumed. The same seed
    gives the same answer. Prints outcomes, time in each stage, clocks missed and where cases queue.
    The exit status is 1 where a case gets stuck, or where the rulebook lacks what cases need.
    """
    loaded = load_rulebook(name)
    lacking = _lacking(loaded, lang)
    if lacking:
        click.echo("\n".join(lacking), err=True)
        ctx.exit(1)
    made = _made(given, lang)
    reports = [_report(one, cases, seed, made) for one in _variants(loaded, settings, lang)]
    if as_json:
        found = {"reports": [one.to_json() for one in reports], "settings": list(settings)}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        from shidian.core.procedure.simulation.words import Writer

        click.echo(Writer(loaded.rulebook, lang).report(*reports), nl=False)
    if not all(one.clean for one in reports):
        ctx.exit(1)


def _lacking(loaded: Loaded, lang: Lang) -> list[str]:
    """What keeps cases from walking this rulebook, as lines to print. Empty: nothing does."""
    from shidian.core.procedure.simulation import lacking

    found = lacking(loaded.rulebook)
    if not found:
        return []
    head = {
        "zh": f"{loaded.rulebook.rulebook}（{loaded.rulebook.status}）尚不能模拟，缺少：",
        "en": f"{loaded.rulebook.rulebook} ({loaded.rulebook.status}) cannot be simulated yet;"
        " it lacks:",
    }[lang]
    return [head, *(f"  {one.zh if lang == 'zh' else one.en}" for one in found)]


def _made(given: tuple[str, ...], lang: Lang) -> Assumptions:
    from shidian.core.procedure.simulation import AssumptionError, Assumptions

    try:
        return Assumptions().with_values(given)
    except AssumptionError as error:
        message = error.text.zh if lang == "zh" else error.text.en
        raise click.ClickException(message) from error


def _variants(loaded: Loaded, settings: tuple[str, ...], lang: Lang) -> list[Loaded]:
    """The rulebook as written, and as changed where it is."""
    from shidian.core.procedure.simulation.variant import changed
    from shidian.core.rulebook.problems import RulebookErrors

    if not settings:
        return [loaded]
    try:
        return [loaded, changed(loaded, settings)]
    except RulebookErrors as errors:
        raise click.ClickException(errors.say(lang)) from errors


def _report(loaded: Loaded, cases: int, seed: int, assumptions: Assumptions) -> Report:
    from shidian.core.procedure.calendars import calendar_for
    from shidian.core.procedure.simulation import simulate as run

    gc.disable()  # cases make no circles, and to look for some takes a tenth of the time
    try:
        return run(
            loaded.rulebook,
            calendar_for(loaded.rulebook),
            cases=cases,
            seed=seed,
            assumptions=assumptions,
            processes=min(os.cpu_count() or 1, PROCESSES_MAX) if cases >= SHARED_FROM_CASES else 1,
        )
    finally:
        gc.enable()
