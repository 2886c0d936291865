"""Window kernels over columns, for one machine and for a cluster alike.

`kernels()` is the compiled set where numba is installed (the extra `speed`), the NumPy set
elsewhere or where SHIDIAN_KERNELS says `numpy`; both give the same integers. `numba` there insists
on the compiled one.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

from shidian.core.monitor.kernels.dense import NONE

if TYPE_CHECKING:
    from shidian.core.monitor.kernels.dense import Ints

__all__ = ["NONE", "Kernels", "kernels"]


class Kernels(Protocol):
    """What a set of kernels has; `dense` says what each does."""

    def tile_sums(self, tiles: Ints, values: Ints | None, n: int) -> Ints: ...
    def tile_max(self, tiles: Ints, values: Ints, n: int) -> Ints: ...
    def slide_sum(self, sums: Ints, window: int | None) -> Ints: ...
    def slide_max(self, tops: Ints, window: int | None) -> Ints: ...
    def slide_distinct(self, tiles: Ints, keys: Ints, n: int, window: int | None) -> Ints: ...
    def slide_rank(
        self, tiles: Ints, values: Ints, n: int, window: int | None, ranks: Ints
    ) -> Ints: ...
    def slide_ranks(  # noqa: PLR0917 - as slide_rank, of two ranks
        self, tiles: Ints, values: Ints, n: int, window: int | None, low: Ints, high: Ints
    ) -> tuple[Ints, Ints]: ...
    def top_sums(self, tiles: Ints, values: Ints, cuts: Ints, window: int | None) -> Ints: ...


def kernels(name: str | None = None) -> Kernels:
    """The set named (`numpy`, `numba`), else what SHIDIAN_KERNELS names, else the best there is.

    Raises ValueError for another name, ModuleNotFoundError where numba is asked for and missing.
    """
    return _kernels(name or os.environ.get("SHIDIAN_KERNELS", "auto"))


@lru_cache
def _kernels(name: str) -> Kernels:
    if name not in ("auto", "numpy", "numba"):
        raise ValueError(f"SHIDIAN_KERNELS is {name!r}; it may be numpy, numba or auto")
    compiled = name == "numba" or (name == "auto" and find_spec("numba") is not None)
    module = "compiled" if compiled else "dense"
    return cast("Kernels", import_module(f"shidian.core.monitor.kernels.{module}"))
