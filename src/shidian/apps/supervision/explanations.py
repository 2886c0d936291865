"""A frozen explanation laid out as a sum that a person can check."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.apps.supervision.domain.instants import from_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One tile: its start, its end, and what it comes to by itself, in major units."""

    start: datetime
    end: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Rung:
    """One threshold. `bound` in major units; `met`: whether the value met it."""

    level: str
    comparison: str
    bound: Decimal
    stated: Decimal
    per_cent: int
    met: bool


@dataclass(frozen=True, slots=True)
class Divisor:
    """What a quotient is divided by: the indicator and its value, in major units."""

    indicator: Mapping[str, str]
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an alert was made, as known when it was made. Texts are `{"zh": …, "en": …}`."""

    words: Mapping[str, str]
    title: Mapping[str, str] | None = None
    indicator: Mapping[str, str] | None = None
    unit: Mapping[str, str] | None = None
    take: str = ""
    on_breach: str = ""
    for_s: int = 0
    start: datetime | None = None
    end: datetime | None = None
    value: Decimal | None = None
    group: tuple[tuple[str, str], ...] = ()
    divisor: Divisor | None = None
    lines: tuple[Line, ...] = ()
    before_number: int = 0
    before_sum: Decimal | None = None
    rungs: tuple[Rung, ...] = ()
    in_force_entry: int | None = None
    measured: str = ""

    @property
    def proposes(self) -> str:
        """Kind of the order that the rule has a breach propose; empty for none."""
        word, _, kind = self.on_breach.partition(".")
        return kind if word == "propose order" else ""

    @property
    def adds_up(self) -> bool:
        """Whether the lines sum to the value: they do for counts and sums."""
        averaged = self.measured == "monthly-average"
        return self.take in ("count", "sum") and self.divisor is None and not averaged


def laid_out(raw: Mapping[str, Any]) -> Explanation:
    """The stored explanation as people read it. Minor units become major ones, exactly."""
    rule = raw.get("rule")
    if not rule:
        return Explanation(words=raw.get("words") or {"zh": "", "en": ""})
    scale = int(raw["scale"])
    window, indicator, before = raw["window"], raw["indicator"], raw["tiles_before"]
    tile_us = int(window["tile_us"])
    under = raw.get("divided_by")
    # Tiles are the dividend's: its scale is the quotient's and the divisor's together.
    own_scale = scale + (int(under["scale"]) if under else 0)
    adding = indicator["take"] in ("count", "distinct", "sum")
    tiles = [(start, value) for start, value in raw["tiles"] if value or not adding]
    hidden = len(raw["tiles"]) - len(tiles)
    return Explanation(
        words=raw["words"],
        title=rule["title"],
        indicator=indicator["title"],
        unit=indicator["unit"],
        take=indicator["take"],
        on_breach=rule["on_breach"],
        for_s=int(rule["for_us"]) // 1_000_000,
        start=None if window["from_us"] is None else from_us(window["from_us"]),
        end=from_us(window["to_us"]),
        value=_major(raw["value"], scale),
        group=tuple((name, str(value)) for name, value in (raw.get("group") or {}).items()),
        divisor=_divisor(under) if under else None,
        lines=tuple(
            Line(from_us(start), from_us(start + tile_us), _exactly(value, own_scale))
            for start, value in tiles
        ),
        before_number=int(before["number"]) + hidden,
        before_sum=None if before["sum"] is None else _exactly(before["sum"], own_scale),
        rungs=tuple(_rung(level, scale) for level in raw["levels"]),
        in_force_entry=raw["in_force"]["entry"],
        measured=(raw.get("measured") or {}).get("how", ""),
    )


def _divisor(under: Mapping[str, Any]) -> Divisor:
    return Divisor(under["indicator"]["title"], _major(under["value"], int(under["scale"])))


def _rung(level: Mapping[str, Any], scale: int) -> Rung:
    return Rung(
        level=level["level"],
        comparison=level["comparison"],
        bound=_decimal(Fraction(level["bound"]) / Fraction(10) ** scale),
        stated=_decimal(Fraction(level["stated"])),
        per_cent=int(level["per_cent"]),
        met=bool(level["met"]),
    )


def _major(value: int | str | None, scale: int) -> Decimal | None:
    """A value as frozen, an integer or a fraction as text; None: there was none."""
    if value is None:
        return None
    if isinstance(value, int):
        return _exactly(value, scale)
    return _decimal(Fraction(value) / Fraction(10) ** scale)


def _exactly(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale)


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)
