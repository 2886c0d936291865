"""Numbers, sums of money and lengths of time as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Period, PlanParameter, Rulebook, Text, parse_exact

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

_DIGITS = "零一二三四五六七八九"

UNIT: dict[str, tuple[str, str, str]] = {
    "hour": ("小时", "hour", "hours"),
    "working-day": ("个工作日", "working day", "working days"),
    "trading-day": ("个交易日", "trading day", "trading days"),
    "calendar-day": ("日", "calendar day", "calendar days"),
    "week": ("周", "week", "weeks"),
    "month": ("个月", "month", "months"),
    "year": ("年", "year", "years"),
}
"""Unit → Chinese, English for one, English for several."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)

_STEPS = (
    (86_400_000_000, "天", "day"),
    (3_600_000_000, "小时", "hour"),
    (60_000_000, "分钟", "minute"),
    (1_000_000, "秒", "second"),
    (1_000, "毫秒", "millisecond"),
)


def chinese_number(number: int) -> str:
    """1 → 一, 12 → 十二, 105 → 一百零五. For 1 … 999: articles and chapters of a rulebook."""
    if not 0 < number < 1000:  # noqa: PLR2004 - three places
        raise ValueError(f"{number} is outside 1 … 999")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def both(text: str) -> Text:
    """A text that is the same in both languages: an id, a number."""
    return Text(zh=text, en=text)


def length(count: int, unit: str) -> Text:
    """`5个工作日` / `5 working days`."""
    zh, one, many = UNIT[unit]
    return Text(zh=f"{count}{zh}", en=f"{count} {one if count == 1 else many}")


def every(count: int, unit: str) -> Text:
    """`每3个月` / `every 3 months`; once: `每个月` / `every month`."""
    zh, one, many = UNIT[unit]
    if count == 1:
        return Text(zh=f"每{zh}", en=f"every {one}")
    return Text(zh=f"每{count}{zh}", en=f"every {count} {many}")


def period(value: Period) -> Text:
    """The length of a period, without its note."""
    return length(value.length, value.unit.value)


def duration(us: int) -> Text:
    """300000000 → 5分钟 / 5 minutes: in the largest unit that divides it."""
    for step, zh, en in _STEPS:
        if us >= step and us % step == 0:
            many = us // step
            return Text(zh=f"{many}{zh}", en=f"{many} {en}{'' if many == 1 else 's'}")
    return Text(zh=f"{us}微秒", en=f"{us} µs")


def each(us: int) -> Text:
    """60000000 → 每分钟 / every minute; 300000000 → 每5分钟 / every 5 minutes."""
    text = duration(us)
    one = text.zh.startswith("1") and not text.zh[1].isdigit()
    if one:
        unit = text.en.split()[1]
        return Text(zh=f"每{text.zh[1:]}", en=f"every {unit}")
    return Text(zh=f"每{text.zh}", en=f"every {text.en}")


def last(us: int) -> Text:
    """60000000 → 最近1分钟内 / over the last minute."""
    text = duration(us)
    one, unit = text.en.split(" ", 1)
    return Text(zh=f"最近{text.zh}内", en=f"over the last {unit if one == '1' else text.en}")


def day(value: date) -> Text:
    """2026-01-05 → 2026年1月5日 / 5 January 2026."""
    month = _MONTHS[value.month - 1]
    return Text(
        zh=f"{value.year}年{value.month}月{value.day}日", en=f"{value.day} {month} {value.year}"
    )


def number(value: Fraction) -> str:
    """An exact number for people: 12,000, 0.05, or a fraction where no decimal ends."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    scaled, places = value, 0
    while scaled.denominator != 1 and places < 12:  # noqa: PLR2004 - more is not read
        scaled, places = scaled * 10, places + 1
    if scaled.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    sign = "-" if scaled.numerator < 0 else ""
    digits = f"{abs(scaled.numerator):0{places + 1}d}"
    return f"{sign}{int(digits[:-places]):,}.{digits[-places:]}"


def per_cent(value: Fraction) -> str:
    """3/100 → `3%`."""
    return f"{number(value * 100)}%"


def money(rulebook: Rulebook, value: Fraction) -> Text:
    """A sum in major units of the scheme's currency; the bare number where it names none."""
    place = rulebook.place
    if place is None:
        return Text(zh=_round_zh(value), en=number(value))
    zh = place.currency_name.zh if place.currency_name else f" {place.currency}"
    return Text(zh=f"{_round_zh(value)}{zh}", en=f"{place.currency} {number(value)}")


def _round_zh(value: Fraction) -> str:
    """6000000000 → 60亿, 500000 → 50万; other numbers with their digits."""
    for step, name in ((100_000_000, "亿"), (10_000, "万")):
        if value and value % (step // 100) == 0 and value >= step:
            return f"{number(value / step)}{name}"
    return number(value)


def plan_value(rulebook: Rulebook, parameter: PlanParameter, text: str) -> Text:
    """A plan parameter's stated value, with its unit."""
    if parameter.type not in ("int", "money", "decimal"):
        return both(text)
    exact = parse_exact(text)
    if parameter.type == "money" and rulebook.currency:
        return money(rulebook, exact)
    shown, unit = number(exact), parameter.unit
    return Text(zh=f"{shown}{unit.zh}", en=f"{shown} {unit.en}")
