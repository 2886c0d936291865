"""Harm to a part of those in the pilot: many groups looked at, few false alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from shidian.core.evaluation import checks
from shidian.core.evaluation.estimate import figure
from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GROUPS_MAX = 1000
FALSE_DISCOVERY_RATE = 0.10


@dataclass(frozen=True)
class Subgroup:
    """How many of a group were harmed, and how many of those it is held against."""

    name: str
    harmed: int
    total: int
    control_harmed: int
    control_total: int


@dataclass(frozen=True)
class Harm:
    """What is found of one group. `adjusted` is the rate of false findings if this one and every
    graver one is taken as found."""

    name: str
    share: float
    control_share: float
    p_value: float
    adjusted: float
    found: bool

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "share": figure(self.share),
            "control_share": figure(self.control_share),
            "p_value": figure(self.p_value),
            "adjusted": figure(self.adjusted),
            "found": self.found,
        }


def subgroup_harm(
    groups: Sequence[Subgroup], *, false_discovery_rate: float = FALSE_DISCOVERY_RATE
) -> tuple[Harm, ...]:
    """Each group by Fisher's exact test (is harm more frequent than in its control?), all of them
    by Benjamini and Hochberg. In the order given. Raises EvaluationError."""
    if not 0 < false_discovery_rate < 1:
        raise EvaluationError(
            "false_discovery_rate",
            f"{false_discovery_rate!r} 应在 0 与 1 之间",
            f"{false_discovery_rate!r} is not between 0 and 1; write 0.10 for 10 %",
        )
    _refuse_bad_groups(groups)
    counts = np.array(
        [(g.harmed, g.total, g.control_harmed, g.control_total) for g in groups], dtype=np.int64
    )
    p_values = fisher_greater(*counts.T)
    adjusted = benjamini_hochberg(p_values)
    return tuple(
        Harm(
            group.name,
            group.harmed / group.total,
            group.control_harmed / group.control_total,
            float(p),
            float(q),
            bool(q <= false_discovery_rate),
        )
        for group, p, q in zip(groups, p_values, adjusted, strict=True)
    )


def against_the_rest(counts: Sequence[tuple[str, int, int]]) -> tuple[Subgroup, ...]:
    """(name, harmed, total) of groups that share no one → each held against all the others: for a
    pilot without a control. It finds harm that is uneven; harm done to all alike it cannot find."""
    if len(counts) < 2:  # noqa: PLR2004 - one group has no rest
        raise EvaluationError(
            "groups", "至少需要两个分组才能相互比较", "at least two groups are needed to compare"
        )
    for name, harmed, total in counts:
        checks.within(name, harmed, total)
    all_harmed, all_total = sum(c[1] for c in counts), sum(c[2] for c in counts)
    return tuple(
        Subgroup(name, harmed, total, all_harmed - harmed, all_total - total)
        for name, harmed, total in counts
    )


def fisher_greater(
    events: NDArray[np.int64],
    total: NDArray[np.int64],
    control_events: NDArray[np.int64],
    control_total: NDArray[np.int64],
) -> NDArray[np.float64]:
    """One-sided p of Fisher's exact test, for arrays of tables: given all margins, the chance of so
    many events or more in the first group."""
    margin = events + control_events
    return np.asarray(stats.hypergeom.sf(events - 1, total + control_total, margin, total))


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted p values along the last axis (Benjamini & Hochberg 1995)."""
    return np.asarray(stats.false_discovery_control(p_values, axis=-1, method="bh"))


def _refuse_bad_groups(groups: Sequence[Subgroup]) -> None:
    if not 1 <= len(groups) <= GROUPS_MAX:
        raise EvaluationError(
            "groups",
            f"分组数为 {len(groups)}，应为 1 至 {GROUPS_MAX}",
            f"{len(groups)} groups; give 1 to {GROUPS_MAX}",
        )
    seen: set[str] = set()
    for group in groups:
        checks.within(f"group {group.name}", group.harmed, group.total)
        checks.within(f"control of group {group.name}", group.control_harmed, group.control_total)
        if group.name in seen:
            raise EvaluationError(
                f"group {group.name}", "分组名称重复", "two groups bear this name; join or rename"
            )
        seen.add(group.name)
