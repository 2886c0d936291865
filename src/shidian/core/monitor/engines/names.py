"""Names of a measure's groups, made when something is said of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shidian.core.monitor.events import Ints


class Names:
    """Names of groups by place, made when asked for: of most groups nothing is ever said."""

    def __init__(
        self, by: tuple[str, ...], keys: Ints, said: Sequence[Callable[[int], object]]
    ) -> None:
        self._by, self._keys, self._said = by, keys, said
        self._places: dict[str, int] = {}
        self._all = False

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Ints:
        """Values of the fields, a row a group."""
        return self._keys

    def name(self, place: int) -> str:
        """Of the group at a place."""
        if not self._by:
            return ""
        values = zip(self._said, self._keys[place].tolist(), strict=True)
        spoken = {name: say(value) for name, (say, value) in zip(self._by, values, strict=True)}
        text = json.dumps(spoken, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._places[text] = place
        return text

    def place(self, text: str) -> int | None:
        """Of the group of that name; None where there is none."""
        if not self._by:
            return None if text else 0
        if text not in self._places and not self._all:
            for place in range(len(self)):
                self.name(place)
            self._all = True
        return self._places.get(text)


NAMELESS = Names((), np.zeros((1, 0), np.int64), ())
