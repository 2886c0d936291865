"""What the form means for given answers: what is asked, what follows, what fails, what to hand in.

Answers come as they are kept (`{section: {question: canonical answer}}`, `apps/cases/answers.py`);
expressions see them as exact values under `section.question`, hyphens as underscores. A question
that is not asked, or not answered, is unknown; a box that is not ticked is false.
"""

from __future__ import annotations

from collections import deque
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.expression import Kind, Value, ValueType, evaluate, names, parse
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.rulebook.model import (
        Check,
        Material,
        Question,
        RiskFactor,
        Rulebook,
        Section,
        Tier,
    )

__all__ = [
    "computed",
    "factor_name",
    "failed_checks",
    "form_types",
    "form_values",
    "name_of",
    "needed_materials",
    "shown",
    "suggested_tier",
    "tier_types",
]

_OF_QUESTIONS = {
    QuestionKind.SHORT: Kind.TEXT,
    QuestionKind.LONG: Kind.TEXT,
    QuestionKind.INTEGER: Kind.INT,
    QuestionKind.MONEY: Kind.MONEY,
    QuestionKind.DATE: Kind.DATE,
    QuestionKind.CHOICE: Kind.CODE,
    QuestionKind.CHOICES: Kind.CODES,
    QuestionKind.CONFIRM: Kind.BOOL,
    QuestionKind.FILE: Kind.FILE,
    QuestionKind.PROMISES: Kind.CODES,
    QuestionKind.WAIVERS: Kind.CODES,
}


def name_of(section_id: str, question_id: str) -> str:
    """How expressions name a question: `risk_measures.loss_cap`."""
    return f"{section_id}.{question_id}".replace("-", "_")


def type_of(rulebook: Rulebook, question: Question) -> ValueType:
    """The type of a question's answer."""
    kind = _OF_QUESTIONS[question.kind]
    words: frozenset[str] | None = None
    if question.kind in (QuestionKind.CHOICE, QuestionKind.CHOICES):
        words = frozenset(option.id for option in question.options)
    elif question.kind is QuestionKind.WAIVERS and rulebook.waivers is not None:
        words = frozenset(rule.id for rule in rulebook.waivers.relaxable)
    return ValueType(kind, words)


def form_types(rulebook: Rulebook) -> dict[str, ValueType]:
    """Every name that the form's, the materials' and the tiers' expressions may use."""
    kinds = rulebook.intake.kinds if rulebook.intake is not None else ()
    tiers = rulebook.tiers.levels if rulebook.tiers is not None else ()
    return {
        **{name: type_of(rulebook, question) for name, _, question in _questions(rulebook)},
        "partners": ValueType(Kind.INT),
        "lead_kind": ValueType(Kind.CODE, frozenset(kind.id for kind in kinds)),
        "tier": ValueType(Kind.CODE, frozenset(tier.id for tier in tiers)),
    }


def factor_name(factor: RiskFactor) -> str:
    """How a tier's condition names what an officer found on a factor."""
    return name_of("factors", factor.id)


def tier_types(rulebook: Rulebook) -> dict[str, ValueType]:
    """Every name that the tiers' conditions may use: the form's, and an officer's findings."""
    factors = rulebook.tiers.factors if rulebook.tiers is not None else ()
    found = {
        factor_name(one): ValueType(Kind.CODE, frozenset(option.id for option in one.options))
        for one in factors
    }
    return {**form_types(rulebook), **found}


def form_values(
    rulebook: Rulebook,
    answers: Mapping[str, Mapping[str, Any]],
    partners: int | None = None,
    lead_kind: str | None = None,
    tier: str | None = None,
) -> dict[str, Value]:
    """The value of every name for these answers, None where it is unknown.

    Questions are taken in the order in which they depend on one another; what depends on itself,
    which the analysis refuses, stays unknown. An answer to a question that is not asked counts as
    none, however it came to be kept.
    """
    values: dict[str, Value] = dict.fromkeys(form_types(rulebook))
    values |= {"partners": partners, "lead_kind": lead_kind, "tier": tier}
    for name, section, question in _in_order(rulebook):
        if not _holds(section.show_if, values) or not _holds(question.show_if, values):
            continue
        if question.computed is not None:
            values[name] = evaluate(parse(question.computed), values)
        else:
            given = answers.get(section.id, {}).get(question.id)
            values[name] = _value(question.kind, given)
    return values


def shown(rulebook: Rulebook, values: Mapping[str, Value]) -> frozenset[tuple[str, str]]:
    """(section id, question id) of every question that is asked."""
    return frozenset(
        (section.id, question.id)
        for section in rulebook.form
        if _holds(section.show_if, values)
        for question in section.questions
        if _holds(question.show_if, values)
    )


def failed_checks(rulebook: Rulebook, values: Mapping[str, Value]) -> tuple[tuple[str, Check], ...]:
    """(section id, check) of every check that the answers contradict.

    One that depends on what is not answered yet has not failed.
    """
    return tuple(
        (section.id, check)
        for section in rulebook.form
        if _holds(section.show_if, values)
        for check in section.checks
        if evaluate(parse(check.rule), values) is False
    )


def computed(rulebook: Rulebook, values: Mapping[str, Value]) -> dict[tuple[str, str], Any]:
    """(section id, question id) → canonical answer, of the computed questions whose value is known.

    Money is rounded to two digits, half up.
    """
    asked = shown(rulebook, values)
    return {
        (section.id, question.id): _answer(question.kind, found)
        for name, section, question in _questions(rulebook)
        if question.computed is not None and (section.id, question.id) in asked
        for found in [values.get(name)]
        if found is not None
    }


def needed_materials(
    rulebook: Rulebook, values: Mapping[str, Value], stage: str | None
) -> tuple[Material, ...]:
    """The documents to hand in before the case enters `stage`, or, for None, at submission.

    Those that may be left out (`required: false`) are among them.
    """
    return tuple(
        material
        for material in rulebook.materials
        if material.stage == stage and _holds(material.when, values)
    )


def suggested_tier(
    rulebook: Rulebook, values: Mapping[str, Value], findings: Mapping[str, str] | None = None
) -> Tier | None:
    """The last of the tiers, which are listed from the lowest, whose `when` holds.

    `findings`: factor → the option that an officer found; of the others nothing is known.
    """
    if rulebook.tiers is None:
        return None
    found = findings or {}
    known = dict(values) | {factor_name(one): found.get(one.id) for one in rulebook.tiers.factors}
    holding = [
        tier for tier in rulebook.tiers.levels if tier.when is not None and _holds(tier.when, known)
    ]
    return holding[-1] if holding else None


def _questions(rulebook: Rulebook) -> Iterator[tuple[str, Section, Question]]:
    for section in rulebook.form:
        for question in section.questions:
            yield name_of(section.id, question.id), section, question


def _holds(expression: str | None, values: Mapping[str, Value]) -> bool:
    return expression is None or evaluate(parse(expression), values) is True


def _in_order(rulebook: Rulebook) -> Iterator[tuple[str, Section, Question]]:
    """Questions after those they depend on; the members of a circle are left out."""
    found = {name: (name, section, question) for name, section, question in _questions(rulebook)}
    needs = {
        name: {
            other
            for expression in (section.show_if, question.show_if, question.computed)
            if expression is not None
            for other in names(parse(expression))
            if other in found
        }
        for name, section, question in found.values()
    }
    dependents: dict[str, list[str]] = {name: [] for name in found}
    for name, others in needs.items():
        for other in others:
            dependents[other].append(name)
    waiting = {name: len(others) for name, others in needs.items()}
    ready = deque(name for name, count in waiting.items() if count == 0)
    while ready:
        name = ready.popleft()
        yield found[name]
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                ready.append(dependent)


def _value(kind: QuestionKind, answer: Any) -> Value:  # noqa: PLR0911 - one a kind
    """A canonical answer as expressions see it."""
    if kind is QuestionKind.CONFIRM:
        return bool(answer)
    if answer is None:
        return None
    match kind:
        case QuestionKind.INTEGER:
            return int(answer)
        case QuestionKind.MONEY:
            return Fraction(Decimal(str(answer)))
        case QuestionKind.DATE:
            return date.fromisoformat(str(answer))
        case QuestionKind.CHOICES:
            return frozenset(str(option) for option in answer)
        case QuestionKind.PROMISES | QuestionKind.WAIVERS:
            return frozenset(str(one.get("rule", one.get("id"))) for one in answer)
        case QuestionKind.FILE:
            return str(answer["sha256"])
        case _:
            return str(answer)


def _answer(kind: QuestionKind, value: Any) -> Any:
    match kind:
        case QuestionKind.MONEY:
            exact = Decimal(value.numerator) / Decimal(value.denominator)
            return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
        case QuestionKind.INTEGER:
            return int(value)
        case QuestionKind.DATE:
            return value.isoformat()
        case QuestionKind.CONFIRM:
            return bool(value)
        case _:
            return str(value)
