"""The refund list: what each investor gets from whom, in fen; and what is wrong with such a list.

What is made good is worked out position by position and shared among those who pay. The check does
not trust the working out: it adds up what is owed from the positions alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shidian.core.exit.plan import SHARE_WHOLE_BP, ExitPlan, How, Path, Rounding
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.core.exit.positions import Position

CUSTODY = ""
"""Who pays an investor's own money: it lies apart from the firm's."""


class Line(NamedTuple):
    """One payment. `payer`: one of the plan's, or `CUSTODY`. `fen` is positive."""

    investor: int
    payer: str
    fen: int


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """An investor whose lines do not add up to what is owed."""

    investor: int
    owed: int
    listed: int


@dataclass(frozen=True, slots=True)
class Checked:
    """Sums in fen of what is owed and what is listed, and every investor who gets another sum."""

    owed: int
    listed: int
    wrong: tuple[Discrepancy, ...]

    @property
    def agrees(self) -> bool:
        """To the fen, for every investor."""
        return not self.wrong and self.owed == self.listed


def made_good(position: Position, path: Path, rounding: Rounding) -> int:
    """Fees and losses that the firm bears, in fen. Each is rounded by itself."""
    loss = max(0, -position.gain)
    fees = part_of(position.fees, path.fees_bp, rounding)
    return fees + part_of(loss, path.losses_bp, rounding)


def own_money(position: Position, path: Path) -> int:
    """What an investor is paid of their own; handed over in kind, nothing."""
    if path.how is How.PAY_OUT or path.how is How.MATURE:
        return position.principal + position.gain
    return 0


def part_of(fen: int, share_bp: int, rounding: Rounding) -> int:
    """A share of an amount that is not negative, in whole fen."""
    whole, rest = divmod(fen * share_bp, SHARE_WHOLE_BP)
    match rounding:
        case Rounding.UP:
            return whole + (rest > 0)
        case Rounding.DOWN:
            return whole
        case Rounding.HALF_EVEN:
            twice = 2 * rest
            return whole + (twice > SHARE_WHOLE_BP or (twice == SHARE_WHOLE_BP and whole % 2 == 1))


def refund_list(plan: ExitPlan, positions: Iterable[Position]) -> tuple[Line, ...]:
    """Every payment, by investor and payer, without those of nothing.

    The payers bear their shares of what is made good; a part of a fen that is left over goes to the
    first. Where the shares are not a whole, neither is what they pay.
    """
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for position in positions:
        path = plan.path_of(position.kind)
        if path is None:
            continue
        sums[position.investor, CUSTODY] += own_money(position, path)
        for payer, fen in _shared(plan, made_good(position, path, plan.rounding)):
            sums[position.investor, payer] += fen
    return tuple(Line(*whom, fen) for whom, fen in sorted(sums.items()) if fen)


def check_refunds(plan: ExitPlan, positions: Iterable[Position], lines: Iterable[Line]) -> Checked:
    """What is owed to each investor against what a list says, whoever made the list."""
    owed: dict[int, int] = defaultdict(int)
    for position in positions:
        path = plan.path_of(position.kind)
        if path is not None:
            owed[position.investor] += own_money(position, path)
            owed[position.investor] += made_good(position, path, plan.rounding)
    listed: dict[int, int] = defaultdict(int)
    for line in lines:
        listed[line.investor] += line.fen
    return Checked(sum(owed.values()), sum(listed.values()), tuple(_wrong(owed, listed)))


def digest_of_list(lines: Iterable[Line]) -> str:
    """`sha256:…` of the list, one line a payment."""
    text = "".join(f"{one.investor},{one.payer},{one.fen}\n" for one in lines)
    return sha256_tag(text.encode())


def _shared(plan: ExitPlan, fen: int) -> list[tuple[str, int]]:
    parts = [fen * payer.share_bp // SHARE_WHOLE_BP for payer in plan.payers]
    if sum(payer.share_bp for payer in plan.payers) == SHARE_WHOLE_BP:
        parts[0] += fen - sum(parts)
    return [(payer.name, part) for payer, part in zip(plan.payers, parts, strict=True)]


def _wrong(owed: Mapping[int, int], listed: Mapping[int, int]) -> Iterable[Discrepancy]:
    for investor in sorted(owed.keys() | listed.keys()):
        due, said = owed.get(investor, 0), listed.get(investor, 0)
        if due != said:
            yield Discrepancy(investor, due, said)
