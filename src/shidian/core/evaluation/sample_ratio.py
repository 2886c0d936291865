"""Sample-ratio check: did as many arrive in each arm as the lot should have sent there?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scipy import stats

from shidian.core.evaluation import checks
from shidian.core.evaluation.estimate import figure
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

MISMATCH_BELOW = 0.001
"""A lot that works comes out so odd once in a thousand pilots; one that does not, at once."""
EXPECTED_MIN = 5
"""Below so many expected in an arm the chi-square distribution does not hold (Cochran 1954)."""


@dataclass(frozen=True)
class SampleRatio:
    """Whether the counts fit the shares of the plan, and by which test."""

    p_value: float
    test: str
    mismatch: bool

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"p_value": figure(self.p_value), "test": self.test, "mismatch": self.mismatch}


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Two arms by the exact binomial test, more by chi-square. Raises EvaluationError."""
    _refuse_bad(counts, shares)
    total = sum(counts)
    if len(counts) == 2:  # noqa: PLR2004 - two arms, exact
        p_value = float(stats.binomtest(counts[0], total, shares[0]).pvalue)
        return SampleRatio(p_value, "binomial-exact", p_value < MISMATCH_BELOW)
    expected = [share * total for share in shares]
    if min(expected) < EXPECTED_MIN:
        raise EvaluationError(
            "counts",
            f"某组期望人数仅 {min(expected):.1f}，少于 {EXPECTED_MIN} 时卡方检验不成立",
            f"an arm expects {min(expected):.1f}; chi-square needs {EXPECTED_MIN} in each",
        )
    p_value = float(stats.chisquare(counts, expected).pvalue)
    return SampleRatio(p_value, "chi-square", p_value < MISMATCH_BELOW)


def _refuse_bad(counts: Sequence[int], shares: Sequence[float]) -> None:
    if len(counts) != len(shares) or len(counts) < 2:  # noqa: PLR2004 - one arm has no ratio
        raise EvaluationError(
            "counts",
            f"组数（{len(counts)}）与方案比例数（{len(shares)}）应相等且不少于 2",
            f"{len(counts)} counts for {len(shares)} shares; give one each, of two arms or more",
        )
    for at, arrived in enumerate(counts, 1):
        checks.count(f"count of arm {at}", arrived)
    checks.size("counts", sum(counts))
    if not all(0 < share < 1 for share in shares) or not math.isclose(
        math.fsum(shares), 1, abs_tol=1e-9
    ):
        raise EvaluationError(
            "shares",
            "各组比例应大于零且合计为 1",
            f"shares {list(shares)} have to be above zero and make 1 together",
        )
