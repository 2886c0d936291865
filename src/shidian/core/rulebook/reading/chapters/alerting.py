"""Which levels of an indicator raise an alert, and what follows."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Severity, Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.chapters.running import (
    amount,
    indicator_title,
    plan_title,
    say_public,
)
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import AlertRule, Rulebook, Threshold
    from shidian.core.rulebook.reading.pen import Pen

_WHOLE = 100


def alerts(pen: Pen) -> None:
    """Chapter: alerts."""
    for rule in pen.rulebook.alerts:
        _alert(pen, rule)
    pen.chapter("alerts", "监测预警", "Alerts")


def _alert(pen: Pen, rule: AlertRule) -> None:
    path = f"/alerts/{rule.id}"
    article = pen.article(rule.id, rule.title)
    zh, en = (
        "“{indicator}”达到下列水平",
        "An alert is raised when “{indicator}” reaches these levels",
    )
    values: dict[str, Value | list[Value]] = {
        "indicator": val(
            indicator_title(pen.rulebook, rule.indicator), f"{path}/indicator", f"{path}/id"
        )
    }
    if rule.for_us:
        zh, en = zh + "并持续{lasting}", en + " and stays there for {lasting}"
        values["lasting"] = val(numbers.duration(rule.for_us), f"{path}/for")
    if rule.k_of_n:
        k, n = rule.k_of_n
        zh, en = zh + "（{k_of_n}）", en + ", {k_of_n}"
        often = Text(zh=f"最近{n}次判定中有{k}次", en=f"in {k} of the last {n} judgements")
        values["k_of_n"] = val(often, f"{path}/k_of_n")
    zh += "的，"
    if not rule.for_us and pen.has(f"{path}/for"):
        zh, en = zh + "{at_once}", en + ", {at_once}"
        values["at_once"] = val(Text(zh="立即", en="at once"), f"{path}/for")
    pen.say(article, zh + "予以告警：", en + ":", **values)
    for level in Severity:
        threshold = rule.levels.get(level)
        if threshold is not None:
            pen.point(
                article,
                "{level}：{threshold}；",
                "{level}: {threshold};",
                level=val(words.SEVERITY[level]),
                threshold=val(
                    threshold_text(pen.rulebook, rule.indicator, threshold),
                    f"{path}/levels/{level.value}",
                ),
            )
    _after(pen, rule, path, article)


def _after(pen: Pen, rule: AlertRule, path: str, article: Draft) -> None:
    if rule.clear is not None:
        zh, en = "解除：{clear}", "Cleared: {clear}"
        values = {
            "clear": val(threshold_text(pen.rulebook, rule.indicator, rule.clear), f"{path}/clear")
        }
        if rule.clear_for:
            zh, en = zh + "并持续{wait}", en + " for {wait}"
            values["wait"] = val(numbers.duration(rule.clear_for), f"{path}/clear_for")
        pen.point(article, zh + "；", en + ";", **values)
    elif pen.has(f"{path}/clear_for"):
        pen.point(
            article,
            "解除：回落持续{wait}；",
            "Cleared: once it has been below for {wait};",
            wait=val(numbers.duration(rule.clear_for), f"{path}/clear_for"),
        )
    if rule.keep_firing_for or pen.has(f"{path}/keep_firing_for"):
        pen.point(
            article,
            "最短维持：{least}；",
            "Open for at least: {least};",
            least=val(numbers.duration(rule.keep_firing_for), f"{path}/keep_firing_for"),
        )
    pen.point(
        article,
        "没有数据时：{no_data}；",
        "Without data: {no_data};",
        no_data=val(words.NO_DATA[rule.no_data], f"{path}/no_data"),
    )
    pen.point(
        article,
        "处置：{then}。",
        "Consequence: {then}.",
        then=val(words.ON_BREACH[rule.on_breach], f"{path}/on_breach"),
    )
    say_public(pen, article, path, public=rule.public, default=False)


def threshold_text(rulebook: Rulebook, indicator_id: str, threshold: Threshold) -> Text:
    """`above 20 orders`, `at or above 80% of the value agreed for “…”`."""
    if threshold.plan is not None:
        base = plan_title(rulebook, threshold.plan)
        if threshold.per_cent != _WHOLE:
            base = Text(
                zh=f"{base.zh}的{threshold.per_cent}%", en=f"{threshold.per_cent}% of {base.en}"
            )
    else:
        base = amount(rulebook, indicator_id, threshold.value or Fraction(0))
    how = words.COMPARISON[threshold.comparison]
    return Text(zh=f"{how.zh}{base.zh}", en=f"{how.en} {base.en}")
