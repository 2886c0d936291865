"""Looking more than once before the end: each look spends a part of the chance of a false finding.

Lan & DeMets 1983, with the spending function in the manner of O'Brien & Fleming: next to nothing
is spent early. Boundaries by recursive integration (Armitage, McPherson & Rowe 1969).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from shidian.core.evaluation import checks
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LOOKS_MAX = 10
INFORMATION_MIN = 0.1
"""A look at less than a tenth of what is planned can find nothing, and is refused."""
STEP_MIN = 0.01
SPENT_MIN = 1e-11
"""Below, a level cannot be told from 1 in floating point."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(300)
_BOUNDARY_MAX = 35.0


def spent(share: float, alpha: float) -> float:
    """Of a two-sided alpha, how much is spent once this share of the information is there."""
    each = alpha / 2
    z = special.ndtri(1 - each / 2)
    return float(4 * special.ndtr(-z / np.sqrt(min(share, 1.0))))


def boundaries(informations: Sequence[int], target: int, looks: int, alpha: float) -> list[float]:
    """z at each look so far, by what was seen at each (people or events) and what was planned.

    The last planned look spends all that is left, whatever has come in by then. Raises
    EvaluationError: a look more than planned, too early, or with too little new since the last.
    """
    _refuse_bad_looks(informations, target, looks)
    shares = [seen / target for seen in informations]
    if len(shares) == looks:
        shares[-1] = 1.0
    found: list[float] = []
    density: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    before, spent_before = 0.0, 0.0
    for seen, share in zip(informations, shares, strict=True):
        now = seen / target
        to_spend = spent(share, alpha) - spent_before
        boundary = _boundary(density, before, now, to_spend)
        density = _continuing(density, before, now, boundary)
        found.append(boundary)
        before, spent_before = now, spent_before + to_spend
    return found


def nominal_level(informations: Sequence[int], target: int, looks: int, level: float) -> float:
    """The level at which an interval is made at the latest look, so that the intervals of all looks
    hold together at `level` (repeated confidence intervals, Jennison & Turnbull 1989)."""
    checks.level(level)
    if looks == 1 and len(informations) == 1:
        return level
    latest = boundaries(informations, target, looks, 1 - level)[-1]
    left = 2 * special.ndtr(-latest)
    if left < SPENT_MIN:
        raise EvaluationError(
            f"look {len(informations)}",
            "此时查看可用的误判概率几乎为零，得不出任何结论；请待更多数据",
            "so early next to nothing may be spent, and nothing can be found; look later",
        )
    return float(1 - left)


def _boundary(
    density: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    before: float,
    now: float,
    to_spend: float,
) -> float:
    """z such that the chance to get beyond it now, not having been beyond before, is to_spend."""
    if density is None:
        return float(-special.ndtri(to_spend / 2))
    scores, masses = density
    spread = np.sqrt(now - before)

    def excess(z: float) -> float:
        edge = z * np.sqrt(now)
        beyond = special.ndtr((scores - edge) / spread) + special.ndtr((-scores - edge) / spread)
        return float((masses * beyond).sum() - to_spend)

    return float(optimize.brentq(excess, 0.0, _BOUNDARY_MAX, xtol=1e-10))


def _continuing(
    density: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    before: float,
    now: float,
    boundary: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the score stands if it is within the boundary now: nodes, and the mass at each."""
    edge = boundary * np.sqrt(now)
    nodes, weights = _NODES * edge, _WEIGHTS * edge
    if density is None:
        return nodes, weights * _normal(nodes, np.sqrt(now))
    scores, masses = density
    kernel = _normal(nodes[:, None] - scores[None, :], np.sqrt(now - before))
    return nodes, weights * (kernel @ masses)


def _normal(at: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.exp(-0.5 * (at / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    return values


def _refuse_bad_looks(informations: Sequence[int], target: int, looks: int) -> None:
    checks.size("target", target)
    if not 1 <= len(informations) <= looks <= LOOKS_MAX:
        raise EvaluationError(
            "looks",
            f"这是第 {len(informations)} 次查看，方案规定 {looks} 次（最多 {LOOKS_MAX} 次）",
            f"this is look {len(informations)}; the plan has {looks} (at most {LOOKS_MAX})",
        )
    before = 0
    for at, seen in enumerate(informations, 1):
        checks.size(f"look {at}", seen)
        if seen < INFORMATION_MIN * target or seen - before < STEP_MIN * target:
            raise EvaluationError(
                f"look {at}",
                f"查看时有 {seen}，上次 {before}，方案目标 {target}：新增数据过少",
                f"{seen} seen, {before} at the look before, {target} planned: too little is new; "
                f"look from {INFORMATION_MIN:.0%} of the plan on, {STEP_MIN:.0%} apart",
            )
        if before >= target:
            raise EvaluationError(
                f"look {at}",
                "上次查看时已达到方案目标，应为最后一次",
                "the target was reached at the look before; that was the last",
            )
        before = seen
