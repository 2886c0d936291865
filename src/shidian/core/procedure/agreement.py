"""How far the experts of a round agree: lowest, median, highest score, and who is far off."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAR_OFF_MIN = 4
"""With fewer scores nothing can be said to be far off the others."""
FENCES = Fraction(3, 2)
"""Tukey's: so many times the middle half's width beyond it."""
NEAR_SHARE = 10
"""Within a tenth of the scale nobody is far off, however alike the others are."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one criterion, in points of the scale. `far_off`: whose scores lie beyond the fences."""

    low: Fraction
    median: Fraction
    high: Fraction
    far_off: tuple[str, ...]


def spread_of(scores: Mapping[str, int], score_max: int) -> Spread:
    """Who → points of one criterion, from 0 to `score_max`. Raises ValueError for none."""
    ranked = sorted(scores.values())
    if not ranked:
        raise ValueError("no scores to compare")
    half = (len(ranked) + 1) // 2
    lower, upper = _median(ranked[:half]), _median(ranked[-half:])
    reach = max(FENCES * (upper - lower), Fraction(score_max, NEAR_SHARE))
    far = tuple(
        sorted(
            who for who, points in scores.items() if not lower - reach <= points <= upper + reach
        )
    )
    return Spread(
        low=Fraction(ranked[0]),
        median=_median(ranked),
        high=Fraction(ranked[-1]),
        far_off=far if len(ranked) >= FAR_OFF_MIN else (),
    )


def _median(ranked: Sequence[int]) -> Fraction:
    middle = len(ranked) // 2
    if len(ranked) % 2:
        return Fraction(ranked[middle])
    return Fraction(ranked[middle - 1] + ranked[middle], 2)
