"""What if: the rules in force and the draft, walked by the same made-up cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.loaded import Loaded

SEED = 1
CASES = 200
"""Few enough for a page to wait for them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure under the rules in force and under the draft."""

    name: Text
    before: Text
    after: Text


@dataclass(frozen=True, slots=True)
class Figures:
    """What two simulations with one seed gave. `lacks`: why there are none."""

    cases: int
    seed: int
    rows: tuple[Row, ...]
    lacks: tuple[Text, ...] = ()


def what_if(
    base: RulebookVersion, draft: Loaded, *, cases: int = CASES, seed: int = SEED
) -> Figures:
    """Simulate both, and compare."""
    return Figures(cases, seed, ())
