"""A value held against a threshold of the rulebook, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Rulebook, Threshold

_WHOLE = 100


def bound_of(rulebook: Rulebook, threshold: Threshold, plan: Mapping[str, str]) -> Fraction | None:
    """The number that a threshold means under this plan, in major units.

    None: it names a parameter that is neither agreed nor has a default.
    """
    stated = threshold.value
    if threshold.plan is not None:
        default = next((one.default for one in rulebook.plan if one.id == threshold.plan), None)
        text = plan.get(threshold.plan) or default
        stated = None if text is None else Fraction(text)
    return None if stated is None else stated * threshold.per_cent / _WHOLE


def holds(comparison: Comparison, value: Fraction, bound: Fraction) -> bool:
    """Whether `value` is above, at or above, below, at or below `bound`."""
    return {
        Comparison.GT: value > bound,
        Comparison.GE: value >= bound,
        Comparison.LT: value < bound,
        Comparison.LE: value <= bound,
    }[comparison]
