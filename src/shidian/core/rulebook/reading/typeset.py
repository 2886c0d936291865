"""A reading as a Typst document, and that as a PDF: the same words as on the page, set for print.

Every text goes in as a Typst string literal, never as markup: no rulebook can say anything to the
typesetter. The PDF depends on the reading, the language and the fonts, and on nothing else.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading.structure import SIGNS, say
from shidian.core.rulebook.reading.text import (
    DUTIES,
    FORM,
    NOTES,
    article_number,
    chapter_number,
    note_text,
    point_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shidian.core.rulebook.reading.structure import (
        Article,
        FormSection,
        Lang,
        Reading,
        RoleDuties,
        Sentence,
    )

_WORDS = {
    "contents": Text(zh="目录", en="Contents"),
    "diagram": Text(zh="案件的阶段与流转", en="The stages of a case and the moves between them"),
    "what": Text(zh="事项", en="What"),
    "when": Text(zh="期限", en="When"),
    "where": Text(zh="阶段", en="Stage"),
    "version": Text(zh="版本", en="Version"),
    "digest": Text(zh="摘要", en="Digest"),
    "status": Text(zh="状态", en="Status"),
    "unofficial": Text(zh="非官方文本", en="Not an official text"),
    "marks": Text(
        zh="● 已核实　◐ 据报道　○ 假定；数字对应文末所列依据。",
        en="● verified   ◐ reported   ○ assumed; the number leads to the list of sources.",
    ),
}


def to_typst(reading: Reading, lang: Lang, svg: str = "") -> str:
    """The document's source. `svg`: the diagram with presentation attributes, or none."""
    style = resources.files(__package__).joinpath("rulebook.typ").read_text("utf-8")
    return "\n".join((style, *_head(reading, lang), *_body(reading, lang, svg), ""))


def to_pdf(reading: Reading, lang: Lang, svg: str = "") -> bytes:
    """The document as PDF with tags, set with the fonts of the machine. Same reading, same bytes.

    Raises typst.TypstError where it cannot be set, which no reading should bring about.
    """
    import typst  # late: 100 ms that only a PDF needs

    source = to_typst(reading, lang, svg).encode()
    return bytes(typst.compile(source, format="pdf", timestamp=0))


def _str(text: str) -> str:
    """A Typst string literal."""
    return json.dumps(text, ensure_ascii=False).replace("\\/", "/")


def _w(key: str, lang: Lang) -> str:
    return _str(say(_WORDS[key], lang))


def _head(reading: Reading, lang: Lang) -> Iterator[str]:
    unofficial = _w("unofficial", lang) if reading.disclaimer is not None else "none"
    yield (
        f"#show: rulebook.with(title: {_str(say(reading.title, lang))}, lang: {_str(lang)},"
        f" name: {_str(f'{reading.id} {reading.version}')}, unofficial: {unofficial})"
    )
    facts = [
        (_w("version", lang), _str(f"{reading.id} {reading.version}")),
        (_w("status", lang), _str(say(reading.status, lang))),
        (_w("digest", lang), _str(reading.digest)),
    ]
    listed = ", ".join(f"({key}, {value})" for key, value in facts)
    disclaimer = _str(say(reading.disclaimer, lang)) if reading.disclaimer else "none"
    yield (
        f"#cover(title: {_str(say(reading.title, lang))}, facts: ({listed}),"
        f" disclaimer: {disclaimer}, marks: {_w('marks', lang)}, contents: {_w('contents', lang)})"
    )


def _body(reading: Reading, lang: Lang, svg: str) -> Iterator[str]:
    for chapter in reading.chapters:
        number = _str(chapter_number(chapter.number, lang))
        yield f"#chapter({number}, {_str(say(chapter.title, lang))})"
        if chapter.id == "stages" and svg:
            alt = _w("diagram", lang)
            yield f'#figure(image(bytes({_str(svg)}), format: "svg", alt: {alt}), alt: {alt})'
        for article in chapter.articles:
            yield from _article(reading, article, lang)
    if reading.duties:
        yield f"#chapter(none, {_str(say(DUTIES, lang))})"
        for role in reading.duties:
            yield _duties(role, lang)
    if reading.form:
        yield f"#chapter(none, {_str(say(FORM, lang))})"
        for section in reading.form:
            yield from _section(reading, section, lang)
    if reading.notes:
        yield f"#chapter(none, {_str(say(NOTES, lang))})"
        rows = ", ".join(
            f"({_str(f'{note.sign}{note.number}')}, {_str(note_text(note, lang))})"
            for note in reading.notes
        )
        yield f"#notes(({rows},))"


def _article(reading: Reading, article: Article, lang: Lang) -> Iterator[str]:
    number, heading = article_number(article.number, lang), say(article.heading, lang)
    yield f"#article({_str(number)}, {_str(heading)}, {_mark(reading, article.note)})"
    if article.sentences:
        yield f"#para{_content(reading, article.sentences, lang)}"
    for index, point in enumerate(article.points):
        yield f"#point({_str(point_number(index, lang))}){_content(reading, [point], lang)}"


def _content(reading: Reading, sentences: Sequence[Sentence], lang: Lang) -> str:
    parts = []
    for sentence in sentences:
        for piece in sentence.pieces(lang):
            parts.append(f"#{_str(piece.text)};")
            if piece.note is not None:
                parts.append(f"#mark({_mark(reading, piece.note)});")
    return f"[{''.join(parts)}]"


def _mark(reading: Reading, index: int | None) -> str:
    if index is None:
        return "none"
    note = reading.notes[index]
    return _str(f"{SIGNS[note.basis]}{note.number}")


def _duties(role: RoleDuties, lang: Lang) -> str:
    rows = ", ".join(
        f"({_str(say(duty.what, lang))}, {_str(say(duty.when, lang) if duty.when else '—')},"
        f" {_str(say(duty.stage, lang) if duty.stage else '—')})"
        for duty in role.duties
    )
    head = ", ".join(_w(key, lang) for key in ("what", "when", "where"))
    return f"#duties({_str(say(role.name, lang))}, ({head}), ({rows},))"


def _section(reading: Reading, section: FormSection, lang: Lang) -> Iterator[str]:
    guidance = _str(say(section.guidance, lang)) if section.guidance else "none"
    title = _str(say(section.title, lang))
    yield f"#section({title}, {guidance}, {_mark(reading, section.note)})"
    for one in section.lead:
        yield f"#para{_content(reading, [one], lang)}"
    for question in section.questions:
        hint = _str(say(question.guidance, lang)) if question.guidance else "none"
        facts = ("；" if lang == "zh" else "; ").join(
            one.plain(lang) for one in question.sentences if one is not question.label
        )
        label = _content(reading, [question.label], lang)
        yield f"#question({label}, {_str(facts)}, {hint}, {_mark(reading, question.note)})"
    for one in section.checks:
        yield f"#para{_content(reading, [one], lang)}"
