"""Values of a plan that are no numbers, in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.plan_change import codes_of
from shidian.core.rulebook.reading.numbers import day
from shidian.core.rulebook.reading.words import PERMIT_MODE

if TYPE_CHECKING:
    from shidian.core.rulebook.model import PlanParameter

_BOOL = {"true": Text(zh="是", en="yes"), "false": Text(zh="否", en="no")}


def in_words(parameter: PlanParameter, value: str) -> Text:
    """The value in words; what has none stands for itself."""
    if parameter.type == "permit-mode" and value in PERMIT_MODE:
        return PERMIT_MODE[value]
    if parameter.type == "bool" and value in _BOOL:
        return _BOOL[value]
    if parameter.type == "date":
        return day(date.fromisoformat(value))
    if parameter.type == "codes":
        codes = sorted(codes_of(value))
        return Text(zh="、".join(codes) or "无", en=", ".join(codes) or "none")
    return Text(zh=value, en=value)
