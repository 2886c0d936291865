"""Where cases queue: people who take up so many things a day, first come, first served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Station:
    """Takes up `per` things every `every` working days, evenly. Days are working days' numbers."""

    per: int
    every: int = 1
    _next: int = 0
    things: int = 0
    waited: int = 0
    longest: int = 0
    _first: int | None = None
    _last: int = 0

    def take(self, number: int) -> int:
        """The working day on which what is ready on day `number` is taken up."""
        start = max(number * self.per, self._next)
        self._next = start + self.every
        day = start // self.per
        wait = day - number
        self.things += 1
        self.waited += wait
        self.longest = max(self.longest, wait)
        if self._first is None:
            self._first = number
        self._last = max(self._last, day)
        return day

    @property
    def work(self) -> int:
        """What was taken up, in the measure of `room`."""
        return self.things * self.every

    @property
    def room(self) -> int:
        """What could have been taken up from the first thing to the last."""
        return 0 if self._first is None else self.per * (self._last - self._first + 1)
