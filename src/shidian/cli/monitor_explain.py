"""`shidian monitor explain`: what a rule computes, and the arithmetic behind one of its alerts."""

from __future__ import annotations

from datetime import UTC, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.program import Program, Rule
    from shidian.core.rulebook.model import Rulebook, Text

_PATH = click.Path(path_type=Path)
Lang: TypeAlias = Literal["zh", "en"]
_WORDS: dict[str, dict[Lang, str]] = {
    "in force": {"zh": "自第 {} 条记录起执行", "en": "in force since entry {}"},
    "group": {"zh": "分组", "en": "group"},
    "window": {"zh": "窗口", "en": "window"},
    "start": {"zh": "起始", "en": "the start"},
    "before": {"zh": "此前 {} 个切片", "en": "{} tiles before"},
    "value": {"zh": "值", "en": "value"},
    "none": {"zh": "无", "en": "none"},
    "divided by": {"zh": "除以", "en": "divided by"},
    "met": {"zh": "触及", "en": "met"},
    "not met": {"zh": "未触及", "en": "not met"},
    "events": {"zh": "个事件", "en": "events"},
}


@click.command()
@click.argument("rule", required=False)
@click.option("--rulebook", "name", help="Of this rulebook: a file, or an id of the library.")
@click.option("--plan", "given", multiple=True, metavar="NAME=VALUE", help="A plan parameter.")
@click.option("--project", help="Of the rules last activated for this pilot.")
@click.option("--alert", metavar="ID", help="Why: each item of this episode, as stored.")
@click.option("--at", metavar="WHEN", help="Why, or why not: the value at an instant, recomputed.")
@click.option("--group", default="", help="Group at that instant, as alerts name it.")
@click.option("--journal", type=_PATH, help="Journal file; else the installation's.")
@click.option("--store", type=_PATH, help="Monitor store; else the installation's.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def explain(  # noqa: PLR0917 - click passes options by name
    rule: str | None,
    name: str | None,
    given: tuple[str, ...],
    project: str | None,
    alert: str | None,
    at: str | None,
    group: str,
    journal: Path | None,
    store: Path | None,
    lang: Lang,
) -> None:
    """Explain RULE: filter, tile, window, compare, and what an alert of it rests on.

    With --rulebook or --project: the compiled program. With --alert: tiles and arithmetic frozen in
    that episode's items, from the monitor's store. With --project and --at: the same at any instant
    that is final, from what the journal says by now.
    """
    from shidian.config import settings

    if alert is not None:
        _alert(store or settings().monitor_store, alert, lang)
        return
    if rule is None or (name is None) == (project is None) or (at is not None and project is None):
        raise click.UsageError("give RULE and one of --rulebook, --project; or --alert ID")
    if project is None:
        _of_rulebook(str(name), rule, given, lang)
        return
    from shidian.core.journal.reader import JournalReader

    try:
        with JournalReader(journal or settings().journal) as reader:
            if at is None:
                _of_project(reader, project, rule, lang)
            else:
                _at_instant(reader, (project, rule, group), at, lang)
    except OSError as error:
        raise click.ClickException(str(error)) from None


def _of_rulebook(name: str, rule_id: str, given: tuple[str, ...], lang: Lang) -> None:
    from shidian.cli.library import load_rulebook
    from shidian.core.monitor.compiling import compile_rules
    from shidian.core.monitor.program import NotExecutable

    rulebook = load_rulebook(name).rulebook
    plan = {}
    for one in given:
        parameter, sign, value = one.partition("=")
        if not sign:
            raise click.UsageError(f"--plan {one}: write NAME=VALUE")
        plan[parameter] = value
    known = {parameter.id for parameter in rulebook.plan}
    if unknown := sorted(plan.keys() - known):
        raise click.UsageError(f"--plan {unknown[0]}: the rulebook has {', '.join(sorted(known))}")
    unstated = {p.id for p in rulebook.plan if p.id not in plan and p.default is None}
    # The words do not depend on the instants, nor on the values that are given as words.
    calendars = {"month": [0], "day": [0], "trading-day": [0]}
    try:
        program = compile_rules(
            rulebook, {**plan, **dict.fromkeys(unstated, "1")}, calendars=calendars
        )
    except NotExecutable as error:
        raise click.ClickException(str(error)) from None
    _say_program(_rule(program, rule_id), rulebook, frozenset(unstated), lang)


def _of_project(reader: JournalReader, project: str, rule_id: str, lang: Lang) -> None:
    from shidian.core.journal.entry import RULE_KINDS, EntryKind
    from shidian.core.monitor.program import NotExecutable
    from shidian.core.monitor.timeline import Timeline
    from shidian.core.rulebook.load import from_document

    timeline, document = Timeline(), None
    try:
        for entry in reader.controls():
            if entry.project == project and entry.kind in RULE_KINDS:
                timeline.add(entry)
                if entry.kind is EntryKind.ACTIVATION:
                    document = entry.control()["document"]
    except NotExecutable as error:
        raise click.ClickException(f"{project}: {error}") from None
    if document is None or not timeline.segments:
        raise click.ClickException(f"{project} has no rulebook in this journal")
    segment = timeline.segments[-1]
    click.echo(_WORDS["in force"][lang].format(segment.entry))
    rulebook = from_document(document).rulebook
    _say_program(_rule(segment.program, rule_id), rulebook, frozenset(), lang)


def _rule(program: Program, rule_id: str) -> Rule:
    found = program.rule(rule_id)
    if found is None:
        ids = ", ".join(rule.id for rule in program.rules) or "none"
        raise click.ClickException(f"no limit or alert {rule_id}; there are: {ids}")
    return found


def _say_program(rule: Rule, rulebook: Rulebook, unstated: frozenset[str], lang: Lang) -> None:
    from shidian.core.monitor.described import describe

    def said(text: Text) -> str:
        return text.zh if lang == "zh" else text.en

    calendars = {i.id: i.window for i in rulebook.indicators if isinstance(i.window, str)}
    indicator = rule.measure.id.partition("@")[0]
    click.echo(f"{rule.id}: {said(rule.title)}")
    click.echo(f"{indicator}: {said(rule.measure.title)}")
    for line in describe(rule, calendar=calendars.get(indicator), unstated=unstated):
        click.echo(f"  {said(line.name)}: {said(line.said)}")


def _alert(path: Path, episode: str, lang: Lang) -> None:
    from shidian.core.monitor.store import StoreReader

    try:
        with StoreReader(path) as store:
            items = store.items_of(episode)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
    if not items:
        raise click.ClickException(f"no alert {episode} in {path}")
    for item in items:
        click.echo(f"#{item.seq} {item.change.value} {item.level} {item.project} {item.rule}")
        for line in arithmetic(item.explanation, lang, UTC):
            click.echo(f"  {line}")


def _at_instant(reader: JournalReader, key: tuple[str, str, str], at: str, lang: Lang) -> None:
    from shidian.cli.instants import read_instant
    from shidian.cli.replay import monitoring_zone
    from shidian.core.monitor.evaluator import Evaluator

    project, rule, group = key
    zone = monitoring_zone(reader, project, None)
    at_us = read_instant(at, zone, option="--at")
    evaluator = Evaluator(project=project)
    for entry in reader:
        evaluator.step(entry)
    try:
        said = evaluator.explanation(project, rule, group, at_us)
    except LookupError as error:
        raise click.ClickException(str(error.args[0])) from None
    for line in arithmetic(said, lang, zone):
        click.echo(line)


def arithmetic(raw: Mapping[str, Any], lang: Lang, zone: tzinfo) -> Iterator[str]:
    """An explanation as lines: rules, window, tiles, value, thresholds; amounts in major units."""
    words = raw.get("words") or {}
    yield str(words.get(lang, ""))
    if raw.get("rule") is None:
        return
    yield _WORDS["in force"][lang].format(raw["in_force"]["entry"])
    if raw["group"]:
        named = ", ".join(f"{name} = {value}" for name, value in raw["group"].items())
        yield f"{_WORDS['group'][lang]}: {named}"
    under, scale = raw["divided_by"], int(raw["scale"])
    own_scale = scale + (int(under["scale"]) if under else 0)
    yield from _tiles(raw, own_scale, lang, zone)
    if under:
        yield f"{_WORDS['divided by'][lang]} {under['indicator']['title'][lang]}:"
        yield from _tiles(under, int(under["scale"]), lang, zone)
        yield f"  {_WORDS['value'][lang]} = {_major(under['value'], int(under['scale']), lang)}"
    yield f"{_WORDS['value'][lang]} = {_major(raw['value'], scale, lang)}"
    for level in raw["levels"]:
        met = _WORDS["met" if level["met"] else "not met"][lang]
        bound = _major(level["bound"], scale, lang)
        yield f"{level['level']}: {level['comparison']} {bound}: {met}"


def _tiles(part: Mapping[str, Any], scale: int, lang: Lang, zone: tzinfo) -> Iterator[str]:
    from shidian.cli.instants import shown_instant

    window, before = part["window"], part["tiles_before"]
    begins = window["from_us"]
    first = _WORDS["start"][lang] if begins is None else shown_instant(begins, zone)
    yield (
        f"{_WORDS['window'][lang]}: {first} – {shown_instant(window['to_us'], zone)},"
        f" {part['events']} {_WORDS['events'][lang]}"
    )
    if before["number"]:
        total = "" if before["sum"] is None else f": {_major(before['sum'], scale, lang)}"
        yield f"  {_WORDS['before'][lang].format(before['number'])}{total}"
    for start_us, value in part["tiles"]:
        yield f"  {shown_instant(start_us, zone)}  {_major(value, scale, lang)}"


def _major(value: int | str | None, scale: int, lang: Lang) -> str:
    from shidian.core.monitor.explain import exact_text

    if value is None:
        return _WORDS["none"][lang]
    return exact_text(Fraction(value) / Fraction(10) ** scale)
