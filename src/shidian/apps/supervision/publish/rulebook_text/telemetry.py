"""Chapters on the plan, limits, streams, indicators and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.publish.rulebook_text import words
from shidian.core.rulebook.model import AlertRule, Indicator, Limit, Severity, Threshold

if TYPE_CHECKING:
    from shidian.apps.supervision.publish.rulebook_text.writer import Run, Writer


def plan_and_limits(writer: Writer) -> None:
    """What is agreed for each pilot, and the caps that follow."""
    rulebook = writer.rulebook
    writer.chapter("limits", "试点约定与限额", "Agreed plan and limits")
    if rulebook.plan:
        article = writer.article("plan", writer.say("试点约定", "The agreed plan"))
        article.runs.append(
            writer.plain(
                "准入时就每个试点约定下列数值；监管部门可以调低，调整自记入监测日志起生效。",
                "These values are agreed for each pilot at admission; the authorities may lower"
                " them, in force from the journal entry that records it.",
            )
        )
        for parameter in rulebook.plan:
            note = (
                writer.say("必填", "required")
                if parameter.required
                else writer.say("选填", "optional")
            )
            title, unit = writer.text(parameter.title), writer.text(parameter.unit)
            article.points.append(
                [
                    writer.value(
                        writer.say(f"{title}（{unit}，{note}）", f"{title} ({unit}, {note})"),
                        f"/plan/{parameter.id}/type",
                        f"/plan/{parameter.id}",
                    )
                ]
            )
    for limit in rulebook.limits:
        _limit(writer, limit)


def _limit(writer: Writer, limit: Limit) -> None:
    pointer = f"/limits/{limit.id}"
    article = writer.article(limit.id, writer.text(limit.title))
    article.runs += [
        writer.plain("指标", "The indicator “") if writer.language == "en" else {"t": "指标“"},
        writer.value(_indicator_title(writer, limit.indicator), f"{pointer}/indicator"),
        writer.plain("”不得超过", "” must not exceed "),
        writer.value(_operand(writer, limit.max), f"{pointer}/max"),
        writer.plain("。", "."),
    ]
    if limit.warn_at:
        shares = writer.joined(f"{per_cent}%" for per_cent in limit.warn_at)
        article.runs += [
            writer.plain("达到限额的 ", " Warnings at "),
            writer.value(shares, f"{pointer}/warn_at"),
            writer.plain(" 时预警。", " of the limit."),
        ]
    article.runs += [
        writer.plain("超限时", " On breach: "),
        writer.value(
            writer.text(words.ON_BREACH[limit.on_breach]), f"{pointer}/on_breach", pointer
        ),
        writer.plain("。", "."),
    ]


def _operand(writer: Writer, text: str) -> str:
    if text.startswith("plan."):
        wanted = text.removeprefix("plan.")
        for parameter in writer.rulebook.plan:
            if parameter.id == wanted:
                title = writer.text(parameter.title)
                return writer.say(f"约定的{title}", f"the agreed {title[:1].lower()}{title[1:]}")
    return text


def _indicator_title(writer: Writer, indicator_id: str) -> str:
    try:
        return writer.text(writer.rulebook.indicator(indicator_id).title)
    except KeyError:
        return indicator_id


def streams(writer: Writer) -> None:
    """What a pilot must send."""
    writer.chapter("streams", "数据报送", "Data that pilots send")
    for stream in writer.rulebook.streams:
        pointer = f"/streams/{stream.id}"
        article = writer.article(stream.id.replace(".", "-"), writer.text(stream.title))
        article.runs += [
            writer.plain("事件类型 ", "Event type "),
            writer.value(stream.id, f"{pointer}/fields", pointer),
            writer.plain("，包含：", ", with:"),
        ]
        for name, rule in stream.fields.items():
            notes = [writer.text(words.FIELD_TYPE[rule.type])]
            if not rule.required:
                notes.append(writer.say("选填", "optional"))
            article.points.append(
                [
                    writer.value(
                        writer.say(
                            f"{name}：{writer.joined(notes)}", f"{name}: {writer.joined(notes)}"
                        ),
                        f"{pointer}/fields/{name}/type",
                    )
                ]
            )


def indicators(writer: Writer) -> None:
    """How events become numbers."""
    writer.chapter("indicators", "指标", "Indicators")
    for indicator in writer.rulebook.indicators:
        _indicator(writer, indicator)
    rules = writer.rulebook.monitoring
    if writer.mark("/monitoring") is not None:
        article = writer.article("monitoring", writer.say("监测的时间规则", "Time in monitoring"))
        parts: list[Run] = []
        for key, us, zh, en in (
            ("tile", rules.tile, "按每 {} 汇总", "Events are added up by {}"),
            ("lateness", rules.lateness, "，等待迟到数据 {}", "; late ones are waited for {}"),
            (
                "idle",
                rules.idle,
                "，来源静默 {} 视为中断",
                "; a source silent for {} counts as idle",
            ),
        ):
            length = words.duration(us)
            parts.append(
                writer.value(
                    writer.say(zh.format(length.zh), en.format(length.en)), f"/monitoring/{key}"
                )
            )
        article.runs += [*parts, writer.plain("。", ".")]


def _indicator(writer: Writer, indicator: Indicator) -> None:
    pointer = f"/indicators/{indicator.id}"
    article = writer.article(indicator.id, writer.text(indicator.title))
    window = (
        words.WINDOW[indicator.window]
        if isinstance(indicator.window, str)
        else words.duration(indicator.window)
    )
    article.runs += [
        writer.value(
            writer.say(
                f"{window.zh}内" if not isinstance(indicator.window, str) else window.zh,
                f"Within {window.en}"
                if not isinstance(indicator.window, str)
                else window.en[:1].upper() + window.en[1:],
            ),
            f"{pointer}/window",
        ),
        writer.plain("，事件 ", ", of events "),
        writer.value(indicator.of, f"{pointer}/of"),
    ]
    if indicator.field:
        article.runs += [
            writer.plain(" 的 ", ", field "),
            writer.value(indicator.field, f"{pointer}/field"),
        ]
    if indicator.where:
        article.runs += [
            writer.plain("（满足 ", " where "),
            writer.value(indicator.where, f"{pointer}/where"),
            writer.plain("）", ""),
        ]
    article.runs += [
        writer.plain(" 的", ": the "),
        writer.value(writer.text(words.TAKE[indicator.take]), f"{pointer}/take"),
    ]
    if indicator.by:
        article.runs += [
            writer.plain("，按 ", ", for each "),
            writer.value(writer.joined(indicator.by), f"{pointer}/by"),
            writer.plain(" 分别计算", ""),
        ]
    if indicator.ratio_to:
        title = _indicator_title(writer, indicator.ratio_to)
        article.runs += [
            writer.plain("，与“", ", as a share of “"),
            writer.value(title, f"{pointer}/ratio_to"),
            writer.plain("”之比", "”"),
        ]
    step = words.duration(indicator.step)
    article.runs.append(writer.plain(f"；每 {step.zh}计算一次。", f"; computed every {step.en}."))


def alerts(writer: Writer) -> None:
    """Which levels raise which alerts."""
    writer.chapter("alerts", "监测预警", "Alerts")
    for rule in writer.rulebook.alerts:
        _alert(writer, rule)


def _alert(writer: Writer, rule: AlertRule) -> None:
    pointer = f"/alerts/{rule.id}"
    article = writer.article(rule.id, writer.text(rule.title))
    article.runs += [
        writer.plain("依据指标“", "By the indicator “"),
        writer.value(_indicator_title(writer, rule.indicator), f"{pointer}/indicator"),
        writer.plain("”分级告警", "”, by level"),
    ]
    if rule.for_us:
        length = words.duration(rule.for_us)
        article.runs += [
            writer.plain("，持续 ", ", once it has held for "),
            writer.value(writer.text(length), f"{pointer}/for"),
            writer.plain(" 后告警", ""),
        ]
    article.runs.append(writer.plain("：", ":"))
    for level in Severity:
        threshold = rule.levels.get(level)
        if threshold is not None:
            name = writer.text(words.SEVERITY[level])
            article.points.append(
                [
                    writer.plain(f"{name}：", f"{name}: "),
                    writer.value(_threshold(writer, threshold), f"{pointer}/levels/{level.value}"),
                ]
            )
    if rule.clear is not None:
        wait = words.duration(rule.clear_for) if rule.clear_for else None
        lasting = writer.say(f"并持续 {wait.zh}", f" for {wait.en}") if wait else ""
        article.points.append(
            [
                writer.plain("解除：", "Clears: "),
                writer.value(_threshold(writer, rule.clear) + lasting, f"{pointer}/clear"),
            ]
        )
    article.points.append(
        [
            writer.plain("处置：", "Then: "),
            writer.value(
                writer.text(words.ON_BREACH[rule.on_breach]), f"{pointer}/on_breach", pointer
            ),
        ]
    )


def _threshold(writer: Writer, threshold: Threshold) -> str:
    comparison = writer.text(words.COMPARISON[threshold.comparison])
    if threshold.plan is not None:
        operand = _operand(writer, f"plan.{threshold.plan}")
        if threshold.per_cent != 100:  # noqa: PLR2004 - the whole
            operand = writer.say(
                f"{operand}的 {threshold.per_cent}%", f"{threshold.per_cent}% of {operand}"
            )
    else:
        operand = words.number(threshold.value) if threshold.value is not None else ""
    return writer.say(f"{comparison} {operand}", f"{comparison} {operand}")
