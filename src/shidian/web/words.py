"""Texts, days and numbers as the reader's language writes them: the filters of the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language


def is_english() -> bool:
    """Whether the active language is English; everything else is Chinese."""
    return (get_language() or "").startswith("en")


def text(value: Any) -> str:
    """The text in the active language of a `Text`, a zh/en mapping, or anything printable."""
    if value is None:
        return ""
    key = "en" if is_english() else "zh"
    if isinstance(value, Mapping):
        return str(value.get(key) or value.get("zh") or value.get("en") or "")
    both = getattr(value, key, None)
    return str(value if both is None else both)


def day(value: date | datetime | None) -> str:
    """27 October 2026, 2026年10月27日."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    if is_english():
        return f"{value.day} {value:%B} {value.year}"
    return f"{value.year}年{value.month}月{value.day}日"


def month(value: date) -> str:
    """October 2026, 2026年10月."""
    return f"{value:%B} {value.year}" if is_english() else f"{value.year}年{value.month}月"


def moment(value: datetime | None) -> str:
    """27 October 2026, 14:03; 2026年10月27日 14:03. Local time of the scheme."""
    if value is None or value == "":
        return ""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local)}{', ' if is_english() else ' '}{local:%H:%M}"


def clock_time(value: datetime | None) -> str:
    """14:03, for a thing of today."""
    if value is None or value == "":
        return ""
    return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%H:%M}"


def number(value: Any) -> str:
    """1,234.5 with grouped digits and no trailing zeros; text that is no number stays as it is."""
    if value is None or value == "":
        return ""
    if isinstance(value, Fraction):
        value = round(Decimal(value.numerator) / Decimal(value.denominator), 2)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        value = value.normalize() if value != value.to_integral() else value.quantize(Decimal(1))
        return f"{value:,f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def amount(value: Any) -> str:
    """Decimal text, as plans and answers carry it, as a number with grouped digits."""
    try:
        return number(Decimal(str(value)))
    except ArithmeticError:
        return str(value)


def lookup(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or nothing."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return ""
