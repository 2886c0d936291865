"""Losses of investors as an institution states them: exact sums, and what is wrong with a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES_MAX = 5_000
_FEN = 100
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_APART = re.compile(r"\s*[,，;；\t]\s*|\s+")
_FIELDS = 3


@dataclass(frozen=True, slots=True)
class InvestorLoss:
    """What one investor lost and was paid, in fen (hundredths of the currency), each ≥ 0.

    `investor`: the pseudonym under which the pilot's system reports them.
    """

    investor: str
    loss_fen: int
    paid_fen: int

    @property
    def open_fen(self) -> int:
        """What is left unpaid of the loss; what was paid beyond it makes good nobody else's."""
        return max(0, self.loss_fen - self.paid_fen)


@dataclass(frozen=True, slots=True)
class Sums:
    """Investors with a loss, and their losses, payments and what is left, in fen."""

    investors: int
    loss_fen: int
    paid_fen: int
    open_fen: int

    @property
    def made_good(self) -> bool:
        """Nobody has lost anything that was not paid back."""
        return self.open_fen == 0


class LossesError(ValueError):
    """A line that cannot be taken: its number from 1, and why."""

    def __init__(self, line: int, words: Text) -> None:
        super().__init__(f"line {line}: {words.en}")
        self.line = line
        self.words = words


def sums_of(losses: Iterable[InvestorLoss]) -> Sums:
    """All lines together."""
    found = list(losses)
    return Sums(
        investors=sum(one.loss_fen > 0 for one in found),
        loss_fen=sum(one.loss_fen for one in found),
        paid_fen=sum(one.paid_fen for one in found),
        open_fen=sum(one.open_fen for one in found),
    )


def parse_losses(text: str) -> tuple[InvestorLoss, ...]:
    """`inv-17, 120.50, 100` a line: pseudonym, loss, paid; empty lines are passed over.

    Raises LossesError at the first line that cannot be taken: an amount that is negative or has
    more than two decimals, a pseudonym that is none or stands twice, a line too many.
    """
    found: dict[str, InvestorLoss] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        one = _parsed(number, line.strip())
        if one.investor in found:
            raise LossesError(
                number,
                Text(zh=f"投资者“{one.investor}”重复", en=f"“{one.investor}” stands there twice"),
            )
        if len(found) == LINES_MAX:
            raise LossesError(
                number,
                Text(zh=f"至多{LINES_MAX}行", en=f"{LINES_MAX:,} lines are the most"),
            )
        found[one.investor] = one
    return tuple(found.values())


def written(losses: Iterable[InvestorLoss]) -> str:
    """The lines as `parse_losses` reads them."""
    return "\n".join(
        f"{one.investor}, {major(one.loss_fen)}, {major(one.paid_fen)}" for one in losses
    )


def major(fen: int) -> str:
    """12050 → 120.50."""
    whole, rest = divmod(fen, _FEN)
    return f"{whole}.{rest:02d}"


def parse_fen(text: str) -> int | None:
    """`120.5` → 12050; None where it is no sum of at most two decimals that is ≥ 0."""
    if _AMOUNT.fullmatch(text) is None:
        return None
    whole, _, rest = text.partition(".")
    return int(whole) * _FEN + int(rest.ljust(2, "0") or 0)


def _parsed(number: int, line: str) -> InvestorLoss:
    fields = _APART.split(line)
    if len(fields) != _FIELDS:
        raise LossesError(
            number,
            Text(
                zh="每行写代码、损失、已补偿，例如：inv-17, 120.50, 100",
                en="write a code, the loss and what was paid: inv-17, 120.50, 100",
            ),
        )
    code, loss, paid = fields
    if _CODE.fullmatch(code) is None:
        raise LossesError(
            number,
            Text(
                zh=f"“{code[:64]}”不是投资者代码：只用字母、数字和 . _ : -",
                en=f"“{code[:64]}” is no code of an investor: letters, digits and . _ : - only",
            ),
        )
    sums = [parse_fen(loss), parse_fen(paid)]
    for stated, fen in zip((loss, paid), sums, strict=True):
        if fen is None:
            raise LossesError(
                number,
                Text(
                    zh=f"“{stated[:40]}”不是金额：非负，至多两位小数，不用千分位",
                    en=f"“{stated[:40]}” is no amount: not negative, two decimals at most, no"
                    " thousands separator",
                ),
            )
    return InvestorLoss(code, sums[0] or 0, sums[1] or 0)
