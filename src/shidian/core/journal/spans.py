"""Which sequence numbers are there: a set of integers as sorted, disjoint, merged spans."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SpanSet:
    """Spans [first, last], never touching one another. What lies between them is missing.

    `touched` and `dropped` name, by `first`, the spans to write and to delete since `clean`.
    """

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._firsts = [first for first, _ in spans]
        self._lasts = [last for _, last in spans]
        self.touched: set[int] = set()
        self.dropped: set[int] = set()

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    def __len__(self) -> int:
        return len(self._firsts)

    def spans(self) -> list[tuple[int, int]]:
        """All spans in order."""
        return list(zip(self._firsts, self._lasts, strict=True))

    def inside(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the numbers are there."""
        if not self._firsts:
            return np.zeros(len(numbers), np.bool_)
        at = np.searchsorted(np.array(self._firsts), numbers, side="right") - 1
        found: NDArray[np.bool_] = (at >= 0) & (numbers <= np.array(self._lasts)[at])
        return found

    def add(self, first: int, last: int) -> None:
        """Put in the numbers `first` to `last`, none of which is there yet."""
        at = bisect_right(self._firsts, first)
        joins_left = at > 0 and self._lasts[at - 1] == first - 1
        joins_right = at < len(self._firsts) and self._firsts[at] == last + 1
        if joins_left and joins_right:
            self._drop(self._firsts[at])
            self._lasts[at - 1] = self._lasts[at]
            del self._firsts[at], self._lasts[at]
        elif joins_left:
            self._lasts[at - 1] = last
        elif joins_right:
            self._drop(last + 1)
            self._firsts[at] = first
        else:
            self._firsts.insert(at, first)
            self._lasts.insert(at, last)
        self._touch(self._firsts[at - 1] if joins_left else first)

    def last_of(self, first: int) -> int:
        """End of the span that starts at `first`."""
        return self._lasts[bisect_right(self._firsts, first) - 1]

    def clean(self) -> None:
        """Forget what was touched and dropped."""
        self.touched.clear()
        self.dropped.clear()

    def _touch(self, first: int) -> None:
        self.touched.add(first)
        self.dropped.discard(first)

    def _drop(self, first: int) -> None:
        self.dropped.add(first)
        self.touched.discard(first)


def runs(numbers: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Sorted distinct numbers → maximal runs [first, last]."""
    if len(numbers) == 0:
        return []
    cuts = np.flatnonzero(np.diff(numbers) != 1)
    firsts = numbers[np.append(0, cuts + 1)]
    lasts = numbers[np.append(cuts, len(numbers) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
