"""What every estimator demands of its input, said once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.evaluation.words import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COUNT_MAX = 2**53 - 1
"""The largest whole number that JSON carries exactly."""
ROWS_MAX = 2_000_000
LEVEL_MIN = 0.5


def count(where: str, value: int) -> int:
    """A number of events or people: whole, not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise EvaluationError(
            where, f"{value!r} 不是非负整数", f"{value!r} is not a whole number from 0 up"
        )
    return value


def size(where: str, value: int) -> int:
    """The size of a group: a count of at least one."""
    if count(where, value) == 0:
        raise EvaluationError(
            where,
            "该组没有成员，无法比较；请改用无对照的设计或补充数据",
            "the group is empty, there is nothing to estimate; name a group with members, "
            "or plan without a comparison",
        )
    return value


def within(where: str, events: int, total: int) -> tuple[int, int]:
    """Events among a group: no more than its members."""
    size(f"{where} total", total)
    if count(f"{where} events", events) > total:
        raise EvaluationError(
            where, f"事件数 {events} 大于总数 {total}", f"{events} events among {total}"
        )
    return events, total


def exposure(where: str, value: float) -> float:
    """Time or volume under observation: finite and above zero."""
    if not (math.isfinite(value) and value > 0):
        raise EvaluationError(
            where, f"观察量 {value!r} 应大于零", f"exposure {value!r} has to be above zero"
        )
    return float(value)


def level(value: float) -> float:
    """A level of confidence, such as 0.95."""
    if not LEVEL_MIN <= value < 1:
        raise EvaluationError(
            "level",
            f"置信水平 {value!r} 应在 0.5 与 1 之间",
            f"level {value!r} is not from 0.5 to below 1; write 0.95 for 95 %",
        )
    return float(value)


def rows_allowed(where: str, length: int) -> None:
    """Refuses more rows than one analysis takes."""
    if length > ROWS_MAX:
        raise EvaluationError(
            where,
            f"共 {length} 行，最多 {ROWS_MAX} 行",
            f"{length} rows; at most {ROWS_MAX} are taken",
        )


def values(where: str, given: Sequence[float]) -> NDArray[np.float64]:
    """Measured values of a group: at least two, all finite. The first bad row is named, from 1."""
    size(where, len(given))
    rows_allowed(where, len(given))
    array = np.asarray(given, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        row = int(bad[0]) + 1
        raise EvaluationError(
            f"{where} row {row}",
            f"{array[row - 1]} 不是有限数值；缺失值须在分析前按方案处理",
            f"{array[row - 1]} is no finite number; missing values are settled before the analysis",
        )
    if array.size == 1:
        raise EvaluationError(
            where,
            "只有一个数值，无法估计离散程度",
            "one value alone does not show how much values vary; give at least two",
        )
    return array
