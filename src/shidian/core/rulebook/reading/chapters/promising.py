"""What pilots promise in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.chapters.alerting import threshold_text
from shidian.core.rulebook.reading.chapters.running import indicator_title, plan_title
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import PromiseRule, Rulebook
    from shidian.core.rulebook.reading.pen import Pen


def promises(pen: Pen) -> None:
    """Chapter: the promises with a measurable criterion."""
    for rule in pen.rulebook.promises:
        _promise(pen, rule)
    pen.chapter("promises", "量化承诺", "Promises in figures")


def _promise(pen: Pen, rule: PromiseRule) -> None:
    path = f"/promises/{rule.id}"
    article = pen.article(rule.id, rule.title)
    pen.say(
        article,
        "{who}承诺：{kept}，{indicator}{holds}。",
        "{who}: “{indicator}” is {holds}, {kept}.",
        who=val(_who(pen.rulebook, rule), f"{path}/id"),
        indicator=val(indicator_title(pen.rulebook, rule.indicator), f"{path}/indicator"),
        holds=val(threshold_text(pen.rulebook, rule.indicator, rule.holds), f"{path}/holds"),
        kept=val(words.KEPT[rule.kept], f"{path}/kept"),
    )
    if rule.day is not None:
        day = plan_title(pen.rulebook, rule.day)
        pen.say(
            article,
            "该日为{day}。",
            " That day is {day}.",
            day=val(day, f"{path}/day"),
        )
    pen.say(
        article,
        "降低承诺属于放松约定，须经两位人员批准并由机构签署。",
        " To promise less loosens the plan: two officers approve it and the institution signs.",
    )


def _who(rulebook: Rulebook, rule: PromiseRule) -> Text:
    """Each pilot, or those with which the promise was agreed."""
    named = {rule.holds.plan, rule.day} - {None}
    optional = any(
        one.required is False and one.default is None for one in rulebook.plan if one.id in named
    )
    if optional:
        return Text(zh="有此约定的试点", en="Each pilot with which it was agreed promises")
    return Text(zh="每个试点", en="Each pilot promises")


def promised(rulebook: Rulebook, rule: PromiseRule) -> Text:
    """What is promised, in words: `throughout the run, “…” is at or below 20 orders`."""
    title = indicator_title(rulebook, rule.indicator)
    bound = threshold_text(rulebook, rule.indicator, rule.holds)
    kept = words.KEPT[rule.kept]
    return Text(zh=f"{kept.zh}，{title.zh}{bound.zh}", en=f"“{title.en}” is {bound.en}, {kept.en}")
