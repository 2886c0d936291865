"""Personal data that has no place in telemetry: Chinese ID numbers, mobile phones, bank cards.

Read in free-text fields alone. Only numbers whose check digit holds count as IDs and cards, so that
an order number seldom does.
"""

from __future__ import annotations

import re
from datetime import date

DIGITS_MIN = 11
"""Digits that any of them has at the least: a text with fewer need not be read."""

_SEPARATORS = re.compile(r"(?<=[0-9])[ \u3000\u00a0\-‐–—.]{1,3}(?=[0-9])")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
_ID = re.compile(r"(?<![0-9])([1-9][0-9]{5})([0-9]{8})([0-9]{3})([0-9Xx])(?![0-9])")
_PHONE = re.compile(r"(?<![0-9])(?:\+?86|0086)?(1[3-9][0-9]{9})(?![0-9])")
_CARD = re.compile(r"(?<![0-9])[3-6][0-9]{12,18}(?![0-9])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_PROVINCES = (
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    *(71, 81, 82, 83),
)
_BORN_FROM = 1880


def personal_data(text: str) -> str | None:
    """What kind of personal data a text holds, or None. It is never quoted."""
    plain = compact(text)
    if any(map(_is_id, _ID.finditer(plain))):
        return "a resident identity number"
    if _PHONE.search(plain):
        return "a mobile phone number"
    if any(_luhn(match[0]) for match in _CARD.finditer(plain)):
        return "a bank card number"
    return None


def compact(text: str) -> str:
    """Digits as ASCII, without the spaces, dashes and points that are put between them."""
    return _SEPARATORS.sub("", text.translate(_FULL_WIDTH))


def _is_id(match: re.Match[str]) -> bool:
    """GB 11643: region, a date of birth that is one, sequence, check digit (ISO 7064, 11-2)."""
    region, born, sequence, check = match.groups()
    if int(region[:2]) not in _PROVINCES:
        return False
    try:
        day = date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return False
    total = sum(
        weight * int(digit)
        for weight, digit in zip(_WEIGHTS, region + born + sequence, strict=True)
    )
    return day.year >= _BORN_FROM and _CHECK_DIGITS[total % 11] == check.upper()


def _luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its digits
    return total % 10 == 0
