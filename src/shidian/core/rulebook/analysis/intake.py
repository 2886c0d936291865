"""Who may apply and what is asked: references, and questions that nobody could answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, note, unknown
from shidian.core.rulebook.model import Question, QuestionKind, Rulebook, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHOOSING = frozenset({QuestionKind.CHOICE, QuestionKind.CHOICES})
_PLANNING = frozenset({QuestionKind.INTEGER, QuestionKind.MONEY})


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with intake, form, plan and notice."""
    yield from _intake(rulebook)
    for section in rulebook.form:
        yield from _section(rulebook, section)
    yield from _plan(rulebook)
    sections = {section.id for section in rulebook.form}
    for index, name in enumerate(rulebook.notice.public_sections):
        if name not in sections:
            yield unknown(f"/notice/public_sections/{index}", "section", name, sections)


def _intake(rulebook: Rulebook) -> Iterator[Finding]:
    intake = rulebook.intake
    if intake is None:
        return
    kinds = {kind.id: kind for kind in intake.kinds}
    for key, names in (("lead", intake.lead), ("partner", intake.partner)):
        for index, name in enumerate(names):
            if name not in kinds:
                yield unknown(f"/intake/{key}/{index}", "institution kind", name, kinds)
    licensed = any(kinds[name].licensed for name in intake.lead if name in kinds)
    if intake.licensed_lead and not licensed:
        yield error(
            "/intake/licensed_lead",
            "the lead must be licensed, but no kind that may lead is",
            "add a licensed kind to lead",
        )


def _section(rulebook: Rulebook, section: Section) -> Iterator[Finding]:
    path = f"/form/{section.id}"
    if section.hard_gate and not any(question.required for question in section.questions):
        yield error(
            f"{path}/hard_gate",
            "a hard gate that asks nothing required stops nobody",
            "make a question of it required",
        )
    for question in section.questions:
        yield from _question(rulebook, question, f"{path}/questions/{question.id}")


def _question(rulebook: Rulebook, question: Question, path: str) -> Iterator[Finding]:
    if question.kind in _CHOOSING and not question.options:
        yield error(f"{path}/options", "a choice without options", "add options: [{id, name}, …]")
    if question.options and question.kind not in _CHOOSING:
        yield error(
            f"{path}/options",
            f"options on a question of kind {question.kind}",
            "write kind: choice or choices, or leave options out",
        )
    low, high = question.minimum, question.maximum
    if low is not None and high is not None and low > high:
        yield error(f"{path}/maximum", f"{high} is below the minimum {low}", "swap them")
    if question.plan is None:
        return
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    if question.plan not in parameters:
        yield unknown(f"{path}/plan", "plan parameter", question.plan, parameters)
        return
    wanted = (
        QuestionKind.MONEY if parameters[question.plan].type == "money" else QuestionKind.INTEGER
    )
    if question.kind not in _PLANNING or question.kind is not wanted:
        yield error(
            f"{path}/kind",
            f"proposes '{question.plan}', which is {parameters[question.plan].type}",
            f"write kind: {wanted}",
        )


def _plan(rulebook: Rulebook) -> Iterator[Finding]:
    asked = {
        question.plan
        for section in rulebook.form
        for question in section.questions
        if question.plan
    }
    for parameter in rulebook.plan:
        if parameter.required and parameter.default is None and parameter.id not in asked:
            yield note(
                f"/plan/{parameter.id}",
                "no question of the form proposes this required parameter",
                "let a question name it under plan, or give a default",
            )
