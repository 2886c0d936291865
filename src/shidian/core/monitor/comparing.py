"""Two results held against each other: which alerts are the same, moved, graver, or gone.

Episodes are compared by overlap of `[start, end)` per project, rule and group, never by id: an id
says when something was first stated, which differs between two rulebooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from shidian.core.monitor.program import SEVERITIES, severity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shidian.core.monitor.items import Episode
    from shidian.core.rulebook.model import Severity

Key: TypeAlias = tuple[str, str, str]
"""Project, rule, group."""

_FOREVER = 2**62


class Kind(StrEnum):
    """What became of an episode from A to B. The start decides first, then the severity."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    SEVERITY = "severity"
    ONLY_A = "only-a"
    ONLY_B = "only-b"


@dataclass(frozen=True, slots=True)
class Compared:
    """An episode of A and the one of B that overlaps it, or one that only one side has."""

    key: Key
    a: Episode | None
    b: Episode | None

    @property
    def kind(self) -> Kind:
        """B as seen from A: `earlier` where B starts earlier."""
        if self.a is None:
            return Kind.ONLY_B
        if self.b is None:
            return Kind.ONLY_A
        if self.b.start_us != self.a.start_us:
            return Kind.EARLIER if self.b.start_us < self.a.start_us else Kind.LATER
        return Kind.SAME if self.rise == 0 else Kind.SEVERITY

    @property
    def rise(self) -> int:
        """Severities by which B's highest lies above A's; 0 where one side has none."""
        if self.a is None or self.b is None:
            return 0
        return SEVERITIES.index(highest(self.b)) - SEVERITIES.index(highest(self.a))

    @property
    def same_end(self) -> bool:
        """Whether both end at one instant, or both go on."""
        return self.a is not None and self.b is not None and self.a.end_us == self.b.end_us


def highest(episode: Episode) -> Severity:
    """The highest severity that an episode reached."""
    return severity_of(episode.path[-1].rung)


def compare(
    a: Mapping[Key, Sequence[Episode]], b: Mapping[Key, Sequence[Episode]]
) -> list[Compared]:
    """Every episode of both sides exactly once, by key and start.

    Within a key both sides are walked in order of start, and the first two that overlap are a pair.
    Comparing B with A gives the mirror image.
    """
    return [
        Compared(key, *pair)
        for key in sorted(a.keys() | b.keys())
        for pair in _pairs(sorted(a.get(key, ()), key=_order), sorted(b.get(key, ()), key=_order))
    ]


def _pairs(
    a: Sequence[Episode], b: Sequence[Episode]
) -> Iterator[tuple[Episode | None, Episode | None]]:
    i = j = 0
    while i < len(a) and j < len(b):
        if _overlap(a[i], b[j]):
            yield a[i], b[j]
            i, j = i + 1, j + 1
        elif _end(a[i]) <= b[j].start_us:
            yield a[i], None
            i += 1
        else:
            yield None, b[j]
            j += 1
    yield from ((episode, None) for episode in a[i:])
    yield from ((None, episode) for episode in b[j:])


def _overlap(a: Episode, b: Episode) -> bool:
    return a.start_us < _end(b) and b.start_us < _end(a)


def _order(episode: Episode) -> tuple[int, int]:
    return episode.start_us, _end(episode)


def _end(episode: Episode) -> int:
    """Its end; an empty one counts as the instant at which it starts."""
    return _FOREVER if episode.end_us is None else max(episode.end_us, episode.start_us + 1)
