"""Groups of a quotient, from those of what is divided and of what it is divided by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.grouping import Grouping


class Ratio:
    """Groups of a quotient: those of either side, numbered anew. −1: a side lacks it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.sides: tuple[list[int], list[int]] = ([], [])
        self.numbers: dict[str, int] = {}
        self._places: tuple[list[int], list[int]] = ([], [])

    def sync(self, over: Grouping, under: Grouping) -> None:
        """Take in groups that the sides have got since."""
        for side, grouping in enumerate((over, under)):
            if side and not grouping.by and over.by:
                continue  # one number for all of them
            for group in range(len(self._places[side]), len(grouping)):
                text = grouping[group]
                if text not in self.numbers:
                    self.numbers[text] = len(self.texts)
                    self.texts.append(text)
                    for column in self.sides:
                        column.append(-1)
                number = self.numbers[text]
                self.sides[side][number] = group
                self._places[side].append(number)

    def of(self, side: int, groups: Ints) -> Ints:
        """Numbers of a side's groups; of a side that has but one for all, all."""
        if side and not self._places[1]:
            return np.arange(len(self.texts)) if len(groups) else groups
        return np.array(self._places[side], np.int64)[groups]
