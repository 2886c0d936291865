"""Counting a panel's votes: quorum, majority, the chair's casting vote. Exact, and pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import VoteRule


class Choice(StrEnum):
    """What a member of the panel votes."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a vote comes to. `needed`: how many must be present; `carried`: it is in favour.

    `cast_by_chair`: there were as many for as against, and the chair's own vote decided.
    """

    entitled: int
    needed: int
    in_favour: int
    against: int
    abstained: int
    carried: bool
    cast_by_chair: bool = False

    @property
    def present(self) -> int:
        return self.in_favour + self.against + self.abstained

    @property
    def is_quorate(self) -> bool:
        return self.present >= self.needed


def tally(
    rule: VoteRule, entitled: int, choices: Mapping[str, Choice], chair: str | None = None
) -> Tally:
    """`choices`: who is present → their vote. `chair`: of those present, or nobody.

    Raises ValueError for more votes than there are members entitled, and for an absent chair.
    """
    if len(choices) > entitled:
        raise ValueError(f"{len(choices)} votes of {entitled} who are entitled")
    if chair is not None and chair not in choices:
        raise ValueError("the chair is not among those present")
    found = {one: sum(choice is one for choice in choices.values()) for one in Choice}
    for_, against = found[Choice.FOR], found[Choice.AGAINST]
    base = {"cast": for_ + against, "present": len(choices), "entitled": entitled}[rule.of]
    needed = max(ceil(Fraction(rule.quorum) * entitled), 1)
    quorate = len(choices) >= needed
    carried = quorate and _reaches(for_, Fraction(rule.majority) * base, at_least=rule.at_least)
    tied = quorate and 0 < for_ == against
    voice = choices.get(chair) if chair is not None else None
    by_chair = rule.casting and tied and voice in (Choice.FOR, Choice.AGAINST)
    if by_chair:
        carried = voice is Choice.FOR
    return Tally(entitled, needed, for_, against, found[Choice.ABSTAIN], carried, by_chair)


def _reaches(votes: int, share: Fraction, *, at_least: bool) -> bool:
    """At least the share, and never with no vote at all; or more than it."""
    return votes > 0 and (votes >= share if at_least else votes > share)
