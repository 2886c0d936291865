"""Answers as a reader sees them: by section and question, with files to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from shidian.apps.cases.waiver_field import is_paired
from shidian.apps.cases.words import currency_name
from shidian.core.rulebook.model import QuestionKind, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.apps.cases.filled import Filled
    from shidian.core.rulebook.model import Question, Rulebook, Section


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question with its answer. Of `text`, `items` and `file` at most one is filled.

    `waivers`: (name of the rule, reason, measure) of each, which stand in `items` as lines, too.
    """

    question: Question
    kind: str
    text: Any = ""
    items: Sequence[Any] = ()
    file: Mapping[str, Any] | None = None
    missing: bool = False
    unit: str = ""
    computed: bool = False
    waivers: Sequence[tuple[Any, str, str]] = ()


@dataclass(frozen=True, slots=True)
class SectionRows:
    """A section with its rows."""

    section: Section
    rows: list[AnswerRow]


def section_rows(section: Section, filled: Filled) -> SectionRows:
    """The questions of the section that apply, in the rulebook's order."""
    missing = set(filled.missing(section))
    answers = filled.answers.get(section.id, {})
    return SectionRows(
        section,
        [
            answer_row(
                question,
                answers.get(question.id),
                question.id in missing,
                rulebook=filled.rulebook,
            )
            for question in filled.questions(section)
        ],
    )


def form_rows(filled: Filled) -> list[SectionRows]:
    """The whole application, less what does not apply."""
    return [section_rows(section, filled) for section in filled.sections]


def answer_row(  # noqa: PLR0911 - one a kind
    question: Question, value: Any, missing: bool = False, *, rulebook: Rulebook | None = None
) -> AnswerRow:
    """One answer for display. `rulebook`: for the currency, and the names of rules to relax."""
    kind = str(question.kind)
    computed = question.computed is not None
    if value is None:
        return AnswerRow(question, kind, missing=missing, computed=computed)
    match question.kind:
        case QuestionKind.WAIVERS:
            return _waivers(question, value, missing, rulebook)
        case QuestionKind.MONEY:
            unit = currency_name(rulebook)
            return AnswerRow(question, kind, text=str(value), unit=unit, computed=computed)
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
    return AnswerRow(question, kind, text=str(value), computed=computed)


def _waivers(question: Question, value: Any, missing: bool, rulebook: Rulebook | None) -> AnswerRow:
    rules = rulebook.waivers if rulebook else None
    names = {one.id: one.name for one in rules.relaxable} if rules else {}
    found = [(names.get(one["rule"], one["rule"]), one["reason"], one["measure"]) for one in value]
    lines = [_waiver_line(name, reason, measure) for name, reason, measure in found]
    return AnswerRow(
        question,
        str(question.kind),
        items=lines,
        waivers=[
            (name, reason, measure if is_paired(rules) else "") for name, reason, measure in found
        ],
        missing=missing,
    )


def _waiver_line(name: Text | str, reason: str, measure: str) -> Text:
    zh, en = (name, name) if isinstance(name, str) else (name.zh, name.en)
    instead = ("；替代措施：", "; instead: ") if measure else ("", "")
    return Text(
        zh=f"{zh}（{reason}{instead[0]}{measure}）", en=f"{en} ({reason}{instead[1]}{measure})"
    )


def _option(question: Question, option_id: str) -> Text | str:
    for option in question.options:
        if option.id == option_id:
            return option.name
    return option_id
