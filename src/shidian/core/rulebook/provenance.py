"""How well founded a rulebook is: what share of its values is verified, reported, assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Basis

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded


@dataclass(frozen=True, slots=True)
class Share:
    """Numbers of values by basis; `borrowed` are among the assumed."""

    verified: int
    reported: int
    assumed: int
    borrowed: int

    @property
    def total(self) -> int:
        """All values that need a basis."""
        return self.verified + self.reported + self.assumed


def verified_share(loaded: Loaded) -> Share:
    """Count the values of the resolved document by basis."""
    bases = [found.because for found in loaded.provenance.values() if found.because is not None]
    counts = {basis: sum(b.basis is basis for b in bases) for basis in Basis}
    return Share(
        verified=counts[Basis.VERIFIED],
        reported=counts[Basis.REPORTED],
        assumed=counts[Basis.ASSUMED],
        borrowed=sum(b.borrowed_from is not None for b in bases),
    )
