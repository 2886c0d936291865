"""`shidian rulebook`: check, read, list and digest rulebooks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from shidian.cli.library import library_files, library_folder, load_rulebook
from shidian.cli.rulebook_compare import compare_command, diff_command
from shidian.cli.rulebook_schema import schema
from shidian.cli.simulate import simulate
from shidian.core.rulebook.load import Loaded, RulebookErrors, load_file
from shidian.core.rulebook.model import Status, Text
from shidian.core.rulebook.provenance import Share, verified_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.problems import Problem
    from shidian.core.rulebook.reading import Lang

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_lang = partial(click.option, "--lang", type=click.Choice(["zh", "en"]), show_default=True)

_LEVELS = {
    "error": Text(zh="错误", en="error"),
    "warning": Text(zh="警告", en="warning"),
    "note": Text(zh="提示", en="note"),
}


@click.group()
def rulebook() -> None:
    """Check, read, compare and simulate rulebooks. NAME is a file, or an id of the library."""


group = rulebook
rulebook.add_command(schema)
rulebook.add_command(simulate)
rulebook.add_command(diff_command)
rulebook.add_command(compare_command)


@rulebook.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_lang(default="en", help="Language of the messages.")
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], lang: Lang) -> None:
    """Judge rulebooks, and say where each errs.

    One problem a line, as `level: file:line: path: what is wrong; what would be right`. An error
    refuses a file, and the exit status is 1. Warnings say what can be meant and more likely is
    not; notes, what a sketch still lacks and what this release cannot execute.
    """
    loaded: list[Loaded] = []
    for path in files:
        try:
            found = load_file(path, library=library_folder())
        except RulebookErrors as errors:
            for problem in errors.problems:
                _say_problem("error", problem, lang)
            continue
        if _counts(found, lang):
            _report(found, path, lang)
            loaded.append(found)
    runnable = sum(one.rulebook.status is not Status.SKETCH for one in loaded)
    refused = len(files) - len(loaded)
    summary = Text(
        zh=f"{len(loaded)} 部制度文本，{runnable} 部可运行",
        en=f"{len(loaded)} rulebook{'' if len(loaded) == 1 else 's'}, {runnable} runnable",
    )
    click.echo(_say(summary, lang))
    if refused:
        click.echo(
            _say(Text(zh=f"{refused} 部不予通过", en=f"{refused} of {len(files)} refused"), lang),
            err=True,
        )
        ctx.exit(1)


def _say(text: Text, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en


def _say_problem(level: Literal["error", "warning", "note"], problem: Problem, lang: Lang) -> None:
    click.echo(f"{_say(_LEVELS[level], lang)}: {problem.say(lang)}")


def _counts(loaded: Loaded, lang: Lang) -> bool:
    """Whether the calendars of a rulebook that is to run exist; of a sketch it is a note."""
    from shidian.core.procedure.calendar_check import unknown_calendars

    sketch = loaded.rulebook.status is Status.SKETCH
    unknown = unknown_calendars(loaded)
    for problem in unknown:
        _say_problem("note" if sketch else "error", problem, lang)
    return sketch or not unknown


def _report(loaded: Loaded, path: Path, lang: Lang) -> None:
    from shidian.core.rulebook.analysis import findings_of
    from shidian.core.rulebook.executable import not_executable

    for found in findings_of(loaded):
        _say_problem(found.level.value, found.problem, lang)
    for problem in not_executable(loaded.rulebook):
        mark = loaded.mark(problem.path)
        _say_problem("note", problem.at(mark.file, mark.line), lang)
    rules = loaded.rulebook
    click.echo(
        f"{path}: {rules.rulebook} {rules.version}, {_status(rules.status, lang)};"
        f" {_shares(verified_share(loaded), lang)}"
    )


def _status(status: Status, lang: Lang) -> str:
    from shidian.core.rulebook.reading.words import STATUS

    return STATUS[status].zh if lang == "zh" else str(status.value)


def _shares(share: Share, lang: Lang) -> str:
    return _say(
        Text(
            zh=f"{share.total} 项取值：已核实 {share.verified}、据报道 {share.reported}、"
            f"假定 {share.assumed}（其中借用 {share.borrowed}）",
            en=f"{share.total} values: {share.verified} verified, {share.reported} reported,"
            f" {share.assumed} assumed ({share.borrowed} of them borrowed)",
        ),
        lang,
    )


@rulebook.command()
@click.argument("name")
@click.option("--resolved", is_flag=True, help="YAML after `extends`, each value with its origin.")
@click.option("--svg", is_flag=True, help="The diagram of stages as SVG.")
@click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write a PDF to this file."
)
@_lang(default="zh", help="Language of the text.")
def show(name: str, resolved: bool, svg: bool, pdf: Path | None, lang: Lang) -> None:
    """Print a rulebook as articles to read, or as YAML, PDF or a diagram.

    NAME is a file, or an id of the library. Marks lead to the sources at the end: ● verified,
    ◐ reported, ○ assumed.
    """
    if sum((resolved, svg, pdf is not None)) > 1:
        raise click.UsageError("give one of --resolved, --svg and --pdf")
    loaded = load_rulebook(name)
    if resolved:
        from shidian.core.rulebook.reading.text import resolved_yaml

        click.echo(resolved_yaml(loaded), nl=False)
    elif svg:
        from shidian.core.rulebook.reading.diagram import diagram_svg

        click.echo(diagram_svg(loaded.rulebook, lang, plain=True))
    elif pdf is not None:
        _write_pdf(loaded, pdf, lang)
    else:
        from shidian.core.rulebook.reading import read
        from shidian.core.rulebook.reading.text import to_text

        click.echo(to_text(read(loaded, calendar_names=calendar_names(loaded)), lang))


def _write_pdf(loaded: Loaded, pdf: Path, lang: Lang) -> None:
    from shidian.core.rulebook.reading import read
    from shidian.core.rulebook.reading.diagram import diagram_svg
    from shidian.core.rulebook.reading.typeset import to_pdf

    reading = read(loaded, calendar_names=calendar_names(loaded))
    made = to_pdf(reading, lang, diagram_svg(loaded.rulebook, lang, plain=True))
    try:
        pdf.write_bytes(made)
    except OSError as error:
        raise click.ClickException(f"cannot write {pdf}: {error.strerror}") from error
    click.echo(f"{pdf}: {len(made) // 1024} KiB")


def calendar_names(loaded: Loaded) -> dict[str, Text]:
    """The names of the calendars that a rulebook counts by; an unknown one keeps its id."""
    from shidian.core.procedure.calendars import names_of

    return names_of(loaded.rulebook)


@rulebook.command("list")
@_lang(default="en", help="Language of the titles.")
@click.pass_context
def list_(ctx: click.Context, lang: Lang) -> None:
    """List the library: id, version, status, share of verified values, title."""
    refused = False
    for path in library_files():
        try:
            loaded = load_file(path, library=library_folder())
        except RulebookErrors as errors:
            refused = True
            click.echo(
                f"{path.stem:24} {_say(_LEVELS['error'], lang)}: {errors.problems[0].say(lang)}"
            )
            continue
        click.echo("  ".join(_line(loaded, lang)))
    if refused:
        ctx.exit(1)


def _line(loaded: Loaded, lang: Lang) -> Iterator[str]:
    rules, share = loaded.rulebook, verified_share(loaded)
    yield f"{rules.rulebook:24}"
    yield f"{rules.version:10}"
    status = _status(rules.status, lang)
    yield status + " " * (10 - sum(2 if ord(letter) > 255 else 1 for letter in status))  # noqa: PLR2004
    per_cent = share.verified * 100 // share.total if share.total else 0
    yield f"● {per_cent:3}% ({share.verified}/{share.total})"
    yield _say(rules.title, lang)


@rulebook.command()
@click.argument("name")
def digest(name: str) -> None:
    """Print a rulebook's two digests: of the document, and of what governs."""
    loaded = load_rulebook(name)
    click.echo(f"digest       {loaded.digest}")
    click.echo(f"rules_digest {loaded.rules_digest}")
