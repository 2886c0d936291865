"""The annex: the form as the applicant will see it, with what holds of each question in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import val
from shidian.core.rulebook.reading.structure import FormQuestion, FormSection

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Check, Question, Section
    from shidian.core.rulebook.reading.pen import Pen
    from shidian.core.rulebook.reading.structure import Sentence


def form(pen: Pen) -> tuple[FormSection, ...]:
    """Every section in order."""
    return tuple(_section(pen, section) for section in pen.rulebook.form)


def _section(pen: Pen, section: Section) -> FormSection:
    path = f"/form/{section.id}"
    lead = []
    if section.show_if:
        lead.append(
            pen.sentence(
                "本栏仅在下列情形下填写：{when}。",
                "This section is filled in only where {when}.",
                when=val(phrase(pen.rulebook, section.show_if), f"{path}/show_if"),
            )
        )
    if section.hard_gate or pen.has(f"{path}/hard_gate"):
        gate = (
            Text(
                zh="本栏未填写完整的，申报不予受理",
                en="an application without this section complete is not accepted",
            )
            if section.hard_gate
            else Text(zh="本栏可以在提交后补正", en="this section may be completed after submission")
        )
        lead.append(pen.sentence("{gate}。", "{gate}.", gate=val(gate, f"{path}/hard_gate")))
    return FormSection(
        id=section.id,
        title=section.title,
        guidance=section.guidance,
        lead=tuple(lead),
        questions=tuple(_question(pen, f"{path}/questions", one) for one in section.questions),
        checks=tuple(_check(pen, f"{path}/checks/{one.id}", one) for one in section.checks),
    )


def _check(pen: Pen, path: str, check: Check) -> Sentence:
    return pen.sentence(
        "须符合：{rule}；否则提示“{message}”。",
        "It must hold that {rule}; otherwise the form says: “{message}”",
        rule=val(phrase(pen.rulebook, check.rule), f"{path}/rule", f"{path}/id"),
        message=val(check.message, f"{path}/message"),
    )


def _question(pen: Pen, around: str, question: Question) -> FormQuestion:
    path = f"{around}/{question.id}"
    return FormQuestion(
        id=question.id,
        kind=question.kind.value,
        label=pen.sentence(
            "{label}",
            "{label}",
            label=val(question.label, f"{path}/id", f"{path}/label"),
        ),
        guidance=question.guidance,
        options=tuple(option.name for option in question.options),
        facts=tuple(_facts(pen, path, question)),
    )


def _facts(pen: Pen, path: str, question: Question) -> list[Sentence]:  # noqa: C901 - one a keyword
    facts = [
        pen.sentence("{kind}", "{kind}", kind=val(words.QUESTION_KIND[question.kind], f"{path}/kind"))
    ]

    def fact(key: str, zh: str, en: str) -> None:
        facts.append(pen.sentence("{fact}", "{fact}", fact=val(Text(zh=zh, en=en), f"{path}/{key}")))

    if question.computed:
        rule = phrase(pen.rulebook, question.computed)
        fact("computed", f"自动计算：{rule.zh}", f"worked out, not asked: {rule.en}")
    if question.required:
        if question.computed is None:
            fact("required", "必填", "required")
    else:
        fact("required", "选填", "optional")
    if question.show_if:
        rule = phrase(pen.rulebook, question.show_if)
        fact("show_if", f"仅在下列情形下填写：{rule.zh}", f"asked only where {rule.en}")
    if question.max_length is not None:
        fact(
            "max_length", f"不超过{question.max_length}字", f"at most {question.max_length} characters"
        )
    if question.minimum is not None:
        fact("minimum", f"不小于{question.minimum:,}", f"at least {question.minimum:,}")
    if question.maximum is not None:
        fact("maximum", f"不大于{question.maximum:,}", f"at most {question.maximum:,}")
    if question.options:
        names = [option.name for option in question.options]
        values = [
            val(name, f"{path}/options/{option.id}/id")
            for name, option in zip(names, question.options, strict=True)
        ]
        facts.append(pen.sentence("选项：{options}", "options: {options}", options=values))
    if question.accept:
        values = [val(one, f"{path}/accept/{n}") for n, one in enumerate(question.accept)]
        facts.append(pen.sentence("文件格式：{types}", "file types: {types}", types=values))
    if question.size_max_mib is not None:
        fact("size_max_mib", f"不超过{question.size_max_mib} MiB", f"at most {question.size_max_mib} MiB")
    if question.plan:
        titles = {one.id: one.title for one in pen.rulebook.plan}
        title = titles.get(question.plan) or numbers.both(question.plan)
        fact("plan", f"准入时作为“{title.zh}”的申报数额", f"proposes the plan’s “{title.en}”")
    if question.public:
        fact("public", "公示时公开", "made public in the notice")
    elif pen.has(f"{path}/public"):
        fact("public", "不公开", "not made public")
    return facts
