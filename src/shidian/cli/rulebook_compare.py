"""`shidian rulebook diff` and `compare`: what changed, and how regimes stand side by side."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

from shidian.cli.library import load_rulebook

if TYPE_CHECKING:
    from shidian.core.rulebook.difference import Cell, Change, Table
    from shidian.core.rulebook.model import Text

Lang: TypeAlias = Literal["zh", "en"]

_HEADINGS = {
    "rules": {"zh": "规则", "en": "Rules"},
    "wording": {"zh": "文字", "en": "Wording"},
    "basis": {"zh": "依据与来源", "en": "Basis and sources"},
    "document": {"zh": "文本信息", "en": "The document"},
}
_SAME = {"zh": "两个文本完全相同。", "en": "The two documents are the same."}
_SAME_RULES = {
    "zh": "规则没有变化。",
    "en": "No rule changes.",
}
_COLUMN = {
    "zh": "{name}：{title}（{status}，已核实 {share}%）",
    "en": "{name}: {title} ({status}, {share}% verified)",
}
_SILENT = {"zh": "均未规定：", "en": "None of them says: "}
_NOT_STATED = "—"
_LANG = click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of what is printed.",
)


@click.command("diff")
@click.argument("older")
@click.argument("newer")
@_LANG
@click.option("--json", "as_json", is_flag=True, help="Every change with its path and kind.")
def diff_command(older: str, newer: str, lang: Lang, as_json: bool) -> None:
    """Say in words what NEWER changes against OLDER. Each is a file, or an id of the library.

    Rules come first, weightiest first; then wording and translations, then changes of basis, then
    what the document says of itself.
    """
    from shidian.core.rulebook.difference import diff

    changes = diff(load_rulebook(older), load_rulebook(newer))
    if as_json:
        click.echo(json.dumps([_plain(change) for change in changes], ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_told(changes, lang)))


def _told(changes: tuple[Change, ...], lang: Lang) -> list[str]:
    if not changes:
        return [_SAME[lang]]
    lines: list[str] = []
    if all(change.kind != "rules" for change in changes):
        lines += [_SAME_RULES[lang], ""]
    for kind, heading in _HEADINGS.items():
        of_kind = [change for change in changes if change.kind == kind]
        if of_kind:
            lines += [f"{heading[lang]} ({len(of_kind)})"]
            lines += [f"  {_say(change.text, lang)}  [{change.path}]" for change in of_kind]
            lines += [""]
    return lines[:-1]


@click.command("compare")
@click.argument("names", nargs=-1, required=True)
@_LANG
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, a row for each question.")
@click.option("--json", "as_json", is_flag=True, help="Both languages, with basis and path.")
def compare_command(names: tuple[str, ...], lang: Lang, as_csv: bool, as_json: bool) -> None:
    """Put regimes side by side, question by question. NAMES are files, or ids of the library.

    A mark behind a value says how far it is founded; — means that the rulebook does not say.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    # late, as in diff: help is quick only without the language's machinery
    from shidian.core.rulebook.difference import compare

    table = compare([load_rulebook(name) for name in names])
    if as_json:
        click.echo(json.dumps(_plain(table), ensure_ascii=False, indent=2))
    elif as_csv:
        click.echo(_csv(table, lang), nl=False)
    else:
        click.echo("\n".join(_lines(table, lang)))


def _lines(table: Table, lang: Lang) -> list[str]:
    """A block for each question: columns would not fit a terminal."""
    from shidian.core.rulebook.reading.words import STATUS

    lines = [
        _COLUMN[lang].format(
            name=f"{column.rulebook} {column.version}",
            title=_say(column.title, lang),
            status=_say(STATUS[column.status], lang),
            share=column.verified_per_cent,
        )
        for column in table.columns
    ]
    width = max(len(column.rulebook) for column in table.columns)
    answered = [row for row in table.rows if any(cell.text for cell in row.cells)]
    for row in answered:
        lines += ["", _say(row.label, lang)]
        lines += [
            f"  {column.rulebook:<{width}}  {_shown(cell, lang)}"
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
    silent = [_say(row.label, lang) for row in table.rows if row not in answered]
    if silent:
        lines += ["", _SILENT[lang] + {"zh": "、", "en": ", "}[lang].join(silent)]
    return lines


def _csv(table: Table, lang: Lang) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *(column.rulebook for column in table.columns)])
    for row in table.rows:
        cells = [_shown(cell, lang) for cell in row.cells]
        writer.writerow([_say(row.label, lang), *cells])
    return out.getvalue()


def _shown(cell: Cell, lang: Lang) -> str:
    from shidian.core.rulebook.reading.words import BASIS

    if cell.text is None:
        return _NOT_STATED
    mark = f" [{_say(BASIS[cell.basis], lang)}]" if cell.basis is not None else ""
    return f"{_say(cell.text, lang)}{mark}"


def _say(text: Text, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en


def _plain(item: Any) -> Any:
    """Dataclasses and texts as JSON-able values."""
    return json.loads(json.dumps(asdict(item), default=lambda one: one.model_dump()))
