"""Which bundle may come next: each number once, in order, behind the one that it names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.bundle.errors import BundleError, BundleRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.bundle.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Place:
    """The bundle that was applied last."""

    number: int
    digest: str


class Verdict(StrEnum):
    """`had`: it was applied before, and is passed over."""

    NEXT = "next"
    HAD = "had"


def judge(manifest: Manifest, last: Place | None, had: Mapping[int, str]) -> Verdict:
    """Whether the bundle is to be applied now. `had`: digests of those applied, by number.

    A whole bundle may leave out numbers, since it holds what they held. Raises BundleError
    (`older-bundle`, `number-missing`, `chain-broken`).
    """
    number = manifest.number
    if had.get(number) == manifest.digest:
        return Verdict.HAD
    if last is not None and number <= last.number:
        raise BundleError(
            BundleRefusal.OLDER,
            f"{manifest.stem} is older than {last.number}, which is applied, and is not the bundle"
            " that was applied under its number",
        )
    expected = last.number + 1 if last else 1
    if number != expected:
        if manifest.whole:
            return Verdict.NEXT
        raise BundleError(
            BundleRefusal.NUMBER_MISSING,
            f"number {expected} is missing before {manifest.stem}: bring it, or have the sender"
            " `shidian zone export --whole`",
        )
    if manifest.previous != (last.digest if last else "") and not manifest.whole:
        raise BundleError(
            BundleRefusal.CHAIN_BROKEN,
            f"{manifest.stem} follows another bundle {number - 1} than the one applied here: one of"
            " the zones was put back from a backup; have the sender `shidian zone export --whole`",
        )
    return Verdict.NEXT
