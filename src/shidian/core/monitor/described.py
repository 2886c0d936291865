"""A compiled rule in words and numbers: filter → tile → window → compare, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.monitor.explain import TAKES, exact_text
from shidian.core.rulebook.model import Severity, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.monitor.program import Level, Measure, Rule

_UNITS = (
    (86_400_000_000, Text(zh="天", en="d")),
    (3_600_000_000, Text(zh="小时", en="h")),
    (60_000_000, Text(zh="分钟", en="min")),
    (1_000_000, Text(zh="秒", en="s")),
    (1, Text(zh="微秒", en="µs")),
)
SEVERITY_WORDS = {
    Severity.INFO: Text(zh="提示", en="info"),
    Severity.WARNING: Text(zh="预警", en="warning"),
    Severity.BREACH: Text(zh="突破", en="breach"),
    Severity.CRITICAL: Text(zh="严重", en="critical"),
}
_CALENDARS = {
    "month": Text(zh="自当月开始", en="since the month began"),
    "trading-day": Text(zh="自当前交易日开始", en="since the trading day began"),
}
_NO_DATA = {
    "hold": Text(zh="沿用上一时点的判断", en="says what the instant before said"),
    "clear": Text(zh="视为未触及", en="counts as not met"),
    "fire": Text(zh="视为触及最低一级", en="counts as the mildest rung met"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the program: its name, and what it does."""

    name: Text
    said: Text


def describe(
    rule: Rule, *, calendar: str | None = None, unstated: frozenset[str] = frozenset()
) -> Iterator[Line]:
    """The steps of a rule in the order in which they run.

    `calendar`: of a calendar window `month` or `trading-day`. `unstated`: plan parameters whose
    value is not known here; thresholds that rest on them are given in words.
    """
    measure = rule.measure
    yield from _measure(measure, calendar)
    if measure.ratio_to is not None:
        under = measure.ratio_to
        yield _line("除以", "divided by", under.title.zh, under.title.en)
        yield from _measure(under, calendar)
    if measure.sampling is not None:
        monthly = bool(measure.sampling.months)
        yield _line(
            "测量时点",
            "measured",
            "每月：上月每日终了数值的平均" if monthly else "每次新增时",
            "monthly, as the mean over the days' ends" if monthly else "at each admission",
        )
    for level in rule.levels:
        severity = SEVERITY_WORDS[level.severity]
        bound = _bound(level, measure, unstated)
        yield _line("比较", "compare", f"{bound.zh} → {severity.zh}", f"{bound.en} → {severity.en}")
    yield from _course(rule, unstated)


def _measure(measure: Measure, calendar: str | None) -> Iterator[Line]:
    where = "" if measure.where is None else measure.where.text
    zh, en = f"数据流 {measure.stream} 的事件", f"events of {measure.stream}"
    if where:
        zh, en = f"{zh}，满足 {where}", f"{en} where {where}"
    if measure.by:
        by = ", ".join(measure.by)
        zh, en = f"{zh}，按 {by} 分组", f"{en}, a group for each {by}"
    yield _line("筛选", "filter", zh, en)
    tile, taken = duration(measure.tile_us), TAKES[measure.take]
    of = "" if measure.field is None else f" {measure.field}"
    if measure.quantile is not None:
        of = f"{of} ({measure.quantile})"
    yield _line("切片", "tile", f"每 {tile.zh}：{taken.zh}{of}", f"every {tile.en}: {taken.en}{of}")
    step, window = duration(measure.step_us), _window(measure, calendar)
    yield _line(
        "窗口",
        "window",
        f"{window.zh}，每 {step.zh} 计算一次",
        f"{window.en}, at an instant every {step.en}",
    )


def _window(measure: Measure, calendar: str | None) -> Text:
    if measure.window_us is not None:
        length = duration(measure.window_us)
        return Text(zh=f"之前 {length.zh}", en=f"the {length.en} before")
    if measure.opens_us is not None:
        return _CALENDARS[calendar or "month"]
    return Text(zh="自试点开始", en="since the start")


def _bound(level: Level, measure: Measure, unstated: frozenset[str]) -> Text:
    sign = level.comparison.value
    source = "" if level.plan is None else f"plan.{level.plan}"
    share = "" if level.per_cent == 100 else f"{level.per_cent} % "  # noqa: PLR2004 - all of it
    if level.plan in unstated:
        of = f"{share}× {source}" if share else source
        return Text(zh=f"值 {sign} {of}（按试点商定）", en=f"value {sign} {of} (agreed per pilot)")
    unit = measure.unit or Text(zh=" ", en=" ")
    amount = exact_text(level.bound / Fraction(10) ** measure.scale)
    why = ""
    if source or share:
        stated = exact_text(level.stated)
        why = (
            f" ({share}{'× ' if share else ''}{source or stated}{f' = {stated}' if source else ''})"
        )
    return Text(
        zh=f"值 {sign} {amount} {unit.zh}".rstrip() + why,
        en=f"value {sign} {amount} {unit.en}".rstrip() + why,
    )


def _course(rule: Rule, unstated: frozenset[str]) -> Iterator[Line]:
    """When an episode begins and ends, and what follows from it."""
    if rule.k_of_n is not None:
        k, n = rule.k_of_n
        yield _line(
            "计数", "counted", f"最近 {n} 个时点中有 {k} 个触及", f"met at {k} of the last {n}"
        )
    held = duration(rule.for_us)
    yield _line(
        "开始",
        "starts",
        f"持续触及 {held.zh} 后" if rule.for_us else "一经触及",
        f"when met for {held.en}" if rule.for_us else "as soon as met",
    )
    zh, en = "各级均未触及", "when no rung is met"
    if rule.clear is not None:
        bound = _bound(rule.clear, rule.measure, unstated)
        zh, en = f"{zh}且{bound.zh}", f"{en} and {bound.en}"
    if rule.clear_for_us:
        length = duration(rule.clear_for_us)
        zh, en = f"{zh}，持续 {length.zh}", f"{en}, for {length.en}"
    if rule.keep_firing_for_us:
        length = duration(rule.keep_firing_for_us)
        zh, en = f"{zh}，且至少再过 {length.zh}", f"{en}, and {length.en} later at the soonest"
    yield _line("结束", "ends", zh, en)
    if not rule.measure.always_has_value:
        said = _NO_DATA[rule.no_data]
        yield _line("无数据", "no data", said.zh, said.en)
    if rule.may_be_early:
        yield _line(
            "提前", "early", "窗口未满即可先行提示", "may be said before the window is complete"
        )
    yield _line("触发后", "then", rule.on_breach, rule.on_breach)


def duration(length_us: int) -> Text:
    """A length in the units that it fills: 1 h 30 min."""
    zh, en = [], []
    left = length_us
    for unit_us, name in _UNITS:
        number, left = divmod(left, unit_us)
        if number:
            zh.append(f"{number} {name.zh}")
            en.append(f"{number} {name.en}")
    return Text(zh=" ".join(zh) or "0 秒", en=" ".join(en) or "0 s")


def _line(name_zh: str, name_en: str, zh: str, en: str) -> Line:
    return Line(Text(zh=name_zh, en=name_en), Text(zh=zh, en=en))
