"""The library of regimes, each loaded once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shidian.core.rulebook.load import load_file

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded

NAMES = sorted(path.stem for path in Path("rulebooks").glob("*.yaml"))
of_library = pytest.mark.parametrize("name", NAMES)


@cache
def regime(name: str) -> Loaded:
    """One of them, by id."""
    return load_file(f"rulebooks/{name}.yaml")
