"""The annex: the form as the applicant will see it, with what holds of each question in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import formats, numbers, words
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import shared_note, unmarked, val
from shidian.core.rulebook.reading.structure import FormQuestion, FormSection

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            else Text(
                zh="本栏可以在提交后补正", en="this section may be completed after submission"
            )
        )
        lead.append(pen.sentence("{gate}。", "{gate}.", gate=val(gate, f"{path}/hard_gate")))
    found = FormSection(
        id=section.id,
        title=section.title,
        guidance=section.guidance,
        lead=tuple(lead),
        questions=tuple(_question(pen, f"{path}/questions", one) for one in section.questions),
        checks=tuple(_check(pen, f"{path}/checks/{one.id}", one) for one in section.checks),
    )
    note = shared_note(found.sentences)
    if note is None:
        return replace(found, questions=tuple(_marked_once(one) for one in found.questions))
    return replace(
        found,
        note=note,
        lead=unmarked(found.lead),
        questions=tuple(_bare(one) for one in found.questions),
        checks=unmarked(found.checks),
    )


def _marked_once(question: FormQuestion) -> FormQuestion:
    """With its mark at the label, where all of the question shares one."""
    note = shared_note(question.sentences)
    return question if note is None else replace(_bare(question), note=note)


def _bare(question: FormQuestion) -> FormQuestion:
    [label] = unmarked([question.label])
    offered = next(iter(unmarked([question.offered] if question.offered else [])), None)
    return replace(question, label=label, facts=unmarked(question.facts), offered=offered)


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
        offered=_offered(pen, path, question),
    )


def _offered(pen: Pen, path: str, question: Question) -> Sentence | None:
    if not question.options:
        return None
    options = [val(one.name, f"{path}/options/{one.id}/id") for one in question.options]
    return pen.sentence("选项：{options}", "options: {options}", options=options)


def _facts(pen: Pen, path: str, question: Question) -> list[Sentence]:
    stated = [("kind", words.QUESTION_KIND[question.kind]), *_rules(pen, path, question)]
    facts = [
        pen.sentence("{fact}", "{fact}", fact=val(fact, f"{path}/{key}")) for key, fact in stated
    ]
    if question.accept:
        types = [
            val(formats.file_kind(one), f"{path}/accept/{n}")
            for n, one in enumerate(question.accept)
        ]
        facts.append(pen.sentence("文件格式：{types}", "file types: {types}", types=types))
    return facts


def _rules(pen: Pen, path: str, question: Question) -> Iterator[tuple[str, Text]]:
    """(keyword, what it says) of each that the question states."""
    if question.computed:
        rule = phrase(pen.rulebook, question.computed)
        yield "computed", Text(zh=f"自动计算：{rule.zh}", en=f"worked out, not asked: {rule.en}")
    if not question.required:
        yield "required", Text(zh="选填", en="optional")
    elif question.computed is None or pen.has(f"{path}/required"):
        yield "required", Text(zh="必填", en="required")
    if question.show_if:
        rule = phrase(pen.rulebook, question.show_if)
        yield (
            "show_if",
            Text(zh=f"仅在下列情形下填写：{rule.zh}", en=f"asked only where {rule.en}"),
        )
    for key, zh, en in (
        ("max_length", "不超过{:,}字", "at most {:,} characters"),
        ("minimum", "不小于{:,}", "at least {:,}"),
        ("maximum", "不大于{:,}", "at most {:,}"),
        ("size_max_mib", "不超过{:,} MiB", "at most {:,} MiB"),
    ):
        bound = getattr(question, key)
        if bound is not None:
            yield key, Text(zh=zh.format(bound), en=en.format(bound))
    if question.plan:
        titles = {one.id: one.title for one in pen.rulebook.plan}
        title = titles.get(question.plan) or numbers.both(question.plan)
        yield (
            "plan",
            Text(zh=f"准入时作为“{title.zh}”的申报数额", en=f"proposes the plan’s “{title.en}”"),
        )
    if question.public:
        yield "public", Text(zh="公示时公开", en="made public in the notice")
    elif pen.has(f"{path}/public"):
        yield "public", Text(zh="不公开", en="not made public")
