"""Runs a sealed plan on data: the one analysis it names, no other, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shidian.core.evaluation import checks
from shidian.core.evaluation.before_after import (
    Row,
    difference_in_differences,
    difference_of_changes,
)
from shidian.core.evaluation.estimate import Estimate, figure
from shidian.core.evaluation.grade import Grade, Scale, sentence
from shidian.core.evaluation.harm import Harm, Subgroup, subgroup_harm
from shidian.core.evaluation.looks import nominal_level
from shidian.core.evaluation.means import difference_of_means, mean
from shidian.core.evaluation.plan import Better, Clusters, Measure, Plan, Seal, refuse_naive
from shidian.core.evaluation.proportions import difference_of_proportions, proportion
from shidian.core.evaluation.rates import rate, ratio_of_rates
from shidian.core.evaluation.sample_ratio import SampleRatio, sample_ratio
from shidian.core.evaluation.words import EvaluationError, Words
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Share:
    """How many of a group had the event."""

    events: int
    total: int


@dataclass(frozen=True)
class Sample:
    """The values of a group."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Events:
    """Events over time or volume."""

    events: int
    exposure: float


Group = Share | Sample | Events
_GROUP_OF = {Measure.PROPORTION: Share, Measure.MEAN: Sample, Measure.RATE: Events}


@dataclass(frozen=True)
class Data:
    """What came in. `reference` is the control, or the time before where there is none. A
    controlled before-and-after gives `rows` instead of groups. `earlier` is how much had been seen
    at each earlier look. Dates are those of the outcomes; those of the time before stand apart.
    """

    first_at: datetime
    last_at: datetime
    pilot: Group | None = None
    reference: Group | None = None
    rows: tuple[Row, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    baseline_first_at: datetime | None = None
    baseline_last_at: datetime | None = None
    earlier: tuple[int, ...] = ()


def with_earlier(data: Data, earlier: tuple[int, ...]) -> Data:
    """The same data, with how much had been seen at each earlier look."""
    return replace(data, earlier=earlier)


class Verdict(StrEnum):
    """How the interval lies to the margins of the plan."""

    SUCCESS = "success"
    SHORT = "short"
    HARM = "harm"
    OPEN = "open"


VERDICTS: dict[Verdict, Words] = {
    Verdict.SUCCESS: Words("达到事先设定的界值。", "The margin set beforehand is met."),
    Verdict.SHORT: Words("未达到事先设定的界值。", "The margin set beforehand is not met."),
    Verdict.HARM: Words("超出事先设定的损害界值。", "It lies beyond the margin of harm."),
    Verdict.OPEN: Words(
        "现有数据尚不足以判断是否达到界值。",
        "The data do not tell whether the margin is met.",
    ),
}
MISMATCHED_LOT = Words(
    "各组人数与抽签比例不符，证据等级因此下调",
    "the arms are not as large as the lot would make them: the grade is lowered for it",
)


@dataclass(frozen=True)
class Result:
    """What the analysis found. `grade` is what the data reached, at most the plan's."""

    plan_digest: str
    data_digest: str
    look: int
    looks: int
    level: float
    grade: Grade
    estimate: Estimate
    verdict: Verdict
    sentence: Words
    lot: SampleRatio | None
    harms: tuple[Harm, ...]
    cautions: tuple[Words, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "plan_digest": self.plan_digest,
            "data_digest": self.data_digest,
            "look": self.look,
            "looks": self.looks,
            "level": figure(self.level),
            "grade": self.grade,
            "estimate": self.estimate.document(),
            "verdict": self.verdict,
            "sentence": self.sentence.document(),
            "lot": None if self.lot is None else self.lot.document(),
            "harms": [harm.document() for harm in self.harms],
            "cautions": [caution.document() for caution in self.cautions],
        }

    def canonical(self) -> bytes:
        """Canonical JSON (RFC 8785): the same plan and data give the same bytes."""
        return canonical.dumps(self.document())


def run(plan: Plan, seal: Seal, data: Data) -> Result:
    """The plan's analysis of the data.

    Raises EvaluationError: the plan is not the sealed one, outcomes from before the sealing or
    outside the plan's window, groups or subgroups other than planned, a look too many or too early,
    and whatever an estimator refuses.
    """
    _refuse_unsealed(plan, seal, data)
    _refuse_unplanned(plan, data)
    looks = (*data.earlier, information(plan, data))
    level = nominal_level(looks, plan.target, plan.looks, plan.level)
    estimate = _estimate(plan, data, level)
    lot = _lot(plan, data)
    mismatched = lot is not None and lot.mismatch
    grade = Grade.COMPARED if mismatched else plan.grade
    verdict = _verdict(plan, estimate)
    unit = None if plan.scale is Scale.RATIO else plan.unit
    said = sentence(grade, plan.scale, plan.outcome, unit, estimate)
    harms: tuple[Harm, ...] = ()
    if data.subgroups:
        harms = subgroup_harm(data.subgroups, false_discovery_rate=plan.false_discovery_rate)
    return Result(
        plan_digest=seal.digest,
        data_digest=sha256_tag(canonical.dumps(data_document(data))),
        look=len(looks),
        looks=plan.looks,
        level=plan.level,
        grade=grade,
        estimate=estimate,
        verdict=verdict,
        sentence=Words(said.zh + VERDICTS[verdict].zh, f"{said.en} {VERDICTS[verdict].en}"),
        lot=lot,
        harms=harms,
        cautions=estimate.cautions + ((MISMATCHED_LOT,) if mismatched else ()),
    )


def _refuse_unsealed(plan: Plan, seal: Seal, data: Data) -> None:
    if plan.digest() != seal.digest:
        raise EvaluationError(
            "plan",
            f"方案摘要 {plan.digest()} 与封存的 {seal.digest} 不一致：方案在封存后被改动",
            f"its digest is {plan.digest()}, the sealed one is {seal.digest}: it was changed "
            "since; run the sealed plan",
        )
    _refuse_undated(data)
    if data.first_at <= seal.sealed_at:
        raise EvaluationError(
            "first_at",
            f"数据始于 {data.first_at.isoformat()}，早于方案封存时间 {seal.sealed_at.isoformat()}",
            f"data begin {data.first_at.isoformat()}, before the plan was sealed at "
            f"{seal.sealed_at.isoformat()}; only later outcomes count",
        )
    if not plan.window.holds(data.first_at, data.last_at):
        raise EvaluationError(
            "first_at",
            "数据超出方案规定的时段",
            f"data from {data.first_at.isoformat()} to {data.last_at.isoformat()} reach beyond the "
            "window of the plan",
        )
    first, last = data.baseline_first_at, data.baseline_last_at
    if plan.baseline is None:
        given = first is not None or last is not None
    else:
        given = first is None or last is None or not plan.baseline.holds(first, last)
    if given:
        raise EvaluationError(
            "baseline_first_at",
            "基线数据的日期与方案规定的基线时段不符",
            "the dates of the time before are not those of the plan's baseline",
        )


def _refuse_undated(data: Data) -> None:
    for name in ("first_at", "last_at", "baseline_first_at", "baseline_last_at"):
        at = getattr(data, name)
        if at is not None:
            refuse_naive(name, at)


def _refuse_unplanned(plan: Plan, data: Data) -> None:
    by_rows = plan.grade is Grade.CONTROLLED_BEFORE_AFTER
    wanted = _GROUP_OF[plan.measure]
    alone = plan.grade is Grade.DESCRIPTION
    if by_rows:
        fits = bool(data.rows) and data.pilot is None and data.reference is None
    else:
        fits = not data.rows and isinstance(data.pilot, wanted)
        fits &= data.reference is None if alone else isinstance(data.reference, wanted)
    if not fits:
        needed = "rows" if by_rows else wanted.__name__
        raise EvaluationError(
            "data",
            f"数据形式与方案不符：{plan.grade}、{plan.measure} 需要 {needed}",
            f"not what the plan takes: {plan.grade} of a {plan.measure} needs {needed}, "
            + ("and no reference" if alone else "of the pilot and of what it is held against"),
        )
    if any(row.cluster is not None for row in data.rows) != (plan.clusters is not Clusters.NONE):
        raise EvaluationError(
            "rows",
            "聚类标识与方案不符",
            "clusters are named where the plan has them, and only there",
        )
    if tuple(group.name for group in data.subgroups) != plan.subgroups:
        raise EvaluationError(
            "subgroups",
            "分组与方案列出的不一致；不得在看到数据后增减分组",
            "not the groups of the plan, in its order; none is added or left out after the data",
        )


def information(plan: Plan, data: Data) -> int:
    """How much has been seen: people, or events where a rate is measured."""
    if plan.grade is Grade.CONTROLLED_BEFORE_AFTER:
        return len(data.rows)
    return sum(_size(group) for group in (data.pilot, data.reference) if group is not None)


def _size(group: Group) -> int:
    match group:
        case Share():
            return checks.count("total", group.total)
        case Sample():
            return len(group.values)
        case Events():
            return checks.count("events", group.events)


def _estimate(plan: Plan, data: Data, level: float) -> Estimate:
    if data.pilot is None:
        if plan.clusters is Clusters.CHANGES:
            return difference_of_changes(data.rows, level=level)
        return difference_in_differences(data.rows, level=level)
    if data.reference is None:
        return _alone(data.pilot, level)
    return _compared(data.pilot, data.reference, level)


def _alone(group: Group, level: float) -> Estimate:
    match group:
        case Share():
            return proportion(group.events, group.total, level=level)
        case Sample():
            return mean(group.values, level=level)
        case Events():
            return rate(group.events, group.exposure, level=level)


def _compared(pilot: Group, other: Group, level: float) -> Estimate:
    match pilot, other:
        case Share(a, n), Share(b, m):
            return difference_of_proportions(a, n, b, m, level=level)
        case Sample(values), Sample(others):
            return difference_of_means(values, others, level=level)
        case Events(a, t), Events(b, u):
            return ratio_of_rates(a, t, b, u, level=level)
    raise EvaluationError(
        "reference", "两组的数据形式不同", "is measured in another way than the pilot"
    )


def _lot(plan: Plan, data: Data) -> SampleRatio | None:
    """Whether people came as the lot sent them. Of a rate, the arms' sizes are not known."""
    match plan.lot, data.pilot, data.reference:
        case (int(a), int(b)), (Share() | Sample()) as pilot, (Share() | Sample()) as other:
            counts = [_size(pilot), _size(other)]
            return sample_ratio(counts, [a / (a + b), b / (a + b)])
        case _:
            return None


def _verdict(plan: Plan, estimate: Estimate) -> Verdict:
    sign = 1 if plan.better is Better.HIGHER else -1
    worst, best = sorted((sign * estimate.low, sign * estimate.high))
    if best < sign * plan.margins.harm:
        return Verdict.HARM
    if worst >= sign * plan.margins.success:
        return Verdict.SUCCESS
    return Verdict.SHORT if best < sign * plan.margins.success else Verdict.OPEN


def data_document(data: Data) -> dict[str, Any]:
    """What was analysed, as JSON; the order of rows and values does not matter."""
    rows = sorted((row.cluster or "", row.pilot, row.after, row.value) for row in data.rows)
    return {
        "first_at": data.first_at.isoformat(),
        "last_at": data.last_at.isoformat(),
        "baseline_first_at": data.baseline_first_at and data.baseline_first_at.isoformat(),
        "baseline_last_at": data.baseline_last_at and data.baseline_last_at.isoformat(),
        "pilot": _group_document(data.pilot),
        "reference": _group_document(data.reference),
        "rows": [list(row) for row in rows],
        "subgroups": [
            [g.name, g.harmed, g.total, g.control_harmed, g.control_total] for g in data.subgroups
        ],
        "earlier": list(data.earlier),
    }


def _group_document(group: Group | None) -> list[Any] | None:
    match group:
        case Share():
            return [group.events, group.total]
        case Sample():
            return sorted(group.values)
        case Events():
            return [group.events, group.exposure]
        case None:
            return None
