"""Streams and indicators: nothing dangles, and nothing adds what is no number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.rulebook.analysis.expressions import judged
from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown
from shidian.core.rulebook.analysis.words import INDICATOR, STREAM, say
from shidian.core.rulebook.model import FieldType, Indicator, Rulebook, Stream, Take, parse_exact

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMERIC = frozenset({FieldType.MONEY, FieldType.INT, FieldType.DECIMAL, FieldType.DURATION})
_ADDING = frozenset({Take.SUM, Take.MIN, Take.MAX, Take.AVG, Take.QUANTILE})
_GROUPABLE = frozenset({FieldType.PSEUDONYM, FieldType.CODE, FieldType.BOOL, FieldType.INT})
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with time as the monitor sees it, and with what it counts."""
    yield from _time(rulebook)
    for indicator in rulebook.indicators:
        yield from _indicator(rulebook, indicator)
    yield from _ratios(rulebook)


def _time(rulebook: Rulebook) -> Iterator[Finding]:
    times = rulebook.monitoring
    if not _SECOND_US <= times.tile <= _DAY_US or _DAY_US % times.tile:
        yield error(
            "/monitoring/tile",
            say(
                "基本时间片不能整除一日，或不在1秒至1日之间",
                "does not divide the day, or is not from 1 s to 1 d",
            ),
            say("请写 1m", "write 1m"),
        )
    if times.tick < _SECOND_US:
        yield error(
            "/monitoring/tick",
            say("计算间隔短于一秒", "a tick shorter than one second"),
            say("请写 5s", "write 5s"),
        )
    if times.idle < times.tick:
        yield error(
            "/monitoring/idle",
            say("空闲判定短于计算间隔", "idle before the next tick"),
            say("请写不短于 tick 的时长", "write at least the tick"),
        )
    zones = [("/monitoring/zone", times.zone)]
    if rulebook.place is not None:
        zones.append(("/place/zone", rulebook.place.zone))
    for path, zone in zones:
        if not _is_zone(zone):
            yield error(
                path,
                say(f"“{zone}”不是时区", f"'{zone}' is no time zone"),
                say("例如 Asia/Shanghai", "write Asia/Shanghai"),
            )
    stated = "zone" in times.model_fields_set
    if rulebook.place is not None and stated and times.zone != rulebook.place.zone:
        yield error(
            "/monitoring/zone",
            say(
                f"与 place 的时区{rulebook.place.zone}不同",
                f"is not the legal time of place, {rulebook.place.zone}",
            ),
            say("请删去，或使两者一致", "leave it out, or let the two agree"),
        )


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _indicator(rulebook: Rulebook, indicator: Indicator) -> Iterator[Finding]:
    path = f"/indicators/{indicator.id}"
    streams = {stream.id: stream for stream in rulebook.streams}
    if indicator.of not in streams:
        yield unknown(f"{path}/of", STREAM, indicator.of, streams)
    else:
        yield from _field(indicator, streams[indicator.of], path)
        yield from _filter_and_groups(indicator, streams[indicator.of], path)
    yield from _quantile(indicator, path)
    tile = rulebook.monitoring.tile
    for key in ("step", "window"):
        length = getattr(indicator, key)
        if isinstance(length, int) and (length <= 0 or length % tile):
            yield error(
                f"{path}/{key}",
                say("不是基本时间片的整数倍", "is no multiple of the tile"),
                say("请写 monitoring.tile 的倍数", "write a multiple of monitoring.tile"),
            )
    if indicator.window == "trading-day" and rulebook.calendars is None:
        yield missing(
            rulebook,
            f"{path}/window",
            say("按交易日计，但没有日历", "a trading day without a calendar"),
            say("请写 calendars: {market: …}", "add calendars: {market: …}"),
        )


def _field(indicator: Indicator, stream: Stream, path: str) -> Iterator[Finding]:
    if indicator.take is Take.COUNT:
        if indicator.field is not None:
            yield error(
                f"{path}/field",
                say("count 对事件计数，不取字段", "count counts events, not a field"),
                say("请删去 field", "leave field out"),
            )
        return
    if indicator.field is None:
        yield error(
            f"{path}/take",
            say(f"{indicator.take} 未写字段", f"{indicator.take} of which field?"),
            say("请写 field", "add field: …"),
        )
    elif indicator.field not in stream.fields:
        kind = say(f"{stream.id} 的字段", f"field of {stream.id}")
        yield unknown(f"{path}/field", kind, indicator.field, stream.fields)
    elif indicator.take in _ADDING and stream.fields[indicator.field].type not in _NUMERIC:
        found = stream.fields[indicator.field].type
        yield error(
            f"{path}/take",
            say(
                f"对“{indicator.field}”取 {indicator.take}，但它是 {found}",
                f"{indicator.take} of '{indicator.field}', which is {found}",
            ),
            say(
                "请取 money、int、decimal 或 duration 字段，或写 distinct",
                "take a field of money, int, decimal or duration, or write distinct",
            ),
        )
    elif stream.fields[indicator.field].type is FieldType.TEXT:
        yield error(
            f"{path}/field",
            say("自由文本不作统计", "free text is never counted"),
            say("请取 code 或 pseudonym 字段", "take a code or a pseudonym"),
        )


def _filter_and_groups(indicator: Indicator, stream: Stream, path: str) -> Iterator[Finding]:
    if indicator.where is not None:
        # late: only a rulebook with filters pays for loading the SQL parser
        from shidian.core.rulebook.expression import Kind, stream_types

        yield from judged(f"{path}/where", indicator.where, stream_types(stream), Kind.BOOL)
    for index, name in enumerate(indicator.by):
        if name not in stream.fields:
            kind = say(f"{stream.id} 的字段", f"field of {stream.id}")
            yield unknown(f"{path}/by/{index}", kind, name, stream.fields)
        elif stream.fields[name].type not in _GROUPABLE:
            found = stream.fields[name].type
            yield error(
                f"{path}/by/{index}",
                say(f"按“{name}”分组，但它是 {found}", f"groups by '{name}', which is {found}"),
                say(
                    "请按 pseudonym、code、bool 或 int 分组",
                    "group by a pseudonym, code, bool or int",
                ),
            )


def _quantile(indicator: Indicator, path: str) -> Iterator[Finding]:
    right = say('例如 quantile: "0.95"', 'write for example quantile: "0.95"')
    if indicator.take is not Take.QUANTILE:
        if indicator.quantile is not None:
            yield error(
                f"{path}/quantile",
                say(
                    f"take: {indicator.take} 不用 quantile",
                    f"quantile beside take: {indicator.take}",
                ),
                say("请写 take: quantile，或删去", "write take: quantile, or leave it out"),
            )
        return
    if indicator.quantile is None:
        yield error(f"{path}/take", say("未写取哪一分位数", "which quantile?"), right)
        return
    try:
        inside = 0 < parse_exact(indicator.quantile) < 1
    except ValueError:
        inside = False
    if not inside:
        yield error(
            f"{path}/quantile",
            say(
                f"“{indicator.quantile}”不在0与1之间",
                f"'{indicator.quantile}' does not lie between 0 and 1",
            ),
            right,
        )


def _ratios(rulebook: Rulebook) -> Iterator[Finding]:
    indicators = {indicator.id: indicator for indicator in rulebook.indicators}
    for indicator in rulebook.indicators:
        if indicator.ratio_to is None:
            continue
        path = f"/indicators/{indicator.id}/ratio_to"
        others = indicators.keys() - {indicator.id}
        if indicator.ratio_to not in others:
            yield unknown(path, INDICATOR, indicator.ratio_to, others)
        elif indicators[indicator.ratio_to].by not in (indicator.by, ()):
            yield error(
                path,
                say(
                    f"“{indicator.ratio_to}”的分组与此不同",
                    f"'{indicator.ratio_to}' has other groups",
                ),
                say(
                    "请写相同的 by，或除以不分组的指标",
                    "write the same by, or divide by one without",
                ),
            )
        elif indicators[indicator.ratio_to].ratio_to is not None:
            yield error(
                path,
                say(
                    f"“{indicator.ratio_to}”本身也是比率",
                    f"'{indicator.ratio_to}' is itself a ratio",
                ),
                say("请除以计数或合计", "divide by a count or a sum"),
            )
