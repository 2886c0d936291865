"""Chance that does not depend on order: every draw is a function of seed, case, purpose and count.

So a changed rulebook meets the very same people: what differs between two runs is the rule's doing.
Whole numbers and square roots alone, which every machine works out alike.
"""

from __future__ import annotations

import zlib
from functools import cache
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shidian.core.procedure.simulation.assumptions import Spread

_MASK = (1 << 64) - 1
_SPAN = float(1 << 64)
_HUNDRED = 100


class Dice:
    """The chances of one case. The n-th draw for a purpose is the same whatever else was drawn."""

    __slots__ = ("_base", "_counts")

    def __init__(self, *numbers: int) -> None:
        base = 0
        for number in numbers:
            base = _mixed(base ^ (number & _MASK))
        self._base = base
        self._counts: dict[str, int] = {}

    def below(self, purpose: str, limit: int) -> int:
        """A whole number from 0 to under `limit`."""
        return self._draw(purpose) % limit

    def happens(self, purpose: str, percent: int) -> bool:
        """Whether something comes true that does so in so many of a hundred cases."""
        return self._draw(purpose) % _HUNDRED < percent

    def spread(self, purpose: str, over: Spread) -> int:
        """A whole number of the triangular spread."""
        low, typical, high = over.low, over.typical, over.high
        if high == low:
            return low
        share = self._draw(purpose) / _SPAN
        width = high - low
        if share * width < typical - low:
            return int(low + sqrt(share * width * (typical - low)) + 0.5)
        return int(high - sqrt((1 - share) * width * (high - typical)) + 0.5)

    def _draw(self, purpose: str) -> int:
        count = self._counts.get(purpose, 0)
        self._counts[purpose] = count + 1
        return _mixed(self._base ^ _number_of(purpose) ^ (count * 0x9E3779B97F4A7C15 & _MASK))


@cache
def _number_of(purpose: str) -> int:
    return _mixed(zlib.crc32(purpose.encode()))


def _mixed(x: int) -> int:
    """The finaliser of splitmix64."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
