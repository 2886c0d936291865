"""A form's round trip: what is filled in is kept, read back, exported and compared the same.

Over every section of every rulebook of the library, with whatever a browser can send.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils import translation
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.apps.cases import paper
from shidian.apps.cases.answers import form_sha256
from shidian.apps.cases.filled import fill_form
from shidian.apps.cases.form import section_form
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.versions import answer_chapters, answer_lines, differences, form_lines
from shidian.core.rulebook.model import QuestionKind
from tests.factories import RULEBOOKS, loaded

if TYPE_CHECKING:
    from shidian.apps.cases.answers import Answers
    from shidian.apps.cases.filled import Filled
    from shidian.core.rulebook.model import Question, Rulebook, Section

LANGUAGES = ("zh-hans", "en")
LINE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\n"), max_size=30)
"""What fits one line of a field; line breaks are for `TEXT`."""
TEXT = st.lists(LINE, max_size=4).map("\r\n".join)
"""Browsers end each line so."""
FILE = {"attachment": 7, "name": "评估.pdf", "sha256": "ab" * 32, "size": 2048}


@cache
def sections() -> list[tuple[Rulebook, Section]]:
    books = [loaded(path.stem).rulebook for path in sorted(RULEBOOKS.glob("*.yaml"))]
    return [(book, section) for book in books for section in book.form]


def typed(  # noqa: C901 - one a kind
    draw: st.DrawFn, book: Rulebook, question: Question, sent: QueryDict
) -> None:
    """Answer one question as a browser sends it, or leave it empty."""
    options = [one.id for one in question.options]
    most = question.max_length or 200
    value: Any
    match question.kind:
        case QuestionKind.FILE:
            return
        case QuestionKind.WAIVERS:
            rules = [one.id for one in book.waivers.relaxable] if book.waivers else []
            value = draw(st.lists(st.sampled_from(rules), unique=True)) if rules else []
            for rule in value:
                sent[f"{question.id}-reason-{rule}"] = draw(TEXT)
                sent[f"{question.id}-measure-{rule}"] = draw(TEXT)
        case QuestionKind.INTEGER | QuestionKind.MONEY:
            low, high = int(question.minimum or 0), int(question.maximum or 10**9)
            value = str(draw(st.integers(low, high)))
        case QuestionKind.DATE:
            value = draw(st.dates(date(1990, 1, 1))).isoformat()
        case QuestionKind.CHOICE:
            value = draw(st.sampled_from(options))
        case QuestionKind.CHOICES:
            value = draw(st.lists(st.sampled_from(options), unique=True))
        case QuestionKind.CONFIRM:
            value = "on" if draw(st.booleans()) else ""
        case QuestionKind.SHORT:
            value = draw(LINE)[:most]
        case _:
            value = draw(TEXT)[:most]
    if value and draw(st.sampled_from([True, True, True, False])):
        sent.setlist(question.id, value if isinstance(value, list) else [value])


@dataclass(frozen=True)
class Fillings:
    """A section, and what is kept of so many fillings of it."""

    book: Rulebook = field(repr=False)
    section: Section = field(repr=False)
    kept: list[Answers]


@st.composite
def filled_in(draw: st.DrawFn, times: int = 1) -> Fillings:
    """So many fillings of one section."""
    # By its place: what is chosen from is written out where a test fails, and these are whole laws.
    book, section = sections()[draw(st.integers(0, len(sections()) - 1))]
    found = []
    for _ in range(times):
        sent = QueryDict(mutable=True)
        for question in section.questions:
            typed(draw, book, question, sent)
        files = [one.id for one in section.questions if one.kind is QuestionKind.FILE]
        kept = {one: FILE for one in files if draw(st.booleans())}
        form = section_form(section, data=sent, files={}, saved=kept, rulebook=book)
        assert form.is_valid(), form.errors
        found.append(form.answers())
    return Fillings(book, section, found)


class Browser(HTMLParser):
    """Reads a form's fields and sends back what stands in them, as HTML says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent = QueryDict(mutable=True)
        self._area: str | None = None
        self._text = ""
        self.feed(page.replace("\r\n", "\n").replace("\r", "\n"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name") or "", found.get("type")
        if tag == "textarea":
            self._area, self._text = name, ""
        if tag != "input" or kind == "file" or not name:
            return
        if kind in {"radio", "checkbox"} and "checked" not in found:
            return
        value = found.get("value", "on" if kind == "checkbox" else "") or ""
        self.sent.appendlist(name, value.replace("\n", ""))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.sent.appendlist(self._area, self._text.removeprefix("\n").replace("\n", "\r\n"))
            self._area = None


def whole(book: Rulebook, section: Section, answers: Answers) -> Filled:
    return fill_form(book, {section.id: answers})


@given(filled_in(), st.sampled_from(LANGUAGES))
def test_what_was_filled_in_is_read_back_from_the_page_the_same(
    given_: Fillings, language: str
) -> None:
    book, section, [kept] = given_.book, given_.section, given_.kept
    assert json.loads(json.dumps(kept)) == kept
    asked = whole(book, section, kept).asked(section)
    with translation.override(language):
        shown = section_form(section, saved=kept, rulebook=book, asked=asked)
        sent = Browser(shown.as_p()).sent
        again = section_form(section, data=sent, files={}, saved=kept, rulebook=book, asked=asked)
        assert again.is_valid(), again.errors

    assert again.answers() == kept
    assert form_sha256({section.id: again.answers()}) == form_sha256({section.id: kept})


@settings(max_examples=30)
@given(filled_in(), st.sampled_from(LANGUAGES))
def test_what_was_filled_in_is_exported_the_same(given_: Fillings, language: str) -> None:
    book, section, [kept] = given_.book, given_.section, given_.kept
    form = whole(book, section, kept)
    with translation.override(language):
        chapters = tuple(answer_chapters(form))
        rows = [row for part in form_rows(form) for row in part.rows]
        said = [line for row in rows for line in answer_lines(row)]
        file = paper.to_docx(paper.Paper("表", "", "zh", (), chapters))
    read = [one.text for one in Document(io.BytesIO(file)).paragraphs]

    for line in said:
        assert paper.printable(line) in read
    # Each question is there once, with an answer or with the words that there is none.
    for chapter, part in zip(chapters, form_rows(form), strict=True):
        given = form.answers.get(part.section.id, {})
        for entry, row in zip(chapter.entries, part.rows, strict=True):
            assert entry.soft is (row.question.id not in given)
            assert entry.soft is (not answer_lines(row))


@given(filled_in(times=2), st.sampled_from(LANGUAGES))
def test_two_fillings_differ_on_the_page_exactly_where_they_differ(
    given_: Fillings, language: str
) -> None:
    book, section, fillings = given_.book, given_.section, given_.kept
    forms = [whole(book, section, one) for one in fillings]
    with translation.override(language):
        before, after = (form_lines(one) for one in forms)
        found = differences(before, after)
        assert differences(before, before) == []
        assert len(before) == sum(len(part.rows) for part in form_rows(forms[0]))

    assert (found == []) is (before == after)
    if forms[0].answers != forms[1].answers:
        assert found
    for one in found:
        old = "".join(run.text for run in one.runs if run.mark != "ins")
        new = "".join(run.text for run in one.runs if run.mark != "del")
        key = (one.section, one.label)
        assert (old, new) == (before.get(key, ""), after.get(key, ""))
