"""Which sequence numbers are there: a set of integers as sorted, disjoint, merged spans."""

from __future__ import annotations

from bisect import bisect_right


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

    def add(self, number: int) -> None:
        """Put in a number that is not there yet."""
        at = bisect_right(self._firsts, number)
        joins_left = at > 0 and self._lasts[at - 1] == number - 1
        joins_right = at < len(self._firsts) and self._firsts[at] == number + 1
        if joins_left and joins_right:
            self._drop(self._firsts[at])
            self._lasts[at - 1] = self._lasts[at]
            del self._firsts[at], self._lasts[at]
        elif joins_left:
            self._lasts[at - 1] = number
        elif joins_right:
            self._drop(number + 1)
            self._firsts[at] = number
        else:
            self._firsts.insert(at, number)
            self._lasts.insert(at, number)
        self._touch(self._firsts[at - 1] if joins_left else number)

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


def runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Sorted distinct numbers → maximal runs [first, last]."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
