"""Risk tiers, and by what an application is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers
from shidian.core.rulebook.reading.chapters.names import stage_name
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Criterion, RiskFactor, Tier
    from shidian.core.rulebook.reading.pen import Draft, Pen


def tiers(pen: Pen) -> None:
    """Chapter: risk tiers and what each scales."""
    rules = pen.rulebook.tiers
    if rules is None:
        return
    article = pen.article("grading", ("评级", "Grading"))
    pen.say(
        article,
        "经办人员在“{stage}”阶段评定项目的风险等级，并说明理由；本章所列条件仅供参考。",
        "In the stage “{stage}” an officer grades the project's risk and gives reasons; the"
        " conditions in this chapter only suggest a grade.",
        stage=val(stage_name(pen, rules.graded_in), "/tiers/graded_in"),
    )
    for factor in rules.factors:
        _factor(pen, factor)
    for tier in rules.levels:
        _tier(pen, tier)
    pen.chapter("tiers", "风险分级", "Risk tiers")


def _factor(pen: Pen, factor: RiskFactor) -> None:
    path = f"/tiers/factors/{factor.id}"
    article = pen.article(f"factor-{factor.id}", factor.name)
    pen.say(
        article,
        "评级时考虑{name}：{question}由轻到重为：",
        "Grading weighs {name}: {question} From the least risk to the most:",
        name=val(factor.name, f"{path}/id", f"{path}/name"),
        question=val(factor.question, f"{path}/question"),
    )
    for option in factor.options:
        where = f"{path}/options/{option.id}"
        pen.point(
            article, "{name}；", "{name};", name=val(option.name, f"{where}/id", f"{where}/name")
        )


def _tier(pen: Pen, tier: Tier) -> None:
    rulebook, path = pen.rulebook, f"/tiers/levels/{tier.id}"
    article = pen.article(tier.id, tier.name)
    pen.say(
        article,
        "本级为{name}。",
        "This tier is named {name}.",
        name=val(tier.name, f"{path}/id", f"{path}/name"),
    )
    if tier.meaning:
        meaning = val(_unstopped(tier.meaning), f"{path}/meaning")
        pen.say(article, "{text}。", " {text}.", text=meaning)
    if tier.when:
        pen.say(
            article,
            "符合下列情形的，建议评为本级：{when}。",
            " It is suggested where {when}.",
            when=val(phrase(rulebook, tier.when), f"{path}/when"),
        )
    if tier.skips:
        pen.say(
            article,
            "本级项目不经过下列阶段：{stages}。",
            " A project of this tier passes over: {stages}.",
            stages=[
                val(stage_name(pen, one), f"{path}/skips/{n}") for n, one in enumerate(tier.skips)
            ],
        )
    _scaled(pen, tier, article)


def _scaled(pen: Pen, tier: Tier, article: Draft) -> None:
    """What is otherwise for cases of this tier: caps, reports, clocks, warnings."""
    rulebook, path = pen.rulebook, f"/tiers/levels/{tier.id}"
    titles = {one.id: one.title for one in rulebook.plan}
    for key, share in tier.caps.items():
        pen.point(
            article,
            "“{name}”按申报数额的{share}核定；",
            "“{name}” is set at {share} of what was proposed;",
            name=val(titles.get(key) or key),
            share=val(f"{share}%", f"{path}/caps/{key}"),
        )
    reports = {one.id: one.title for one in rulebook.reports}
    for key, months in tier.reports.items():
        pen.point(
            article,
            "“{name}”{every}提交一次；",
            "“{name}” is due {every};",
            name=val(reports.get(key) or key),
            every=val(numbers.every(months, "month"), f"{path}/reports/{key}"),
        )
    clocks = {one.id: one for one in rulebook.clocks}
    for key, count in tier.clocks.items():
        clock = clocks.get(key)
        pen.point(
            article,
            "“{name}”为{length}；",
            "“{name}” is {length};",
            name=val(clock.name if clock else key),
            length=val(
                numbers.length(count, clock.unit.value) if clock else str(count),
                f"{path}/clocks/{key}",
            ),
        )
    if tier.warn_at:
        pen.point(
            article,
            "各项限额使用至{shares}时预警；",
            "warnings are given at {shares} of each limit;",
            shares=[val(f"{one}%", f"{path}/warn_at/{n}") for n, one in enumerate(tier.warn_at)],
        )


def criteria(pen: Pen) -> None:
    """Chapter: what is judged, with the signs for and against."""
    for criterion in pen.rulebook.criteria:
        _criterion(pen, criterion)
    pen.chapter("criteria", "评审标准", "Criteria")


def _criterion(pen: Pen, criterion: Criterion) -> None:
    path = f"/criteria/{criterion.id}"
    article = pen.article(criterion.id, criterion.name)
    stage = val(stage_name(pen, criterion.stage), f"{path}/stage", f"{path}/id")
    pen.say(
        article,
        "在“{stage}”阶段审查：{question}",
        "In the stage “{stage}” it is asked: {question}",
        stage=stage,
        question=val(criterion.question, f"{path}/question"),
    )
    if criterion.mandatory or pen.has(f"{path}/mandatory"):
        must = (
            Text(zh="本标准须予满足，否则不予通过", en="this criterion must be met")
            if criterion.mandatory
            else Text(zh="本标准不作为否决条件", en="failing this criterion alone is not decisive")
        )
        pen.say(article, "{must}。", " {must}.", must=val(must, f"{path}/mandatory"))
    if criterion.weight is not None:
        pen.say(
            article,
            "权重为{weight}。",
            " Its weight is {weight}.",
            weight=val(str(criterion.weight), f"{path}/weight"),
        )
    for signs, key, zh, en in (
        (criterion.positive, "positive", "有利情形：{sign}。", "Speaks for: {sign}."),
        (criterion.negative, "negative", "不利情形：{sign}。", "Speaks against: {sign}."),
    ):
        for index, sign in enumerate(signs):
            pen.point(article, zh, en, sign=val(_unstopped(sign), f"{path}/{key}/{index}"))


def _unstopped(text: Text) -> Text:
    """A text without its full stop: it is put into a sentence that has one."""
    return Text(zh=text.zh.rstrip("。；") or text.zh, en=text.en.rstrip(".;") or text.en)
