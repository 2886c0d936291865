"""Texts in the active language, for forms and widgets that take plain strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook, Text


def localized(text: Text | None) -> str:
    """The text in the active language; "" for none."""
    if text is None:
        return ""
    return text.zh if (get_language() or "zh-hans").startswith("zh") else text.en


def currency_name(rulebook: Rulebook | None) -> str:
    """What amounts are in, by the name that the rulebook gives it, else its ISO 4217 code."""
    if rulebook is None or rulebook.place is None:
        return ""
    return localized(rulebook.place.currency_name) or rulebook.place.currency
