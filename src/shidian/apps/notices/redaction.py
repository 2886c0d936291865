"""What of an application the public may read, field by field, and what of it a text gives away.

The rulebook flags each question (`public`) and each document (`marking`); nothing else decides. The
full answers stay as they were filed: what is published is another text, never an edited one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.views.answers import form_rows
from shidian.core.journal.personal import personal_data
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.answers import AnswerRow
    from shidian.core.rulebook.model import Section, Text

_WRITTEN = (QuestionKind.SHORT, QuestionKind.LONG)
_ENDS = re.compile(r"[。；;！？!?\n]+|\.\s")
ANSWER_CHARS_MIN = 4
"""A shorter answer ("none") stands in many texts by chance."""
SENTENCE_CHARS_MIN = 10
QUOTED_CHARS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A question with its answer as filed. `public`: the public may read it, as it stands here."""

    row: AnswerRow
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section of the form."""

    section: Section
    fields: list[Field]

    @property
    def public(self) -> int:
        """How many of its fields the public may read."""
        return sum(one.public for one in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What a text that is to be published says and must not. `label`: the question's, if one."""

    label: Text | None
    piece: str = ""
    personal: str = ""


def parts_of(case: Case) -> list[Part]:
    """The application as filed, each field with the rulebook's flag. A file is never published."""
    return [
        Part(
            section=one.section,
            fields=[
                Field(row=row, public=row.question.public and row.file is None) for row in one.rows
            ],
        )
        for one in form_rows(filed_form(case))
    ]


def leaks_in(text: str, case: Case) -> list[Leak]:
    """Answers that are not public and stand in the text, whole or by a sentence; personal data."""
    found = [leak for leak in _answers_in(text, case) if leak.piece]
    if kind := personal_data(text):
        found.append(Leak(label=None, personal=kind))
    return found


def _answers_in(text: str, case: Case) -> Iterator[Leak]:
    filed = filed_form(case)
    plain = _plain(text)
    public = {
        _plain(piece)
        for section in filed.rulebook.form
        for question in section.questions
        if question.public
        for piece in _pieces(filed.answers.get(section.id, {}).get(question.id))
    }
    for section in filed.rulebook.form:
        for question in section.questions:
            if question.public or question.kind not in _WRITTEN:
                continue
            answer = filed.answers.get(section.id, {}).get(question.id)
            for piece in _pieces(answer):
                # What a public answer says as well is public.
                if _plain(piece) in plain and _plain(piece) not in public:
                    yield Leak(label=question.label, piece=piece[:QUOTED_CHARS_MAX])
                    break


def _pieces(answer: object) -> list[str]:
    """The whole of an answer, then its sentences; none that is too short to tell anything."""
    if not isinstance(answer, str):
        return []
    whole = answer.strip()
    sentences = [one.strip() for one in _ENDS.split(whole)]
    pieces = [whole] if len(whole) >= ANSWER_CHARS_MIN else []
    return pieces + [one for one in sentences if len(one) >= SENTENCE_CHARS_MIN]


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
