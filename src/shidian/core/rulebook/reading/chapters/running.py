"""The running pilot: its plan, limits, data and indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import FieldType, Take, Text, parse_exact
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.rulebook.model import (
        Indicator,
        Limit,
        PlanParameter,
        Rulebook,
        Stream,
    )
    from shidian.core.rulebook.reading.pen import Pen


def plan_and_limits(pen: Pen) -> None:
    """Chapter: what is agreed for each pilot, and the caps that follow."""
    rulebook = pen.rulebook
    if rulebook.plan:
        article = pen.article("plan", ("试点约定", "The agreed plan"))
        pen.say(
            article,
            "准入时就每个试点约定下列事项；主管部门可以从严调整，自记入监测日志起生效：",
            "The following is agreed for each pilot at admission. The authorities may tighten it,"
            " in force from the journal entry that records the change:",
        )
        for parameter in rulebook.plan:
            _parameter(pen, parameter, article)
    for limit in rulebook.limits:
        _limit(pen, limit)
    pen.chapter("limits", "试点约定与限额", "Agreed plan and limits")


def _parameter(pen: Pen, parameter: PlanParameter, article: Draft) -> None:
    rulebook, path = pen.rulebook, f"/plan/{parameter.id}"
    zh, en = "{name}（{kind}，单位：{unit}）", "{name} ({kind}; unit: {unit})"
    values: dict[str, Value | list[Value]] = {
        "name": val(parameter.title, f"{path}/id", f"{path}/title"),
        "kind": val(words.PLAN_TYPE[parameter.type], f"{path}/type"),
        "unit": val(parameter.unit, f"{path}/unit"),
    }
    if parameter.required is not None:
        zh, en = zh + "，{required}", en + ", {required}"
        must = Text(zh="必须约定", en="must be agreed")
        may = Text(zh="可以不约定", en="need not be agreed")
        values["required"] = val(must if parameter.required else may, f"{path}/required")
    for key, text, zh_more, en_more in (
        (
            "default",
            parameter.default,
            "，未约定的为{default}",
            "; {default} unless agreed otherwise",
        ),
        ("minimum", parameter.minimum, "，不得低于{minimum}", "; not less than {minimum}"),
        ("maximum", parameter.maximum, "，不得高于{maximum}", "; not more than {maximum}"),
    ):
        if text is not None:
            zh, en = zh + zh_more, en + en_more
            values[key] = val(numbers.plan_value(rulebook, parameter, text), f"{path}/{key}")
    if parameter.tighter == "higher" or pen.has(f"{path}/tighter"):
        zh, en = zh + "，{tighter}为从严", en + "; {tighter} is stricter"
        tighter = {"higher": Text(zh="调高", en="higher"), "lower": Text(zh="调低", en="lower")}
        values["tighter"] = val(tighter[parameter.tighter], f"{path}/tighter")
    if parameter.scales_with:
        titles = {one.id: one.title for one in rulebook.plan}
        zh, en = zh + "，随“{scale}”同比例调整", en + "; lowered in proportion to “{scale}”"
        values["scale"] = val(
            titles.get(parameter.scales_with) or parameter.scales_with, f"{path}/scales_with"
        )
    pen.point(article, zh + "；", en + ";", **values)


def _limit(pen: Pen, limit: Limit) -> None:
    path = f"/limits/{limit.id}"
    article = pen.article(limit.id, limit.title)
    bound = (
        Text(zh="必须低于", en="must stay below")
        if pen.has(f"{path}/below") and limit.below
        else Text(zh="不得超过", en="must not exceed")
    )
    pen.say(
        article,
        "“{indicator}”{bound}{max}，{measured}。",
        "“{indicator}” {bound} {max}, {measured}.",
        bound=val(bound, f"{path}/below"),
        indicator=val(indicator_title(pen.rulebook, limit.indicator), f"{path}/indicator"),
        max=val(operand(pen.rulebook, limit.indicator, limit.max), f"{path}/max", f"{path}/id"),
        measured=val(words.MEASURED[limit.measured], f"{path}/measured"),
    )
    _now_and_then(pen, article, limit, path)
    if limit.warn_at:
        pen.say(
            article,
            "使用至限额的{shares}时预警。",
            " Warnings are given at {shares} of the limit.",
            shares=[val(f"{one}%", f"{path}/warn_at/{n}") for n, one in enumerate(limit.warn_at)],
        )
    zh, en = "超限时，{then}。", " On a breach, {then}."
    values = {"then": val(words.ON_BREACH[limit.on_breach], f"{path}/on_breach")}
    if limit.for_us:
        zh, en = "超限持续{lasting}的，{then}。", " On a breach lasting {lasting}, {then}."
        values["lasting"] = val(numbers.duration(limit.for_us), f"{path}/for")
    pen.say(article, zh, en, **values)
    if pen.has(f"{path}/regulator_may_lower") or not limit.regulator_may_lower:
        may = (
            Text(zh="主管部门可以对个别试点调低", en="the authority may set less for one pilot")
            if limit.regulator_may_lower
            else Text(
                zh="主管部门不得对个别试点另行调低",
                en="the authority may not set less for one pilot",
            )
        )
        pen.say(
            article, "{may}。", " {may}.", may=val(_capital(may), f"{path}/regulator_may_lower")
        )
    say_public(pen, article, path, public=limit.public, default=True)


def _now_and_then(pen: Pen, article: Draft, limit: Limit, path: str) -> None:
    """By what it is looked at, and in which stages, where that is not all the time."""
    if limit.admissions is not None:
        streams = {stream.id: stream.title for stream in pen.rulebook.streams}
        pen.say(
            article,
            "新增以“{admissions}”为准。",
            " What is admitted is told by “{admissions}”.",
            admissions=val(streams.get(limit.admissions) or limit.admissions, f"{path}/admissions"),
        )
    if limit.stages:
        names = {stage.id: stage.names.staff for stage in pen.rulebook.stages}
        pen.say(
            article,
            "本限额仅在下列阶段有效：{stages}。",
            " It is in force only in: {stages}.",
            stages=[
                val(names.get(one) or one, f"{path}/stages/{n}")
                for n, one in enumerate(limit.stages)
            ],
        )


def say_public(pen: Pen, article: Draft, path: str, *, public: bool, default: bool) -> None:
    if public == default and not pen.has(f"{path}/public"):
        return
    said = (
        Text(zh="使用情况向社会公开", en="It is shown to the public")
        if public
        else Text(zh="使用情况不向社会公开", en="It is not shown to the public")
    )
    pen.say(article, "{said}。", " {said}.", said=val(said, f"{path}/public"))


def _capital(text: Text) -> Text:
    return Text(zh=text.zh, en=text.en[:1].upper() + text.en[1:])


def indicator_title(rulebook: Rulebook, indicator_id: str) -> Text:
    """An indicator's title, or its id where none is declared."""
    try:
        return rulebook.indicator(indicator_id).title
    except KeyError:
        return numbers.both(indicator_id)


def operand(rulebook: Rulebook, indicator_id: str, text: str) -> Text:
    """What a limit holds its indicator against: the agreed plan's value, or a number with unit."""
    if text.startswith("plan."):
        return plan_title(rulebook, text.removeprefix("plan."))
    try:
        value = parse_exact(text)
    except ValueError:
        return numbers.both(text)
    return amount(rulebook, indicator_id, value)


def plan_title(rulebook: Rulebook, parameter_id: str) -> Text:
    """`the value agreed for “…”`."""
    title = next((one.title for one in rulebook.plan if one.id == parameter_id), None)
    name = title or numbers.both(parameter_id)
    return Text(zh=f"约定的“{name.zh}”", en=f"the value agreed for “{name.en}”")


def amount(rulebook: Rulebook, indicator_id: str, value: Fraction) -> Text:
    """A value of an indicator: money, a share, or a number with the indicator's unit."""
    try:
        indicator = rulebook.indicator(indicator_id)
    except KeyError:
        return numbers.both(numbers.number(value))
    if indicator.ratio_to and value.denominator != 1:
        return numbers.both(numbers.per_cent(value))
    if rulebook.currency and _is_money(rulebook, indicator):
        return numbers.money(rulebook, value)
    unit = indicator.unit
    shown = numbers.number(value)
    if unit is None:
        return numbers.both(shown)
    return Text(zh=f"{shown}{unit.zh}", en=f"{shown} {unit.en}")


def _is_money(rulebook: Rulebook, indicator: Indicator) -> bool:
    if indicator.ratio_to or indicator.field is None:
        return False
    if indicator.take in (Take.COUNT, Take.DISTINCT):
        return False
    try:
        field = rulebook.stream(indicator.of).fields[indicator.field]
    except KeyError:
        return False
    return field.type is FieldType.MONEY


def data(pen: Pen) -> None:
    """Chapter: what a pilot sends, and how events become numbers."""
    for stream in pen.rulebook.streams:
        _stream(pen, stream)
    for indicator in pen.rulebook.indicators:
        _indicator(pen, indicator)
    _clockwork(pen)
    pen.chapter("data", "数据报送与指标", "Data and indicators")


def _stream(pen: Pen, stream: Stream) -> None:
    path = f"/streams/{stream.id}"
    article = pen.article(f"stream-{stream.id}", stream.title)
    pen.say(
        article,
        "发生“{title}”时，试点系统报送{type}事件，载明：",
        "For each “{title}” the pilot system sends an event {type}, stating:",
        title=val(stream.title, f"{path}/title"),
        type=val(stream.id, f"{path}/id"),
    )
    for name, field in stream.fields.items():
        where = f"{path}/fields/{name}"
        zh, en = "{name}：{kind}", "{name}: {kind}"
        kind = words.FIELD_TYPE[field.type]
        values: dict[str, Value | list[Value]] = {
            "name": val(name),
            "kind": val(kind, f"{where}/type"),
        }
        if pen.has(f"{where}/scale"):
            zh, en = zh + "，精确到小数点后{scale}位", en + ", to {scale} decimal places"
            values["scale"] = val(str(field.scale), f"{where}/scale")
        if not field.required or pen.has(f"{where}/required"):
            zh, en = zh + "，{required}", en + ", {required}"
            must, may = Text(zh="必填", en="required"), Text(zh="选填", en="optional")
            values["required"] = val(must if field.required else may, f"{where}/required")
        if field.non_negative or pen.has(f"{where}/non_negative"):
            zh, en = zh + "，{sign}", en + ", {sign}"
            sign = Text(zh="不得为负", en="never negative")
            any_sign = Text(zh="可以为负", en="may be negative")
            values["sign"] = val(sign if field.non_negative else any_sign, f"{where}/non_negative")
        pen.point(article, zh + "；", en + ";", **values)


def _indicator(pen: Pen, indicator: Indicator) -> None:
    rulebook, path = pen.rulebook, f"/indicators/{indicator.id}"
    article = pen.article(f"indicator-{indicator.id}", indicator.title)
    streams = {one.id: one for one in rulebook.streams}
    stream = streams.get(indicator.of)
    named = stream.title if stream else numbers.both(indicator.of)
    if isinstance(indicator.window, str):
        window = words.WINDOW[indicator.window]
    else:
        window = numbers.last(indicator.window)
    values: dict[str, Value | list[Value]] = {
        "window": val(window, f"{path}/window"),
        "of": val(named, f"{path}/of", f"{path}/id"),
        "take": val(words.TAKE[indicator.take], f"{path}/take"),
    }
    zh, en = "本指标为{window}“{of}”事件", "The indicator is the {take} of"
    if indicator.field:
        values["field"] = val(indicator.field, f"{path}/field")
        zh, en = zh + "中{field}的{take}", en + " {field} in “{of}” events"
    else:
        zh, en = zh + "的{take}", en + " “{of}” events"
    if indicator.where:
        values["where"] = val(phrase(rulebook, indicator.where, stream), f"{path}/where")
        zh, en = zh + "（仅计{where}者）", en + " where {where}"
    en += ", {window}"
    if indicator.quantile or pen.has(f"{path}/quantile"):
        values["quantile"] = val(indicator.quantile or "", f"{path}/quantile")
        zh, en = zh + "，取{quantile}分位", en + ", at the quantile {quantile}"
    if indicator.by:
        values["by"] = [val(one, f"{path}/by/{n}") for n, one in enumerate(indicator.by)]
        zh, en = zh + "，按{by}分别计算", en + ", separately for each {by}"
    if indicator.ratio_to:
        other = indicator_title(rulebook, indicator.ratio_to)
        values["ratio"] = val(other, f"{path}/ratio_to")
        zh, en = zh + "，与“{ratio}”相比", en + ", divided by “{ratio}”"
    pen.say(article, zh + "。", en + ".", **values)
    pen.say(
        article,
        "{step}计算一次。",
        " It is computed {step}.",
        step=val(numbers.each(indicator.step), f"{path}/step"),
    )
    if indicator.unit:
        pen.say(
            article,
            "单位：{unit}。",
            " Its unit is: {unit}.",
            unit=val(indicator.unit, f"{path}/unit"),
        )


def _clockwork(pen: Pen) -> None:
    rules = pen.rulebook.monitoring
    if not pen.has("/monitoring"):
        return
    article = pen.article("monitoring", ("监测的时间规则", "Time in monitoring"))
    pen.say(
        article,
        "事件{tile}汇总一次，{tick}判定一次；迟到不超过{lateness}的数据计入；来源静默超过{idle}的，"
        "视为中断；日界按{zone}时区。",
        "Events are added up {tile} and judged {tick}. Data up to {lateness} late are"
        " counted. A source silent for more than {idle} counts as interrupted. Days begin by the"
        " zone {zone}.",
        tile=val(numbers.each(rules.tile), "/monitoring/tile"),
        tick=val(numbers.each(rules.tick), "/monitoring/tick"),
        lateness=val(numbers.duration(rules.lateness), "/monitoring/lateness"),
        idle=val(numbers.duration(rules.idle), "/monitoring/idle"),
        zone=val(rules.zone, "/monitoring/zone"),
    )
    for level, within_us in rules.acknowledge_within.items():
        pen.say(
            article,
            "“{level}”级告警{within}内无人确认的，提请签批人员处理。",
            " An alert of level {level} that no officer has seen within {within} is raised to the"
            " signing officers.",
            level=val(words.SEVERITY[level], f"/monitoring/acknowledge_within/{level}"),
            within=val(numbers.duration(within_us), f"/monitoring/acknowledge_within/{level}"),
        )
