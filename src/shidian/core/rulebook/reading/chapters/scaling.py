"""Staged scale-up: the steps by which agreed values may be raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Severity, Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.chapters.alerting import threshold_text
from shidian.core.rulebook.reading.chapters.running import indicator_title, plan_title
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook, ScaleCriterion, ScaleStep
    from shidian.core.rulebook.reading.pen import Pen


def scale_up(pen: Pen) -> None:
    """Chapter: the steps by which agreed values may be raised."""
    for step in pen.rulebook.scale_up:
        _step(pen, step)
    pen.chapter("scale-up", "分步扩大", "Staged scale-up")


def _step(pen: Pen, step: ScaleStep) -> None:
    path = f"/scale_up/{step.id}"
    article = pen.article(step.id, step.name)
    pen.say(
        article,
        "自试点启动或上一步生效起已满{minimum}，且符合下列条件的，经两位人员批准并由机构签署，"
        "约定数值提高：{raises}。不自动提高。",
        "Once the pilot, or the step before, has run for {minimum}, and what follows is met, two"
        " officers may approve and the institution sign that agreed values rise: {raises}."
        " Nothing rises by itself.",
        minimum=val(
            numbers.period(step.minimum),
            f"{path}/id",
            f"{path}/minimum/length",
            f"{path}/minimum/unit",
        ),
        raises=[
            val(_raise(pen.rulebook, name, per_cent), f"{path}/raises/{name}")
            for name, per_cent in step.raises.items()
        ],
    )
    pen.quote(article, step.minimum.note, f"{path}/minimum/note")
    for one in step.criteria:
        where = f"{path}/criteria/{one.id}"
        pen.point(
            article,
            "{name}：{asked}；",
            "{name}: {asked};",
            name=val(one.name, f"{where}/id"),
            asked=val(
                asked_of(pen.rulebook, one),
                *(
                    f"{where}/{key}"
                    for key in ("indicator", "holds", "severity", "at_most")
                    if pen.has(f"{where}/{key}")
                ),
            ),
        )


def _raise(rulebook: Rulebook, name: str, per_cent: int) -> Text:
    title = plan_title(rulebook, name)
    return Text(
        zh=f"{title.zh}至当时约定的{per_cent}%",
        en=f"{title.en} to {per_cent}% of what is agreed then",
    )


def asked_of(rulebook: Rulebook, criterion: ScaleCriterion) -> Text:
    """What a criterion asks, in words."""
    if criterion.indicator is not None and criterion.holds is not None:
        title = indicator_title(rulebook, criterion.indicator)
        bound = threshold_text(rulebook, criterion.indicator, criterion.holds)
        return Text(zh=f"{title.zh}{bound.zh}", en=f"{title.en} {bound.en}")
    level = words.SEVERITY[criterion.severity or Severity.BREACH]
    most = criterion.at_most or 0
    return Text(
        zh=f"“{level.zh}”及以上的告警至多{most}次",
        en=f"at most {most} alerts of the level “{level.en}” or graver",
    )
