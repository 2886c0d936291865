"""Before and after, in the pilot and in a control: how much more the pilot changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from shidian.core.evaluation import checks, formulas
from shidian.core.evaluation.estimate import Estimate, Method
from shidian.core.evaluation.means import difference_of_means
from shidian.core.evaluation.words import EvaluationError, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CLUSTERS_FEW = 20
"""Below so many in an arm, clustered intervals come out too short (Cameron & Miller 2015)."""

ROUNDING = 1e-12
"""Errors below this share of the largest value are what floating point leaves of zero."""

FEW_CLUSTERS = Words(
    "每组聚类数不足 20 个，区间可能偏窄",
    f"fewer than {CLUSTERS_FEW} clusters in a group: the interval may be too short",
)
_ARMS = ((True, "pilot"), (False, "control"))
_CELLS = {
    (False, False): Words("对照组试点前", "control before"),
    (False, True): Words("对照组试点后", "control after"),
    (True, False): Words("试点组试点前", "pilot before"),
    (True, True): Words("试点组试点后", "pilot after"),
}


@dataclass(frozen=True)
class Row:
    """One measured value. `cluster` names what varies together: an institution, an investor."""

    value: float
    pilot: bool
    after: bool
    cluster: str | None = None


def difference_in_differences(
    rows: Sequence[Row], *, level: float = 0.95, equal_variances: bool = False
) -> Estimate:
    """The pilot's change less the control's, by ordinary least squares on four means.

    With clusters: standard errors robust to any dependence within one, t of (clusters − 1) degrees.
    Without: HC2, t of (rows − 4), or the textbook's errors where equal variances are assumed.
    Raises EvaluationError: an empty cell, a single cluster in an arm, clusters for some rows only.
    """
    checks.level(level)
    checks.rows_allowed("rows", len(rows))
    pilot = np.array([row.pilot for row in rows], dtype=bool)
    after = np.array([row.after for row in rows], dtype=bool)
    _refuse_empty_cells(pilot, after)
    values = checks.values("rows", [row.value for row in rows])
    groups, clusters, few = _clusters(rows, pilot)
    method = _method(clustered=groups is not None, equal_variances=equal_variances)
    value, error, freedom = _fit(method, values, pilot, after, groups)
    low, high = formulas.student(value, error, freedom, level)
    return Estimate(
        value,
        float(low),
        float(high),
        level,
        method,
        (int(pilot.sum()), int((~pilot).sum())),
        error,
        clusters,
        (FEW_CLUSTERS,) if few else (),
    )


def difference_of_changes(rows: Sequence[Row], *, level: float = 0.95) -> Estimate:
    """The mean change of the pilot's clusters less that of the control's, by Welch's t.

    Each cluster counts once, however many rows it has; so this holds with few clusters too.

    Raises EvaluationError: a row without cluster, a cluster that is in both arms, or that lacks the
    time before or after, a single cluster in an arm.
    """
    checks.level(level)
    checks.size("rows", len(rows))
    checks.rows_allowed("rows", len(rows))
    checks.values("rows", [row.value for row in rows])
    arms = _changes(rows)
    for in_pilot, name in _ARMS:
        _refuse_one_cluster(name, len(arms[in_pilot]))
    estimate = difference_of_means(arms[True], arms[False], level=level)
    in_pilot_count = sum(row.pilot for row in rows)
    return replace(
        estimate,
        method=Method.CHANGES_WELCH,
        n=(in_pilot_count, len(rows) - in_pilot_count),
        clusters=len(arms[True]) + len(arms[False]),
    )


def _changes(rows: Sequence[Row]) -> dict[bool, list[float]]:
    """Of each arm, the change of each of its clusters: mean after less mean before."""
    values: dict[str, dict[tuple[bool, bool], list[float]]] = {}
    for at, row in enumerate(rows, 1):
        if row.cluster is None:
            raise _unclustered(at)
        held = values.setdefault(row.cluster, {})
        held.setdefault((row.pilot, row.after), []).append(row.value)
    arms: dict[bool, list[float]] = {True: [], False: []}
    for name in sorted(values):
        cells = values[name]
        in_pilot = next(iter(cells))[0]
        if set(cells) != {(in_pilot, False), (in_pilot, True)}:
            raise EvaluationError(
                f"cluster {name}",
                "须只属于一组，且试点前后均有数据",
                "is in one group alone, with values before and after; leave it out by the plan's "
                "rule, or find what is missing",
            )
        before, after = cells[in_pilot, False], cells[in_pilot, True]
        arms[in_pilot].append(math.fsum(after) / len(after) - math.fsum(before) / len(before))
    return arms


def _method(*, clustered: bool, equal_variances: bool) -> Method:
    if clustered and equal_variances:
        raise EvaluationError(
            "equal_variances",
            "数据有聚类时不能假定方差相等",
            "values that vary together in clusters cannot be taken as equal and independent",
        )
    if clustered:
        return Method.DIFFERENCES_CLUSTERED
    return Method.DIFFERENCES_CLASSICAL if equal_variances else Method.DIFFERENCES_HC2


def _fit(
    method: Method,
    values: NDArray[np.float64],
    pilot: NDArray[np.bool_],
    after: NDArray[np.bool_],
    groups: NDArray[np.int64] | None,
) -> tuple[float, float, int]:
    """Coefficient, standard error and degrees of freedom of pilot × after."""
    # Takes a second to import, and most processes that know this module never fit anything.
    from statsmodels.regression.linear_model import OLS

    design = np.column_stack([np.ones(len(values)), after, pilot, pilot & after])
    covariance: dict[Method, dict[str, Any]] = {
        Method.DIFFERENCES_CLASSICAL: {},
        Method.DIFFERENCES_HC2: {"cov_type": "HC2"},
        Method.DIFFERENCES_CLUSTERED: {"cov_type": "cluster", "cov_kwds": {"groups": groups}},
    }
    fitted = OLS(values, design.astype(np.float64)).fit(**covariance[method])
    error = float(fitted.bse[3])
    if not error > ROUNDING * float(np.abs(values).max()):
        raise EvaluationError(
            "rows",
            "残差没有变化，无法得出区间；请检查数据",
            "values do not vary within the groups, which gives no interval; "
            "look at where they come from",
        )
    freedom = len(values) - 4 if groups is None else int(groups.max())
    return float(fitted.params[3]), error, freedom


def _refuse_empty_cells(pilot: NDArray[np.bool_], after: NDArray[np.bool_]) -> None:
    for (in_pilot, is_after), name in _CELLS.items():
        held = int(((pilot == in_pilot) & (after == is_after)).sum())
        if held < 2:  # noqa: PLR2004 - one value has no spread
            raise EvaluationError(
                name.en,
                f"{name.zh}只有 {held} 个数值，至少需要 2 个",
                f"{held} values; at least 2 are needed",
            )


def _clusters(
    rows: Sequence[Row], pilot: NDArray[np.bool_]
) -> tuple[NDArray[np.int64] | None, int | None, bool]:
    """Each row's cluster by number, how many there are, and whether an arm has few."""
    named = [row.cluster is not None for row in rows]
    if not any(named):
        return None, None, False
    if not all(named):
        raise _unclustered(named.index(False) + 1)
    numbers = {name: at for at, name in enumerate(sorted({str(row.cluster) for row in rows}))}
    groups = np.array([numbers[str(row.cluster)] for row in rows], dtype=np.int64)
    held = {True: len(set(groups[pilot])), False: len(set(groups[~pilot]))}
    for in_pilot, name in _ARMS:
        _refuse_one_cluster(name, held[in_pilot])
    return groups, len(numbers), min(held.values()) < CLUSTERS_FEW


def _refuse_one_cluster(name: str, held: int) -> None:
    if held < 2:  # noqa: PLR2004 - one cluster does not show how clusters vary
        raise EvaluationError(
            f"{name} clusters",
            f"只有 {held} 个聚类，无法估计聚类之间的差异；方案须包含更多聚类",
            f"{held}: one cluster alone does not show how clusters vary; plan with more of them",
        )


def _unclustered(row: int) -> EvaluationError:
    return EvaluationError(
        f"rows row {row}",
        "该行没有聚类标识；要么全部填写，要么全部不填",
        "has no cluster; name one for every row, or for none where the plan has none",
    )
