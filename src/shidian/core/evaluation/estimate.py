"""An estimate: a figure with its interval, its method, and how many stand behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shidian.core.evaluation.words import Words

DIGITS = 10
"""Significant digits of a figure on paper. What lies beyond depends on the processor's additions,
and a report has to be the same to the byte wherever it is made again."""


class Method(StrEnum):
    """How an interval is made. The architecture page names the source of each."""

    CLOPPER_PEARSON = "clopper-pearson"
    WILSON = "wilson"
    NEWCOMBE = "newcombe-hybrid-score"
    STUDENT_T = "student-t"
    WELCH_T = "welch-t"
    POISSON_EXACT = "poisson-exact"
    RATE_RATIO_EXACT = "rate-ratio-exact-conditional"
    DIFFERENCES_CLASSICAL = "difference-in-differences-equal-variances"
    DIFFERENCES_HC2 = "difference-in-differences-hc2"
    DIFFERENCES_CLUSTERED = "difference-in-differences-clustered"
    CHANGES_WELCH = "difference-of-cluster-changes-welch-t"


@dataclass(frozen=True)
class Estimate:
    """`n` counts the observations of each group, the pilot's first. A bound may be infinite."""

    value: float
    low: float
    high: float
    level: float
    method: Method
    n: tuple[int, ...]
    standard_error: float | None = None
    clusters: int | None = None
    cautions: tuple[Words, ...] = ()

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} ≤ {self.value} ≤ {self.high} does not hold")

    def document(self) -> dict[str, Any]:
        """As JSON: figures to `DIGITS` significant digits, an infinite one as null."""
        return {
            "value": figure(self.value),
            "low": figure(self.low),
            "high": figure(self.high),
            "level": figure(self.level),
            "method": self.method,
            "n": list(self.n),
            "standard_error": None if self.standard_error is None else figure(self.standard_error),
            "clusters": self.clusters,
            "cautions": [caution.document() for caution in self.cautions],
        }


def figure(value: float) -> float | None:
    """A figure as it goes on paper; null where it has no bound."""
    return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None
