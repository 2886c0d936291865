"""A reading as plain text for a terminal, and the resolved document with each value's origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.numbers import chinese_number
from shidian.core.rulebook.reading.structure import SIGNS, Note, Reading, Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Because
    from shidian.core.rulebook.reading.structure import Article, FormSection, Lang

DUTIES = Text(zh="附录一　各方职责", en="Annex I: Duties")
FORM = Text(zh="附录二　申报表", en="Annex II: The application form")
NOTES = Text(zh="依据", en="Sources")


def chapter_number(number: int, lang: Lang) -> str:
    """第一章 / Chapter 1."""
    return f"第{chinese_number(number)}章" if lang == "zh" else f"Chapter {number}"


def article_number(number: int, lang: Lang) -> str:
    """第一条 / Article 1."""
    return f"第{chinese_number(number)}条" if lang == "zh" else f"Article {number}"


def point_number(index: int, lang: Lang) -> str:
    """（一） / (a); after z: (aa). `index` from 0."""
    if lang == "zh":
        return f"（{chinese_number(index + 1)}）"
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("a") + rest) + name
    return f"({name})"


def note_text(note: Note, lang: Lang) -> str:
    """What a mark says: its basis, source, article, date, what was taken over, and the remark."""
    parts = [say(words.BASIS[note.basis], lang)]
    if note.source is not None:
        grade = f" [{note.source.grade.value}]" if note.source.grade else ""
        parts.append(say(note.source.title, lang) + grade)
    elif note.source_id:
        parts.append(note.source_id)
    parts += [part for part in (note.article, note.date) if part]
    if note.borrowed_from:
        parts.append(lender(note, lang))
    if note.text is not None:
        parts.append(say(note.text, lang))
    return ("；" if lang == "zh" else "; ").join(parts)


def lender(note: Note, lang: Lang) -> str:
    """From where a value was taken over: the source's title, or a regime's id."""
    name = say(note.lender.title, lang) if note.lender else note.borrowed_from
    return say(Text(zh=f"借用自{name}", en=f"taken over from {name}"), lang)


def to_text(reading: Reading, lang: Lang) -> str:
    """The whole reading. Marks stand as `●3`: the number leads to the list at the end."""
    lines = [
        say(reading.title, lang),
        f"{reading.id} {reading.version} · {say(reading.status, lang)}",
        reading.digest,
    ]
    if reading.disclaimer is not None:
        lines.append(say(reading.disclaimer, lang))
    for chapter in reading.chapters:
        lines += ["", f"{chapter_number(chapter.number, lang)}　{say(chapter.title, lang)}"]
        for article in chapter.articles:
            lines += _article(reading, article, lang)
    if reading.duties:
        lines += ["", say(DUTIES, lang)]
        for role in reading.duties:
            lines += [f"  {say(role.name, lang)}"]
            for duty in role.duties:
                when = f" — {say(duty.when, lang)}" if duty.when else ""
                lines.append(f"    · {say(duty.what, lang)}{when}")
    if reading.form:
        lines += ["", say(FORM, lang)]
        for section in reading.form:
            lines += _section(reading, section, lang)
    if reading.notes:
        lines += ["", say(NOTES, lang)]
        lines += [f"  {note.sign}{note.number}  {note_text(note, lang)}" for note in reading.notes]
    return "\n".join(lines)


def _article(reading: Reading, article: Article, lang: Lang) -> Iterator[str]:
    number = article_number(article.number, lang)
    yield f"  {number}　{say(article.heading, lang)}{_mark(reading, article.note)}"
    said = "".join(_said(reading, one, lang) for one in article.sentences).strip()
    if said:
        yield f"    {said}"
    for index, point in enumerate(article.points):
        yield f"      {point_number(index, lang)} {_said(reading, point, lang)}"


def _section(reading: Reading, section: FormSection, lang: Lang) -> Iterator[str]:
    yield f"  {say(section.title, lang)}{_mark(reading, section.note)}"
    if section.guidance:
        yield f"    {say(section.guidance, lang)}"
    for one in section.lead:
        yield f"    {_said(reading, one, lang)}"
    for question in section.questions:
        facts = ("；" if lang == "zh" else "; ").join(
            _said(reading, one, lang) for one in question.sentences if one is not question.label
        )
        label = _said(reading, question.label, lang) + _mark(reading, question.note)
        yield f"    · {label} [{facts}]"
        if question.guidance:
            yield f"      {say(question.guidance, lang)}"
    for one in section.checks:
        yield f"    {_said(reading, one, lang)}"


def _said(reading: Reading, sentence: Sentence, lang: Lang) -> str:
    return "".join(piece.text + _mark(reading, piece.note) for piece in sentence.pieces(lang))


def _mark(reading: Reading, index: int | None) -> str:
    if index is None:
        return ""
    note = reading.notes[index]
    return f"{SIGNS[note.basis]}{note.number}"


def resolved_yaml(loaded: Loaded) -> str:
    """The document after `extends`, as YAML; behind each value its path, basis, file and line."""
    return "\n".join(_yaml(loaded, loaded.document, "", 0)) + "\n"


def _yaml(loaded: Loaded, node: object, path: str, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(node, dict):
        for key, child in node.items():
            if not path and key == "because":
                continue  # the bases stand behind the values themselves
            below = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            yield from _entry(loaded, f"{pad}{_scalar(key)}:", child, below, depth)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            name = item.get("id") if isinstance(item, dict) else None
            below = f"{path}/{name if isinstance(name, str) else index}"
            yield from _entry(loaded, f"{pad}-", item, below, depth)


def _entry(loaded: Loaded, head: str, child: object, path: str, depth: int) -> Iterator[str]:
    if isinstance(child, dict | list):
        if not child:
            yield f"{head} {'{}' if isinstance(child, dict) else '[]'}"
            return
        yield head
        yield from _yaml(loaded, child, path, depth + 1)
        return
    found = loaded.provenance.get(path)
    origin = ""
    if found is not None:
        because = f" · {_because(found.because)}" if found.because else ""
        origin = f"  # {path}{because} · {found.file}:{found.line}"
    yield f"{head} {_scalar(child)}{origin}"


def _scalar(value: object) -> str:
    """One YAML scalar on one line, quoted where plain text would be read as something else."""
    if value is None:
        return "null"
    text = str(value)
    plain = yaml.safe_dump(text, allow_unicode=True, width=10**9).removesuffix("\n...\n").strip()
    if "\n" in plain:
        quoted = yaml.safe_dump(text, allow_unicode=True, width=10**9, default_style='"')
        return quoted.strip()
    # every value is text: what YAML would take for a number or a truth is the rulebook's own text
    return text if plain == f"'{text}'" and _is_tame(text) else plain


def _is_tame(text: str) -> bool:
    return text.replace(".", "").replace("-", "").isalnum() and not text.startswith("-")


def _because(because: Because) -> str:
    if because.borrowed_from:
        return f"{because.basis}, borrowed from {because.borrowed_from}"
    return f"{because.basis}, {because.source}" if because.source else str(because.basis)
