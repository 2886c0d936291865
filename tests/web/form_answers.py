"""Answers that a rulebook's form accepts: found by trying, from nothing but the rulebook.

`solve(rulebook)` gives canonical answers with every question that applies answered and every check
holding; `posted(question, answer)` is what the browser sends for one of them.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

from shidian.apps.cases.filled import Filled, fill_form
from shidian.core.rulebook.expression import names, parse
from shidian.core.rulebook.form import name_of
from shidian.core.rulebook.model import Question, QuestionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Rulebook

    Answers = dict[str, dict[str, Any]]

TRIES_MAX = 4000
AMOUNTS = (1, 2, 5, 12, 30, 100, 1000, 10_000, 1_000_000)


def solve(rulebook: Rulebook, *, partners: int, lead_kind: str, seed: int = 0) -> Filled:
    """The form filled so that nothing is missing and nothing amiss. Raises AssertionError."""
    dice = random.Random(seed)
    answers: Answers = {
        section.id: {
            question.id: first(rulebook, question)
            for question in section.questions
            if question.computed is None and question.kind is not QuestionKind.FILE
        }
        for section in rulebook.form
    }
    filled = fill_form(rulebook, answers, partners=partners, lead_kind=lead_kind)
    for _ in range(TRIES_MAX):
        if not filled.failed:
            return filled
        section, question = dice.choice(list(_involved(rulebook, filled)))
        before = answers[section][question.id]
        answers[section][question.id] = dice.choice(others(rulebook, question))
        tried = fill_form(rulebook, answers, partners=partners, lead_kind=lead_kind)
        if len(tried.failed) > len(filled.failed):
            answers[section][question.id] = before
        else:
            filled = tried
    raise AssertionError([check.message.en for _section, check in filled.failed])


def _involved(rulebook: Rulebook, filled: Filled) -> Iterator[tuple[str, Question]]:
    """Questions that a failing check speaks of, and those that these depend on."""
    wanted = {name for _section, check in filled.failed for name in names(parse(check.rule))}
    for _ in range(3):
        for section in rulebook.form:
            for question in section.questions:
                if name_of(section.id, question.id) in wanted:
                    for rule in (section.show_if, question.show_if, question.computed):
                        wanted |= set(names(parse(rule))) if rule else set()
    for section in rulebook.form:
        for question in section.questions:
            name = name_of(section.id, question.id)
            typed = question.computed is None and question.kind is not QuestionKind.FILE
            if name in wanted and typed:
                yield section.id, question


def first(rulebook: Rulebook, question: Question) -> Any:
    """A plain answer."""
    return others(rulebook, question)[0]


def others(rulebook: Rulebook, question: Question) -> list[Any]:
    """Answers to try; an optional question may stay without one."""
    match question.kind:
        case QuestionKind.INTEGER:
            found: list[Any] = _amounts(rulebook, question)
        case QuestionKind.MONEY:
            found = [f"{one}.00" for one in _amounts(rulebook, question)]
        case QuestionKind.DATE:
            found = ["2025-06-02", "2025-12-31"]
        case QuestionKind.CHOICE:
            found = [one.id for one in question.options]
        case QuestionKind.CHOICES:
            ids = [one.id for one in question.options]
            found = [ids[:1], *([one] for one in ids[1:]), ids]
        case QuestionKind.CONFIRM:
            found = [True] if question.required else [True, None]
        case QuestionKind.PROMISES:
            found = [[{"id": "p1", "text": "差错率低于 1%"}, {"id": "p2", "text": "五日内答复"}]]
        case QuestionKind.WAIVERS:
            rules = rulebook.waivers.relaxable if rulebook.waivers else ()
            said = {"reason": "试点规模有限。", "measure": "逐日核对。"}
            found = [[{"rule": one.id, **said} for one in rules[:1]]]
        case _:
            found = ["测试内容 test"[: question.max_length or 300]]
    return found if question.required else [*found, None]


def _amounts(rulebook: Rulebook, question: Question) -> list[int]:
    """Round numbers and those that the checks speak of, within the question's bounds."""
    spoken = [
        int(number)
        for section in rulebook.form
        for check in section.checks
        for number in re.findall(r"\b\d{1,15}\b", check.rule)
    ]
    low, high = question.minimum or 0, question.maximum
    ends = [low] if high is None else [low, high]
    tried = [*AMOUNTS, *ends, *(n + d for n in spoken for d in (0, -1, 1))]
    fitting = [int(n) for n in tried if n >= low and (high is None or n <= high)]
    return sorted(set(fitting), key=lambda n: (abs(n - 100), n))


def posted(question: Question, answer: Any) -> dict[str, Any]:
    """Names and values that the browser sends for an answer; {} where nothing is sent."""
    if answer is None:
        return {}
    name = question.id
    match question.kind:
        case QuestionKind.CONFIRM:
            return {name: "on"}
        case QuestionKind.PROMISES:
            return {name: "\n".join(one["text"] for one in answer)}
        case QuestionKind.WAIVERS:
            sent: dict[str, Any] = {name: [one["rule"] for one in answer]}
            for one in answer:
                sent[f"{name}-reason-{one['rule']}"] = one["reason"]
                sent[f"{name}-measure-{one['rule']}"] = one["measure"]
            return sent
        case _:
            return {name: answer}
