"""A filled form, or a receipt, as a document to keep: PDF by Typst, Word by python-docx.

Every text goes in as a literal, never as markup: no answer can say anything to the typesetter.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A question or a fact with its answer, a line for each item. `soft`: nothing was answered."""

    label: str
    lines: tuple[str, ...]
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart (`drawings`) under its title; `said`: the same in words, for who does not see it."""

    title: str
    svg: str
    said: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section of the form, or another part with a heading. Word files have drawings in words."""

    title: str
    entries: tuple[Entry, ...]
    drawings: tuple[Drawing, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """All words are in the reader's language. `banner`: what must be seen first, such as 演示."""

    title: str
    subtitle: str
    language: Literal["zh", "en"]
    facts: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...] = ()
    banners: tuple[str, ...] = ()
    footer: str = field(default="")


def to_pdf(paper: Paper) -> bytes:
    """As tagged PDF with the fonts of the machine. Same paper, same bytes."""
    import typst  # late: 100 ms that only a PDF needs

    style = resources.files(__package__).joinpath("paper.typ").read_text("utf-8")
    source = "\n".join((style, *_typst(paper), ""))
    return bytes(typst.compile(source.encode(), format="pdf", timestamp=0))


def _typst(paper: Paper) -> Iterator[str]:
    facts = "".join(f"({literal(key)}, {literal(value)})," for key, value in paper.facts)
    banners = "".join(f"{literal(one)}," for one in paper.banners)
    yield (
        f"#show: paper.with(title: {literal(paper.title)}, subtitle: {literal(paper.subtitle)},"
        f" lang: {literal(paper.language)}, facts: ({facts}), banners: ({banners}),"
        f" footer: {literal(paper.footer)})"
    )
    for chapter in paper.chapters:
        yield f"#chapter({literal(chapter.title)})"
        for entry in chapter.entries:
            lines = "".join(f"{literal(one)}," for one in entry.lines)
            yield f"#entry({literal(entry.label)}, ({lines}), {str(entry.soft).lower()})"
        for one in chapter.drawings:
            parts = ", ".join(map(literal, (one.title, one.svg, one.said)))
            yield f"#drawing({parts})"


def printable(text: str) -> str:
    """What a document can hold of a text: all but the characters that XML has no place for."""
    return _UNPRINTABLE.sub("", text)


def literal(text: str) -> str:
    """A Typst string literal."""
    return json.dumps(printable(text), ensure_ascii=False).replace("\\/", "/")


def to_docx(paper: Paper) -> bytes:
    """As a Word file with headings, so that it has an outline."""
    from docx import Document  # late: only an export needs it
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    document.core_properties.title = printable(paper.title)
    document.core_properties.author = "Shidian"
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(11)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "List Bullet"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), "SimSun" if name in {"Normal", "List Bullet"} else "SimHei")
    for banner in paper.banners:
        document.add_paragraph().add_run(printable(banner)).bold = True
    document.add_heading(printable(paper.title), level=0)
    document.add_paragraph(printable(paper.subtitle))
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for key, value in paper.facts:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = (printable(one) for one in (key, value))
    for chapter in paper.chapters:
        document.add_heading(printable(chapter.title), level=1)
        for entry in chapter.entries:
            document.add_heading(printable(entry.label), level=2)
            style = "List Bullet" if len(entry.lines) > 1 else "Normal"
            for line in entry.lines:
                run = document.add_paragraph(style=style).add_run(printable(line))
                run.italic = entry.soft
        for drawing in chapter.drawings:
            document.add_heading(printable(drawing.title), level=2)
            document.add_paragraph(printable(drawing.said))
    document.sections[0].footer.paragraphs[0].text = printable(paper.footer)
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()
