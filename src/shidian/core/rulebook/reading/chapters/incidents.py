"""Incidents: how they are graded, in which steps they are reported, whether they are tolerated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.pen import Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import IncidentDuty, IncidentRules, ToleranceRule
    from shidian.core.rulebook.reading.pen import Pen


def incidents(pen: Pen) -> None:
    """Chapter: what the institution reports when something goes wrong, and what may come of it."""
    rules = pen.rulebook.incidents
    if rules is None:
        return
    _grades(pen, rules)
    for step in rules.steps:
        _step(pen, rules, step)
    if rules.tolerance is not None:
        _tolerance(pen, rules, rules.tolerance)
    pen.chapter("incidents", "风险事件", "Incidents")


def incident_due(step: IncidentDuty) -> Text:
    """When a step is due, in words."""
    start = words.INCIDENT_START[step.starts]
    if step.within is None:
        return Text(zh=f"自{start.zh}起立即", en=f"at once after {start.en}")
    length = numbers.period(step.within)
    if step.repeats:
        return Text(
            zh=f"自{start.zh}起至处置完毕止每{length.zh}",
            en=f"every {length.en} after {start.en}, until the incident is over",
        )
    return Text(zh=f"自{start.zh}起{length.zh}内", en=f"within {length.en} after {start.en}")


def _grades(pen: Pen, rules: IncidentRules) -> None:
    article = pen.article("severities", ("事件等级", "Grades of incidents"))
    pen.say(
        article,
        "风险事件由轻到重分为下列等级：",
        "From the lightest to the gravest, incidents are of these grades:",
    )
    for one in rules.severities:
        path = f"/incidents/severities/{one.id}"
        name = val(one.name, f"{path}/id")
        if one.meaning is None:
            pen.point(article, "{name}；", "{name};", name=name)
        else:
            pen.point(
                article,
                "{name}：{meaning}；",
                "{name}: {meaning};",
                name=name,
                meaning=val(one.meaning, f"{path}/meaning"),
            )


def _of(rules: IncidentRules, grades: tuple[str, ...], path: str) -> list[Value]:
    names = {one.id: one.name for one in rules.severities}
    return [
        val(names.get(one) or numbers.both(one), f"{path}/{index}")
        for index, one in enumerate(grades)
    ]


def _step(pen: Pen, rules: IncidentRules, step: IncidentDuty) -> None:
    path = f"/incidents/steps/{step.id}"
    article = pen.article(step.id, step.name)
    paths = [
        f"{path}/{key}"
        for key in ("within/length", "within/unit", "starts", "repeats")
        if pen.has(f"{path}/{key}")
    ]
    values: dict[str, Value | list[Value]] = {
        "due": val(incident_due(step), *paths),
        "name": val(step.name, f"{path}/id"),
        "kind": val(words.INCIDENT_STEP[step.kind], f"{path}/kind"),
    }
    zh, en = "对任何事件", "For every incident"
    if step.severities:
        zh, en = "对{severities}", "For incidents of grade {severities}"
        values["severities"] = _of(rules, step.severities, f"{path}/severities")
    pen.say(
        article,
        zh + "，机构应当{due}作出“{name}”（{kind}）。",
        en + " the institution makes “{name}” ({kind}) {due}.",
        **values,
    )
    if step.within is not None:
        pen.quote(article, step.within.note, f"{path}/within/note")
    if step.telephone or pen.has(f"{path}/telephone"):
        said = (
            Text(
                zh="可以先以电话报告，由监管人员记录，机构随后书面确认",
                en="it may be made by telephone: an officer notes it, the institution confirms it",
            )
            if step.telephone
            else Text(zh="不得以电话报告", en="it is not made by telephone")
        )
        pen.say(article, "{said}。", " Here {said}.", said=val(said, f"{path}/telephone"))


def _tolerance(pen: Pen, rules: IncidentRules, rule: ToleranceRule) -> None:
    path = "/incidents/tolerance"
    article = pen.article("tolerance", ("容错认定", "The finding of tolerance"))
    values: dict[str, Value | list[Value]] = {
        "decisions": [_decision(pen, one.id, one.name, one.needs_all) for one in rule.decisions]
    }
    zh, en = "对任何事件", "For every incident"
    if rule.severities:
        zh, en = "对{severities}", "For incidents of grade {severities}"
        values["severities"] = _of(rules, rule.severities, f"{path}/severities")
    pen.say(
        article,
        zh + "结案后可以作容错认定：写明事实、因果、补偿和意见，由另一名人员决定：{decisions}。"
        "认定不是行政决定。认定时逐项判断下列条件：",
        en + ", once it is closed, a finding of tolerance may be made. It states facts, causation,"
        " compensation and an opinion, and another officer decides on it: {decisions}. It is no"
        " administrative decision. These conditions are judged one by one:",
        **values,
    )
    for condition in rule.conditions:
        where = f"{path}/conditions/{condition.id}"
        name = val(condition.name, f"{where}/id")
        if condition.fact is None:
            pen.point(article, "{name}；", "{name};", name=name)
        else:
            pen.point(
                article,
                "{name}（对照：{fact}）；",
                "{name} (beside it: {fact});",
                name=name,
                fact=val(words.TOLERANCE_FACT[condition.fact], f"{where}/fact"),
            )


def _decision(pen: Pen, decision_id: str, name: Text, needs_all: bool) -> Value:
    path = f"/incidents/tolerance/decisions/{decision_id}"
    paths = [f"{path}/id"]
    if pen.has(f"{path}/needs_all"):
        paths.append(f"{path}/needs_all")
    if needs_all:
        name = Text(
            zh=f"“{name.zh}”（须满足全部条件）",
            en=f"“{name.en}” (only where every condition is met)",
        )
    else:
        name = Text(zh=f"“{name.zh}”", en=f"“{name.en}”")
    return val(name, *paths)
