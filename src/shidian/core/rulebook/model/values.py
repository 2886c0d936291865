"""Values that a rulebook is made of: identifiers, durations, numbers, texts. Typed from text."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=64)]

_UNIT_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}


def parse_duration_us(text: object) -> int:
    """`5m`, `60 s`, `1d`, or microseconds as they are. Raises ValueError with the form expected."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*(us|ms|s|m|h|d)\s*", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a number and us, ms, s, m, h or d: 5m")
    return int(match[1]) * _UNIT_US[match[2]]


DurationUs = Annotated[int, BeforeValidator(parse_duration_us)]
"""Length of time in microseconds, written `5m`."""


class Frozen(BaseModel):
    """A value object: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Text(Frozen):
    """One text in the two languages of the product."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class PeriodUnit(StrEnum):
    """Unit of a period that no case clock measures: a refund, an insurance, a bar on reapplying."""

    HOUR = "hour"
    WORKING_DAY = "working-day"
    TRADING_DAY = "trading-day"
    CALENDAR_DAY = "calendar-day"
    MONTH = "month"
    YEAR = "year"


class Period(Frozen):
    """A length of time in a unit, such as 15 calendar days. `note` says from when it runs."""

    length: int = Field(ge=1, le=3660)
    unit: PeriodUnit
    note: Text | None = None


Expression = Annotated[str, Field(min_length=1, max_length=1000)]
"""Text in the small language of `expression.py`: parsed, checked, never run as given."""

Amount = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
"""A sum of money in major units, as exact decimal text; its currency is the rulebook's place's."""


def parse_exact(text: object) -> Fraction:
    """`3%`, `0.5`, `12` → exact rational. Raises ValueError; never goes through a float."""
    if isinstance(text, Fraction):
        return text
    raw = str(text).strip()
    # bounded digits and no exponent: 1E999999999 would be a number of a thousand million digits
    match = re.fullmatch(r"([+-]?[0-9][0-9,_]{0,29}(?:\.[0-9]{1,12})?)\s*(%?)", raw)
    if match is None:
        raise ValueError(f"{raw[:40]!r} is not a number; write 12, 0.5 or 3%")
    number = Decimal(match[1].replace(",", "").replace("_", ""))
    return Fraction(number) / (100 if match[2] else 1)
