"""What a peer is held to: per rule the instants at which it was met, and its unbroken runs."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.core.monitor.program import Program
    from shidian.core.monitor.replay import Replay

Answer: TypeAlias = "dict[str, tuple[int, int]]"
Bounds: TypeAlias = "Mapping[str, Fraction]"

_MINUTE_US = 60_000_000
_HELD = "a-failed-held"
"""Fires with a delay, so its episodes are not the runs of its condition."""


def bounds_of(program: Program) -> dict[str, Fraction]:
    """Rule → bound of its mildest rung, in minor units."""
    found = {}
    for rule in program.rules:
        if rule.id != _HELD:
            bound = rule.levels[0].bound
            found[rule.id] = Fraction(bound.numerator, bound.denominator)
    return found


def answer_of(found: Replay, until_us: Mapping[str, int], rules: Iterable[str]) -> Answer:
    """The same of a replay, from its final episodes, for each of `rules`.

    `until_us`: each project's last instant.
    """
    answer: Answer = dict.fromkeys(rules, (0, 0))
    for (project, rule, _), episodes in found.final.items():
        if rule == _HELD:
            continue
        met, runs = answer[rule]
        for episode in episodes:
            end_us = until_us[project] + _MINUTE_US if episode.end_us is None else episode.end_us
            met += (end_us - episode.start_us) // _MINUTE_US
        answer[rule] = (met, runs + len(episodes))
    return answer
