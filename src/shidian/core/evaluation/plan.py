"""The plan of an outcome analysis: all that could be chosen after the data is chosen before."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shidian.core.evaluation import checks
from shidian.core.evaluation.grade import Grade, Scale
from shidian.core.evaluation.harm import GROUPS_MAX
from shidian.core.evaluation.looks import LOOKS_MAX
from shidian.core.evaluation.words import EvaluationError, Words
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
IDENTIFIER_CHARS_MAX = 64
TEXT_CHARS_MAX = 2000
PLAN_BYTES_MAX = 262_144


class Measure(StrEnum):
    """What is measured of each: a yes or no, a value, events over time or volume."""

    PROPORTION = "proportion"
    MEAN = "mean"
    RATE = "rate"


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"


class Clusters(StrEnum):
    """Whether rows vary together, and what is made of it: one row one voice with errors robust to
    it, which takes many clusters, or each cluster's change one voice, which holds with few too."""

    NONE = "none"
    ROBUST_ERRORS = "robust-errors"
    CHANGES = "changes"


@dataclass(frozen=True)
class Margins:
    """In the unit of the estimate: from where on the promise is kept, and from where on it is harm.
    For a difference, 0 is no difference; for a ratio, 1."""

    success: float
    harm: float


@dataclass(frozen=True)
class Window:
    """From the first instant on, until before the last."""

    start: datetime
    end: datetime

    def holds(self, first: datetime, last: datetime) -> bool:
        """Whether all from first to last lies within."""
        return self.start <= first <= last < self.end


@dataclass(frozen=True)
class Plan:
    """`grade` is what the design can reach. `unit` is that of a mean or a rate; a share has none.
    `target` is how many people (rates: events) are planned for the last look; `looks`, how often
    one looks in all. `lot` is how the lot divides people, the pilot first: (1, 1). `baseline` is
    the time before, where the design has one.
    """

    plan_id: str
    question: Words
    outcome: Words
    unit: Words | None
    comparison: Words
    measure: Measure
    better: Better
    grade: Grade
    margins: Margins
    window: Window
    target: int
    looks: int = 1
    level: float = 0.95
    lot: tuple[int, int] | None = None
    baseline: Window | None = None
    clusters: Clusters = Clusters.NONE
    subgroups: tuple[str, ...] = field(default=())
    false_discovery_rate: float = 0.10

    def __post_init__(self) -> None:
        _refuse_bad_figures(self)
        _refuse_bad_design(self)
        _refuse_bad_baseline(self)

    @property
    def scale(self) -> Scale:
        """What the estimate of this plan is."""
        if self.grade is Grade.DESCRIPTION:
            return Scale.LEVEL
        return Scale.RATIO if self.measure is Measure.RATE else Scale.DIFFERENCE

    def document(self) -> dict[str, Any]:
        """As JSON: every choice, none left out because it is the usual one."""
        return {
            "plan_id": self.plan_id,
            "question": self.question.document(),
            "outcome": self.outcome.document(),
            "unit": None if self.unit is None else self.unit.document(),
            "comparison": self.comparison.document(),
            "measure": self.measure,
            "better": self.better,
            "grade": self.grade,
            "margins": {"success": self.margins.success, "harm": self.margins.harm},
            "window": _window_document(self.window),
            "target": self.target,
            "looks": self.looks,
            "spending": "lan-demets-obrien-fleming",
            "level": self.level,
            "lot": None if self.lot is None else list(self.lot),
            "baseline": None if self.baseline is None else _window_document(self.baseline),
            "clusters": self.clusters,
            "subgroups": list(self.subgroups),
            "false_discovery_rate": self.false_discovery_rate,
        }

    def canonical(self) -> bytes:
        """The bytes that are sealed: canonical JSON (RFC 8785)."""
        return canonical.dumps(self.document())

    def digest(self) -> str:
        """`sha256:…` of the canonical JSON."""
        return sha256_tag(self.canonical())


@dataclass(frozen=True)
class Seal:
    """That a plan lay on record at an instant. The record proves it; here it is taken as given."""

    digest: str
    sealed_at: datetime


def seal(plan: Plan, at: datetime) -> Seal:
    """The plan's digest at an instant. Raises EvaluationError if its window has begun by then."""
    refuse_naive("sealed at", at)
    if plan.window.start <= at:
        raise EvaluationError(
            "window",
            f"结果数据自 {_instant(plan.window.start)} 起，方案须在此之前封存",
            f"outcomes are counted from {_instant(plan.window.start)} on; "
            "a plan is sealed before, so let the window begin later",
        )
    return Seal(plan.digest(), at)


def read_plan(text: bytes) -> Plan:
    """Canonical JSON → plan; its digest is the text's. Raises EvaluationError."""
    if len(text) > PLAN_BYTES_MAX:
        raise EvaluationError(
            "plan", f"超过 {PLAN_BYTES_MAX} 字节", f"longer than {PLAN_BYTES_MAX} bytes"
        )
    try:
        given = json.loads(text)
        plan = _from_document(given)
        same = plan.canonical() == text
    except EvaluationError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EvaluationError(
            "plan", f"方案文件无法读取：{error}", f"the document is no plan: {error}"
        ) from error
    if not same:
        raise EvaluationError(
            "plan",
            "方案文件不是规范 JSON，或含有未知内容",
            "the document is not canonical JSON, or says more than a plan does",
        )
    return plan


def _from_document(given: dict[str, Any]) -> Plan:
    return Plan(
        plan_id=given["plan_id"],
        question=Words(**given["question"]),
        outcome=Words(**given["outcome"]),
        unit=None if given["unit"] is None else Words(**given["unit"]),
        comparison=Words(**given["comparison"]),
        measure=Measure(given["measure"]),
        better=Better(given["better"]),
        grade=Grade(given["grade"]),
        margins=Margins(**given["margins"]),
        window=_read_window(given["window"]),
        target=given["target"],
        looks=given["looks"],
        level=given["level"],
        lot=None if given["lot"] is None else (given["lot"][0], given["lot"][1]),
        baseline=None if given["baseline"] is None else _read_window(given["baseline"]),
        clusters=Clusters(given["clusters"]),
        subgroups=tuple(given["subgroups"]),
        false_discovery_rate=given["false_discovery_rate"],
    )


def _read_window(given: dict[str, str]) -> Window:
    return Window(datetime.fromisoformat(given["start"]), datetime.fromisoformat(given["end"]))


def _window_document(window: Window) -> dict[str, str]:
    return {"start": _instant(window.start), "end": _instant(window.end)}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def refuse_naive(where: str, at: datetime) -> None:
    """An instant needs its time zone."""
    if at.tzinfo is None:
        raise EvaluationError(where, "时间须带时区", "the instant has no time zone; give one")


def _refuse_bad_figures(plan: Plan) -> None:
    if not _IDENTIFIER.fullmatch(plan.plan_id) or len(plan.plan_id) > IDENTIFIER_CHARS_MAX:
        raise EvaluationError(
            "plan_id",
            "标识应为小写字母、数字和连字符",
            "use lower-case letters, digits and hyphens",
        )
    for where in ("question", "outcome", "unit", "comparison"):
        text: Words | None = getattr(plan, where)
        if text is not None and max(len(text.zh), len(text.en)) > TEXT_CHARS_MAX:
            raise EvaluationError(
                where,
                f"文字超过 {TEXT_CHARS_MAX} 字",
                f"longer than {TEXT_CHARS_MAX} characters",
            )
    if (plan.unit is None) != (plan.measure is Measure.PROPORTION):
        raise EvaluationError(
            "unit",
            "均值和发生率须有单位；比例以百分比表示，不另设单位",
            "means and rates need one; a share is told in percent and has none",
        )
    checks.level(plan.level)
    checks.size("target", plan.target)
    if not 1 <= checks.count("looks", plan.looks) <= LOOKS_MAX:
        raise EvaluationError(
            "looks", f"查看次数应为 1 至 {LOOKS_MAX}", f"plan 1 to {LOOKS_MAX} looks"
        )
    if not (math.isfinite(plan.margins.success) and math.isfinite(plan.margins.harm)):
        raise EvaluationError("margins", "界值应为有限数值", "margins are finite numbers")
    good = plan.margins.success - plan.margins.harm
    if (good < 0) if plan.better is Better.HIGHER else (good > 0):
        raise EvaluationError(
            "margins",
            "损害界值比达标界值更好，二者写反了",
            "the margin of harm is better than that of success; they are the wrong way round",
        )
    if not 0 < plan.false_discovery_rate < 1:
        raise EvaluationError(
            "false_discovery_rate",
            "应在 0 与 1 之间",
            "is not between 0 and 1; write 0.10 for 10 %",
        )


def _refuse_bad_design(plan: Plan) -> None:
    for name, window in (("window", plan.window), ("baseline", plan.baseline)):
        if window is not None:
            refuse_naive(name, window.start)
            refuse_naive(name, window.end)
            if window.start >= window.end:
                raise EvaluationError(name, "时段的终点不晚于起点", "ends no later than it begins")
    if (plan.lot is not None) != (plan.grade is Grade.RANDOMISED):
        raise EvaluationError(
            "lot",
            "抽签比例只在随机设计中填写，且必须填写",
            "is told where people are drawn by lot, only there",
        )
    for share in plan.lot or ():
        checks.size("lot", share)
    controlled = plan.grade is Grade.CONTROLLED_BEFORE_AFTER
    if controlled and plan.measure is Measure.RATE:
        raise EvaluationError(
            "measure",
            "有对照的前后比较不支持发生率；请以每机构每期的发生率作为均值分析",
            "rates are not compared so; take each institution's rate in each period as a value",
        )
    if plan.clusters is not Clusters.NONE and not controlled:
        raise EvaluationError(
            "clusters",
            "聚类只用于有对照的前后比较",
            "only before and after with a control takes clusters",
        )
    if any(not name or len(name) > IDENTIFIER_CHARS_MAX for name in plan.subgroups):
        raise EvaluationError(
            "subgroups", "名称不得为空或过长", f"a name has 1 to {IDENTIFIER_CHARS_MAX} characters"
        )
    if len(plan.subgroups) > GROUPS_MAX or len(set(plan.subgroups)) != len(plan.subgroups):
        raise EvaluationError(
            "subgroups",
            f"分组最多 {GROUPS_MAX} 个，名称不得重复",
            f"at most {GROUPS_MAX}, each named once",
        )


def _refuse_bad_baseline(plan: Plan) -> None:
    has_before = plan.grade in {Grade.CONTROLLED_BEFORE_AFTER, Grade.BEFORE_AFTER}
    if (plan.baseline is not None) != has_before:
        raise EvaluationError(
            "baseline",
            "基线时段只在前后比较中填写，且必须填写",
            "is told where before and after are compared, and only there",
        )
    if plan.baseline is not None and plan.baseline.end > plan.window.start:
        raise EvaluationError(
            "baseline",
            "基线时段与结果时段重叠",
            "overlaps the window in which outcomes are counted",
        )
