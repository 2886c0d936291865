"""Answers to a form section as canonical JSON: what is kept, hashed, compared and complete.

| kind | kept as |
|---|---|
| short, long | text without surrounding blanks, lines ended by a line feed |
| integer | int |
| money | decimal text with two digits, in the rulebook's currency: `"1000000.00"` |
| date | ISO text |
| choice | option id |
| choices | list of option ids, in the rulebook's order |
| confirm | `true` |
| file | `{attachment, name, sha256, size}` |
| promises | list of `{id, text}` |
| waivers | list of `{rule, reason, measure}`: ids of relaxable rules, in the rulebook's order |

What was left empty is left out. These are the answers as saved: which of them count, and what
follows from them, is `filled.py`'s business.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shidian.apps.cases.models import Attachment, Case, FormSection
from shidian.core.rulebook.model import Question, QuestionKind, Rulebook, Section
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

Answers = dict[str, Any]

MATERIALS = "@materials"
"""The section under which documents are kept: `{material id: file answer}`. No rulebook's own."""

WAIVER_KEYS = ("rule", "reason", "measure")
"""What is said of each rule that is to be relaxed; `measure`: the compensatory measure, or ""."""


def canonical_answers(section: Section, cleaned: Mapping[str, Any]) -> Answers:
    """Cleaned form values → answers as kept. Questions the section does not have are dropped."""
    answers: Answers = {}
    for question in section.questions:
        value = canonical_answer(question, cleaned.get(question.id))
        if value is not None:
            answers[question.id] = value
    return answers


def canonical_answer(question: Question, value: Any) -> Any:  # noqa: PLR0911 - one a kind
    """One cleaned value as it is kept; None where it is empty."""
    if value is None or value is False or value in ("", [], (), {}):  # 0 is an answer
        return None
    match question.kind:
        case QuestionKind.MONEY:
            return str(Decimal(value).quantize(Decimal("0.01")))
        case QuestionKind.DATE:
            return value.isoformat() if isinstance(value, date) else str(value)
        case QuestionKind.INTEGER:
            return int(value)
        case QuestionKind.CONFIRM:
            return True
        case QuestionKind.CHOICES:
            return [option.id for option in question.options if option.id in value]
        case QuestionKind.FILE:
            return file_answer(value) if isinstance(value, Attachment) else dict(value)
        case QuestionKind.PROMISES:
            return [{"id": one["id"], "text": one["text"].strip()} for one in value]
        case QuestionKind.WAIVERS:
            return [{key: _text(one.get(key, "")) for key in WAIVER_KEYS} for one in value]
        case _:
            return _text(value) or None


def _text(value: Any) -> str:
    """Browsers end a line by two characters, which a Word file shows as two line breaks."""
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def file_answer(attachment: Attachment) -> dict[str, Any]:
    """How an answer names an uploaded file."""
    return {
        "attachment": attachment.pk,
        "name": attachment.name,
        "sha256": attachment.sha256,
        "size": attachment.size_bytes,
    }


def newest_sections(case: Case) -> dict[str, FormSection]:
    """The newest saved version of each section. One query."""
    rows = FormSection.objects.filter(case=case).select_related("saved_by").order_by("version")
    return {row.section: row for row in rows}


def form_sha256(answers: Mapping[str, Answers]) -> str:
    """SHA-256, in hex, of the canonical JSON of all answers: names one version of the form."""
    return hashlib.sha256(canonical.dumps(dict(answers))).hexdigest()


def promises_in(rulebook: Rulebook, answers: Mapping[str, Answers]) -> list[dict[str, str]]:
    """Every promise declared in the form, as `{id, text}`."""
    return [
        promise
        for section in rulebook.form
        for question in section.questions
        if question.kind is QuestionKind.PROMISES
        for promise in answers.get(section.id, {}).get(question.id, [])
    ]


def waivers_in(rulebook: Rulebook, answers: Mapping[str, Answers]) -> list[dict[str, str]]:
    """Every rule that the applicant asks to be relaxed, as `{rule, reason, measure}`."""
    return [
        waiver
        for section in rulebook.form
        for question in section.questions
        if question.kind is QuestionKind.WAIVERS
        for waiver in answers.get(section.id, {}).get(question.id, [])
    ]


def _plan_text(answer: Any) -> str:
    """An answer as a value of the plan: several choices are a set of codes."""
    return ",".join(sorted(answer)) if isinstance(answer, list) else str(answer)


def plan_in(rulebook: Rulebook, answers: Mapping[str, Answers]) -> dict[str, str]:
    """The plan parameters that the answers propose, as decimal text."""
    return {
        question.plan: _plan_text(answers[section.id][question.id])
        for section in rulebook.form
        for question in section.questions
        if question.plan and question.id in answers.get(section.id, {})
    }
