"""Answers as a reader sees them: by section and question, with files to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from shidian.apps.cases.answers import missing_questions
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.rulebook.model import Question, Section, Text


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question with its answer. Of `text`, `items` and `file` at most one is filled."""

    question: Question
    kind: str
    text: Any = ""
    items: Sequence[Any] = ()
    file: Mapping[str, Any] | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class SectionRows:
    """A section with its rows."""

    section: Section
    rows: list[AnswerRow]


def section_rows(section: Section, answers: Mapping[str, Any]) -> SectionRows:
    """Every question of the section in the rulebook's order."""
    missing = set(missing_questions(section, answers))
    return SectionRows(
        section,
        [
            answer_row(question, answers.get(question.id), question.id in missing)
            for question in section.questions
        ],
    )


def form_rows(
    form: Sequence[Section], answers: Mapping[str, Mapping[str, Any]]
) -> list[SectionRows]:
    """The whole application."""
    return [section_rows(section, answers.get(section.id, {})) for section in form]


def answer_row(  # noqa: PLR0911 - one a kind
    question: Question, value: Any, missing: bool = False
) -> AnswerRow:
    """One answer for display."""
    kind = str(question.kind)
    if value is None:
        return AnswerRow(question, kind, missing=missing)
    match question.kind:
        case QuestionKind.FILE:
            size = filesizeformat(value["size"])
            return AnswerRow(question, kind, file={**value, "size_text": size})
        case QuestionKind.PROMISES:
            return AnswerRow(question, kind, items=[one["text"] for one in value])
        case QuestionKind.CHOICES:
            return AnswerRow(question, kind, items=[_option(question, one) for one in value])
        case QuestionKind.CHOICE:
            return AnswerRow(question, kind, text=_option(question, value))
        case QuestionKind.DATE:
            return AnswerRow(question, kind, text=date.fromisoformat(str(value)))
        case QuestionKind.CONFIRM:
            return AnswerRow(question, kind, text=_("Yes"))
    return AnswerRow(question, kind, text=str(value))


def _option(question: Question, option_id: str) -> Text | str:
    for option in question.options:
        if option.id == option_id:
            return option.name
    return option_id
