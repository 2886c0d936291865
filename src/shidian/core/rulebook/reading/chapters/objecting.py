"""Objections: against what, within what time, who decides, and what can come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers
from shidian.core.rulebook.reading.chapters.names import authority_name, stage_name
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Clock, ObjectionRule
    from shidian.core.rulebook.reading.pen import Pen


def objections(pen: Pen) -> None:
    """Chapter: how a refusal is objected to."""
    for one in pen.rulebook.objections:
        _objection(pen, one)
    pen.chapter("objections", "异议与复核", "Objection")


def _objection(pen: Pen, rule: ObjectionRule) -> None:
    path = f"/objections/{rule.id}"
    article = pen.article(rule.id, rule.name)
    outcomes = {one.id: one.name for stage in pen.rulebook.stages for one in stage.outcomes}
    pen.say(
        article,
        "案件以{against}结案的，申报机构可以提出“{name}”，由{body}决定。",
        "Where a case was closed as {against}, the applicant may file a “{name}”,"
        " on which {body} decides.",
        against=[
            val(outcomes.get(one, numbers.both(one)), f"{path}/against/{index}")
            for index, one in enumerate(rule.against)
        ],
        name=val(rule.name, f"{path}/id", f"{path}/name"),
        body=val(authority_name(pen, rule.body), f"{path}/body"),
    )
    if window := _clock(pen, rule.within):
        pen.say(
            article,
            "应当在{length}（{clock}）内提出。",
            " It is filed within {length} ({clock}).",
            length=_length(window),
            clock=val(window.name, f"{path}/within"),
        )
    if bound := _clock(pen, rule.clock):
        pen.say(
            article,
            "复核期限为{length}（{clock}）。",
            " It is decided within {length} ({clock}).",
            length=_length(bound),
            clock=val(bound.name, f"{path}/clock"),
        )
    _who(pen, article, rule)
    _ways(pen, article, rule)
    if rule.guidance is not None:
        pen.say(article, "{text}", " {text}", text=val(rule.guidance, f"{path}/guidance"))


def _clock(pen: Pen, clock_id: str | None) -> Clock | None:
    return next((one for one in pen.rulebook.clocks if one.id == clock_id), None)


def _length(clock: Clock) -> Value:
    return val(numbers.length(clock.length, clock.unit.value))


def _who(pen: Pen, article: Draft, rule: ObjectionRule) -> None:
    path = f"/objections/{rule.id}/others_decide"
    if not (rule.others_decide or pen.has(path)):
        return
    who = (
        Text(
            zh="参与作出原决定的人员不得参与复核",
            en="nobody who had a hand in the decision takes part",
        )
        if rule.others_decide
        else Text(zh="原经办人员可以参与复核", en="those who took the decision may take part")
    )
    pen.say(article, "{who}。", " Here {who}.", who=val(who, path))


def _ways(pen: Pen, article: Draft, rule: ObjectionRule) -> None:
    for target, key, zh, en in (
        (rule.changed_to, "changed_to", "改变原决定的，案件转入“{stage}”。",
         "Where the decision is changed, the case goes on in the stage “{stage}”."),
        (rule.sent_back_to, "sent_back_to", "发回重新办理的，案件转入“{stage}”。",
         "Where it is sent back to be made anew, the case goes on in the stage “{stage}”."),
    ):  # fmt: skip
        if target is not None:
            stage = val(stage_name(pen, target), f"/objections/{rule.id}/{key}")
            pen.point(article, zh, en, stage=stage)
