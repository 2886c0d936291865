"""A first draft of a notice's text, put together from what the rulebook says is public."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.views.answers import answer_row

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.answers import AnswerRow
    from shidian.core.rulebook.model import Section

MARKS = {"zh": ("、", "；", "：", "是"), "en": (", ", "; ", ": ", "Yes")}


def draft_notice(case: Case) -> dict[str, str]:
    """`title`, `body`, `title_en`, `body_en`: only filed answers to questions marked public."""
    return {
        "title": f"关于“{case.title_zh}”拟纳入试点的公示",
        "title_en": f"Public notice: {case.title_en or case.title_zh}",
        "body": _body(case, "zh"),
        "body_en": _body(case, "en"),
    }


def _body(case: Case, language: str) -> str:
    chinese = language == "zh"
    partners = [_name(party.institution, language) for party in case.parties.all()]
    comma = MARKS[language][0]
    lines = [
        (f"牵头机构：{case.lead.name_zh}" if chinese else f"Lead: {_name(case.lead, language)}")
    ]
    if partners:
        label = "参与机构：" if chinese else "Partners: "
        lines.append(label + comma.join(partners))
    answers = filed_form(case).answers
    for section in case.rulebook.form:
        lines += _section(section, answers.get(section.id, {}), language)
    closing = (
        "公示期间，任何单位和个人均可在本页提出意见。"
        if chinese
        else "While the notice is open, anyone may comment on this page."
    )
    return "\n\n".join([*lines, closing])


def _section(section: Section, answers: dict[str, Any], language: str) -> list[str]:
    found = []
    for question in section.questions:
        value = answers.get(question.id)
        if not question.public or value is None:
            continue
        words = _words(answer_row(question, value), language)
        if words:
            label = question.label.zh if language == "zh" else question.label.en
            found.append(f"{label}{MARKS[language][2]}{words}")
    return found


def _words(row: AnswerRow, language: str) -> str:
    if row.file is not None:
        return ""
    if row.items:
        return MARKS[language][1].join(_text(item, language) for item in row.items)
    return _text(row.text, language)


def _text(value: Any, language: str) -> str:
    if isinstance(value, date):
        return (
            f"{value.year}年{value.month}月{value.day}日"
            if language == "zh"
            else f"{value:%-d %B %Y}"
        )
    return str(getattr(value, language, value))


def _name(institution: Any, language: str) -> str:
    if language == "zh":
        return str(institution.name_zh)
    return str(institution.name_en or institution.name_zh)
