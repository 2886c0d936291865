"""The form: what is asked, when, what follows from what, and questions nobody could answer."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.expressions import is_constantly, judged, named
from shidian.core.rulebook.analysis.finding import Finding, error, unknown, warning
from shidian.core.rulebook.analysis.words import PARAMETER, SECTION, say
from shidian.core.rulebook.model import (
    PlanParameter,
    Question,
    QuestionKind,
    Rulebook,
    Section,
    parse_exact,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

    from shidian.core.rulebook.expression import Kind, ValueType

_CHOOSING = frozenset({QuestionKind.CHOICE, QuestionKind.CHOICES})
_BOUNDED = frozenset({QuestionKind.INTEGER, QuestionKind.MONEY})
_ONLY_ON = {
    "options": _CHOOSING,
    "max_length": frozenset({QuestionKind.SHORT, QuestionKind.LONG}),
    "minimum": _BOUNDED,
    "maximum": _BOUNDED,
    "accept": frozenset({QuestionKind.FILE}),
    "size_max_mib": frozenset({QuestionKind.FILE}),
}
_COMPUTABLE = frozenset(
    {
        QuestionKind.INTEGER,
        QuestionKind.MONEY,
        QuestionKind.CONFIRM,
        QuestionKind.CHOICE,
        QuestionKind.SHORT,
        QuestionKind.DATE,
    }
)
_ASKS_FOR = {
    "int": QuestionKind.INTEGER,
    "money": QuestionKind.MONEY,
    "decimal": QuestionKind.INTEGER,
    "date": QuestionKind.DATE,
    "code": QuestionKind.CHOICE,
    "codes": QuestionKind.CHOICES,
    "permit-mode": QuestionKind.CHOICE,
    "bool": QuestionKind.CONFIRM,
}
"""Type of a plan parameter → the kind of question that can propose a value of it."""


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the form, its conditions, and what a notice shows of it."""
    types = _types(rulebook)
    for section in rulebook.form:
        yield from _section(rulebook, section, types)
    yield from _circles(rulebook)
    yield from _same_name(rulebook)
    sections = {section.id: section for section in rulebook.form}
    for index, name in enumerate(rulebook.notice.public_sections):
        path = f"/notice/public_sections/{index}"
        if name not in sections:
            yield unknown(path, SECTION, name, sections)
        elif not any(question.public for question in sections[name].questions):
            yield warning(
                path,
                say(
                    f"“{name}”中没有可公开的问题，公示不会显示任何内容",
                    f"no question of '{name}' is public, so that the notice shows nothing of it",
                ),
                say("请将其中问题写为 public: true", "write public: true on a question of it"),
            )


def _types(rulebook: Rulebook) -> Mapping[str, ValueType]:
    has_any = any(
        section.show_if or section.checks or any(q.show_if or q.computed for q in section.questions)
        for section in rulebook.form
    )
    if not has_any:
        return {}
    from shidian.core.rulebook.form import form_types

    return form_types(rulebook)


def _section(
    rulebook: Rulebook, section: Section, types: Mapping[str, ValueType]
) -> Iterator[Finding]:
    path = f"/form/{section.id}"
    for question in section.questions:
        yield from _question(rulebook, question, f"{path}/questions/{question.id}", types)
    if section.show_if is not None or section.checks:
        from shidian.core.rulebook.expression import Kind

        if section.show_if is not None:
            yield from judged(f"{path}/show_if", section.show_if, types, Kind.BOOL)
        for check in section.checks:
            yield from judged(f"{path}/checks/{check.id}/rule", check.rule, types, Kind.BOOL)
    if section.hard_gate:
        yield from _gate(section, path)


def _gate(section: Section, path: str) -> Iterator[Finding]:
    """A hard gate stops an incomplete application, and cannot if what it needs is hidden."""
    asked = [one for one in section.questions if one.required and one.computed is None]
    if not asked:
        yield error(
            f"{path}/hard_gate",
            say(
                "硬性关口没有必答问题，拦不住任何申报",
                "a hard gate that asks nothing required stops nobody",
            ),
            say("请将其中问题设为必答", "make a question of it required"),
        )
    elif section.show_if is not None:
        yield error(
            f"{path}/show_if",
            say("硬性关口可能被隐藏，从而失去作用", "hides a hard gate, and with it what it needs"),
            say(
                "请删去 show_if，或写 hard_gate: false",
                "leave show_if out, or write hard_gate: false",
            ),
        )
    elif all(question.show_if is not None for question in asked):
        yield error(
            f"{path}/questions/{asked[0].id}/show_if",
            say(
                "硬性关口的必答问题全部可能被隐藏",
                "every question that this hard gate needs can be hidden",
            ),
            say("请至少让一个必答问题始终显示", "ask at least one of them always"),
        )


def _question(
    rulebook: Rulebook, question: Question, path: str, types: Mapping[str, ValueType]
) -> Iterator[Finding]:
    yield from _shape(question, path)
    yield from _conditions(question, path, types)
    if question.kind is QuestionKind.WAIVERS and rulebook.waivers is None:
        yield error(
            f"{path}/kind",
            say("申请豁免的问题，但没有 waivers", "asks for waivers, but the rulebook has none"),
            say("请写 waivers，或改用其他题型", "add waivers:, or ask otherwise"),
        )
    if question.plan is None:
        return
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    if question.plan not in parameters:
        yield unknown(f"{path}/plan", PARAMETER, question.plan, parameters)
    else:
        yield from _proposal(question, parameters[question.plan], path)


def _shape(question: Question, path: str) -> Iterator[Finding]:
    if question.kind in _CHOOSING and not question.options:
        yield error(
            f"{path}/options",
            say("选择题没有选项", "a choice without options"),
            say("请写 options: [{id, name}, …]", "add options: [{id, name}, …]"),
        )
    for key, kinds in _ONLY_ON.items():
        if getattr(question, key) not in (None, ()) and question.kind not in kinds:
            right = " or ".join(sorted(kinds))
            yield error(
                f"{path}/{key}",
                say(
                    f"{question.kind} 题型不用 {key}",
                    f"{key} on a question of kind {question.kind}",
                ),
                say(
                    f"请写 kind: {right}，或删去 {key}", f"write kind: {right}, or leave {key} out"
                ),
            )
    low, high = question.minimum, question.maximum
    if low is not None and high is not None and low > high:
        yield error(
            f"{path}/maximum",
            say(f"{high}低于下限{low}", f"{high} is below the minimum {low}"),
            say("请对调", "swap them"),
        )


def _conditions(question: Question, path: str, types: Mapping[str, ValueType]) -> Iterator[Finding]:
    if question.show_if is None and question.computed is None:
        return
    from shidian.core.rulebook.expression import Kind

    if question.show_if is not None:
        yield from judged(f"{path}/show_if", question.show_if, types, Kind.BOOL)
        if is_constantly(question.show_if, False):
            yield error(
                f"{path}/show_if",
                say("条件恒不成立，此题永不出现", "never holds: the question is never asked"),
                say("请核对条件，或删去此题", "mend it, or leave the question out"),
            )
    if question.computed is None:
        return
    if question.kind not in _COMPUTABLE:
        yield error(
            f"{path}/computed",
            say(
                f"{question.kind} 题型不能由其他答案得出",
                f"a question of kind {question.kind} cannot be computed",
            ),
            say(
                "请用 integer、money、confirm、choice、short 或 date",
                "write kind: integer, money, confirm, choice, short or date",
            ),
        )
    else:
        yield from judged(f"{path}/computed", question.computed, types, _kind_of(question.kind))


def _kind_of(kind: QuestionKind) -> Kind:
    from shidian.core.rulebook.expression import Kind

    return {
        QuestionKind.INTEGER: Kind.INT,
        QuestionKind.MONEY: Kind.MONEY,
        QuestionKind.CONFIRM: Kind.BOOL,
        QuestionKind.CHOICE: Kind.CODE,
        QuestionKind.DATE: Kind.DATE,
    }.get(kind, Kind.TEXT)


def _proposal(question: Question, parameter: PlanParameter, path: str) -> Iterator[Finding]:
    wanted = _ASKS_FOR.get(parameter.type)
    if wanted is None:
        yield error(
            f"{path}/plan",
            say(
                f"“{parameter.id}”为 {parameter.type}，没有题型可以填报",
                f"proposes '{parameter.id}', which is {parameter.type}: no kind of question asks that",
            ),
            say("请在试点参数中写 default", "give the parameter a default instead"),
        )
    elif question.kind is not wanted:
        yield error(
            f"{path}/kind",
            say(
                f"填报的“{parameter.id}”为 {parameter.type}",
                f"proposes '{parameter.id}', which is {parameter.type}",
            ),
            say(f"请写 kind: {wanted}", f"write kind: {wanted}"),
        )
    elif wanted in _BOUNDED:
        yield from _bounds(question, parameter, path)


def _bounds(question: Question, parameter: PlanParameter, path: str) -> Iterator[Finding]:
    """The answers a question takes must leave some value that the plan takes."""
    low, high = _exact(parameter.minimum), _exact(parameter.maximum)
    if question.minimum is not None and high is not None and question.minimum > high:
        yield error(
            f"{path}/minimum",
            say(
                f"最小可填{question.minimum}，而“{parameter.id}”最大为{parameter.maximum}",
                f"asks for {question.minimum} or more, but '{parameter.id}' is at most {parameter.maximum}",
            ),
            say("请使两者一致", "let the two agree"),
        )
    if question.maximum is not None and low is not None and question.maximum < low:
        yield error(
            f"{path}/maximum",
            say(
                f"最大可填{question.maximum}，而“{parameter.id}”最小为{parameter.minimum}",
                f"asks for {question.maximum} or less, but '{parameter.id}' is at least {parameter.minimum}",
            ),
            say("请使两者一致", "let the two agree"),
        )


def _exact(text: str | None) -> Fraction | None:
    try:
        return None if text is None else parse_exact(text)
    except ValueError:
        return None


def _name(section: Section, question: Question) -> str:
    return f"{section.id}.{question.id}".replace("-", "_")


def _circles(rulebook: Rulebook) -> Iterator[Finding]:
    """Questions whose being asked, or whose value, depends on itself."""
    needs: dict[str, set[str]] = {}
    places: dict[str, str] = {}
    for section in rulebook.form:
        around = named(section.show_if) if section.show_if is not None else frozenset()
        for question in section.questions:
            name = _name(section, question)
            own = [text for text in (question.show_if, question.computed) if text is not None]
            needs[name] = set(around).union(*(named(text) for text in own))
            key = "computed" if question.computed is not None else "show_if"
            at = f"/form/{section.id}"
            places[name] = f"{at}/questions/{question.id}/{key}" if own else f"{at}/show_if"
    told: set[str] = set()
    for name in needs:
        circle = _circle(name, needs)
        if circle and not told & set(circle):
            told |= set(circle)
            shown = " → ".join(circle)
            yield error(
                places[name],
                say(f"循环依赖：{shown}", f"depends on itself: {shown}"),
                say("请让其中一个不依赖其余", "let one of them stand without the others"),
            )


def _circle(start: str, needs: Mapping[str, set[str]]) -> list[str] | None:
    """The shortest way from a name back to itself, None where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in sorted(needs.get(way[-1], ())):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return None


def _same_name(rulebook: Rulebook) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for section in rulebook.form:
        for question in section.questions:
            path = f"/form/{section.id}/questions/{question.id}"
            other = first.setdefault(_name(section, question), path)
            if other != path:
                yield error(
                    path,
                    say(
                        f"在表达式中与 {other} 同名", f"has the same name in expressions as {other}"
                    ),
                    say("请另取标识", "rename one"),
                )
