"""Made-up positions for a drill: the same seed gives the same ones, on any machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.exit.plan import Channel
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POSITIONS_MAX = 100_000
_PER_INVESTOR = 3
"""Positions an investor has on average: some have one, some several of one kind."""
_REACHED_PERCENT = {Channel.APP: 90, Channel.SMS: 97, Channel.MAIL: 85}
"""Of a hundred investors so many can be told by it. By post, all."""
_LARGEST_FEN = 500_000_000
_SCALES = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
_LOST = 3
"""The position that lost all it was."""
_MATURES_WITHIN_DAYS = 20


@dataclass(frozen=True, slots=True)
class Position:
    """What one investor has in the pilot. Amounts in fen. `gain` is negative for a loss, and never

    more than `principal`. `matures_days`: working days until it ends of itself.
    """

    id: int
    investor: int
    kind: str
    principal: int
    gain: int
    fees: int
    matures_days: int
    reached: tuple[Channel, ...]

    def line(self) -> str:
        """As one line of the list that the certificate has the digest of."""
        reached = "+".join(self.reached)
        return (
            f"{self.id},{self.investor},{self.kind},{self.principal},{self.gain},{self.fees},"
            f"{self.matures_days},{reached}\n"
        )


def made_up_positions(kinds: tuple[str, ...], count: int, seed: str) -> tuple[Position, ...]:
    """`count` positions of these kinds; from four on, some are awkward on purpose.

    One is empty, one of a single fen, one of the largest amount there is, one lost all it was.
    Raises ValueError without a kind, or for more than can be made.
    """
    if not kinds or not 1 <= count <= POSITIONS_MAX:
        raise ValueError(f"1 to {POSITIONS_MAX} positions of at least one kind")
    numbers = _numbers(seed)
    investors = max(1, count // _PER_INVESTOR)
    reached: dict[int, tuple[Channel, ...]] = {}
    return tuple(_position(n, kinds, investors, reached, numbers) for n in range(count))


def digest_of(positions: Iterable[Position]) -> str:
    """`sha256:…` of the list, one line a position."""
    return sha256_tag("".join(one.line() for one in positions).encode())


def _position(
    n: int,
    kinds: tuple[str, ...],
    investors: int,
    reached: dict[int, tuple[Channel, ...]],
    numbers: Iterator[int],
) -> Position:
    investor = next(numbers) % investors
    if investor not in reached:
        dice = {channel: next(numbers) % 100 for channel in _REACHED_PERCENT}
        reached[investor] = (
            *(one for one, die in dice.items() if die < _REACHED_PERCENT[one]),
            Channel.POST,
        )
    # each kind comes up, whatever the dice say
    kind = kinds[n] if n < len(kinds) else kinds[next(numbers) % len(kinds)]
    principal = _amount(n, next(numbers))
    gain = -principal if n == _LOST else _gain(principal, next(numbers))
    return Position(
        id=n,
        investor=investor,
        kind=kind,
        principal=principal,
        gain=gain,
        fees=principal * (next(numbers) % 50) // 10_000,
        matures_days=next(numbers) % (_MATURES_WITHIN_DAYS + 1),
        reached=reached[investor],
    )


def _amount(n: int, number: int) -> int:
    match n:
        case 0:
            return 0
        case 1:
            return 1
        case 2:
            return _LARGEST_FEN
        case _:
            return 1 + number % _SCALES[number % len(_SCALES)]


def _gain(principal: int, number: int) -> int:
    """From all lost to a third more, odd fen and all."""
    return principal * (number % 1_334 - 1_000) // 1_000 if number % 3 else 0


def _numbers(seed: str) -> Iterator[int]:
    """64-bit numbers from SHA-256 in counter mode: no generator whose next release differs."""
    counter = 0
    while True:
        block = hashlib.sha256(f"{seed}/{counter}".encode()).digest()
        for at in range(0, 32, 8):
            yield int.from_bytes(block[at : at + 8], "big")
        counter += 1
