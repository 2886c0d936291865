"""What is worked out only when somebody reads it: most acts are never asked for all they bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Generic, TypeVar, overload

_T = TypeVar("_T")


class WhenRead(Sequence[_T], Generic[_T]):
    """The items that `make` gives, asked for once. Equal to any sequence of equal items."""

    def __init__(self, make: Callable[..., Iterable[_T]], *given: object) -> None:
        self._make, self._given = make, given

    @cached_property
    def _items(self) -> tuple[_T, ...]:
        return tuple(self._make(*self._given))

    @overload
    def __getitem__(self, index: int) -> _T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...

    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return self._items == tuple(other)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return repr(self._items)
