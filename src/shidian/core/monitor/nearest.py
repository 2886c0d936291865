"""Of a limit with dimensions: the groups nearest to its cap, and how many stand on which rung.

A function of the log as of an entry, exact; no part of a digest, and told of the newest state only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from shidian.core.monitor.exact import met
from shidian.core.monitor.readings import stated
from shidian.core.rulebook.model import Severity

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Rule
    from shidian.core.monitor.rule_state import Moment
    from shidian.core.monitor.values import Values

NEAREST_MAX = 10
CHUNK = 65_536
"""Groups valued at a time: more would take memory in proportion."""

_MARGIN = 1e-9
"""Far more than a quotient of two rounded numbers can be off."""


@dataclass(frozen=True, slots=True)
class Rung:
    """So many groups meet this rung of the limit now: `per_cent` of the cap, or `breach`."""

    per_cent: int
    breach: bool
    groups: int


@dataclass(frozen=True, slots=True)
class GroupValue:
    """A group, named as in alerts, and its value in units of 10^−`scale`; a quotient is cut off."""

    group: str
    value: int
    scale: int


@dataclass(frozen=True, slots=True)
class Grouped:
    """A limit with dimensions at an instant, as known after `entry`.

    `groups`: how many there are, those without a value too. `nearest`: those of the highest values,
    at most NEAREST_MAX, highest first; of equal ones that which came first. `final` is False while
    the last tile is open.
    """

    entry: int
    project: str
    rule: str
    at_us: int
    final: bool
    groups: int
    rungs: tuple[Rung, ...]
    nearest: tuple[GroupValue, ...]


def nearest(project: str, rule: Rule, values: Values, moment: Moment) -> Grouped:
    """All groups of a rule at the first instant that covers all events there are."""
    measure = rule.measure
    reach_us = max(moment.watermark_us, moment.newest_us + 1)
    at_us = -(-reach_us // measure.step_us) * measure.step_us
    texts = values.texts(measure)
    counts = [0] * len(rule.levels)
    best: list[tuple[Fraction, int, int, int]] = []
    there = 0
    for start in range(0, len(texts), CHUNK):
        numbers = np.arange(start, min(start + CHUNK, len(texts)))
        found = values.runs(measure, numbers, np.full(len(numbers), at_us), at_us)
        there += len(found.owner)
        known = np.flatnonzero(found.over != 0)
        numbers = numbers[found.owner[known]]
        number, over = found.number[known], found.over[known]
        for place, level in enumerate(rule.levels):
            counts[place] += int(met(level.comparison, number, over, level.bound).sum())
        for place in _largest(number, over).tolist():
            pair = int(number[place]), int(over[place])
            best.append((Fraction(*pair), -int(numbers[place]), *pair))
        best = sorted(best, reverse=True)[:NEAREST_MAX]
    rungs = tuple(
        Rung(level.per_cent, level.severity is Severity.BREACH, count)
        for level, count in zip(rule.levels, counts, strict=True)
    )
    shown = []
    for _, place, top, under in best:
        value, scale = stated(measure, top, under)
        shown.append(GroupValue(texts[-place], value or 0, scale))
    return Grouped(
        moment.entry,
        project,
        rule.id,
        at_us,
        at_us <= moment.watermark_us,
        there,
        rungs,
        tuple(shown),
    )


def _largest(number: Any, over: Any) -> Ints:
    """Places that hold the largest quotients, perhaps with others; of equal ones the first."""
    if len(number) <= NEAREST_MAX:
        return np.arange(len(number))
    if bool((over == 1).all()):
        return np.lexsort((np.arange(len(number)), -number))[:NEAREST_MAX]
    # Floats only leave out what lies far below.
    about = number.astype(np.float64) / over.astype(np.float64)
    last = float(np.partition(about, -NEAREST_MAX)[-NEAREST_MAX])
    left = np.flatnonzero(about >= last - abs(last) * _MARGIN)
    exact = sorted(left.tolist(), key=lambda at: (-Fraction(int(number[at]), int(over[at])), at))
    return np.array(exact[:NEAREST_MAX], np.int64)
