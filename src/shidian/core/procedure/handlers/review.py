"""The expert review: rounds, declarations of interest, sheets, and the exact score."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.procedure.handlers.lots import must_be_next, must_cover, who_sits
from shidian.core.procedure.handlers.sessions import must_be_defended, must_be_voted_for
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, ExpertReview, RefusalCode
from shidian.core.rulebook.model import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent, Round
    from shidian.core.rulebook.model import Criterion

_DEFAULT_PANEL = Panel(min=1)


def open_round(case: Situation) -> tuple[NewEvent, ...]:
    """Invites experts for a time. A second round in the same stay needs a reason."""
    data, current = case.data, case.state.round
    if current is not None and not current.closed:
        refuse(
            RefusalCode.ROUND_OPEN,
            "已有评审正在进行：请增邀专家，或先结束该轮。",
            "A round is open: invite more experts to it, or close it first.",
        )
    if current is not None:
        data.reason()
    if not data.names("experts"):
        refuse(
            RefusalCode.BAD_DATA,
            "请至少邀请一位专家。",
            "Invite at least one expert.",
            "experts",
        )
    _room_for(case, len(data.names("experts")))
    if data.day("ends") < data.day("starts") or data.day("ends") < case.today:
        refuse(
            RefusalCode.BAD_DATA,
            "评审截止日不得早于开始日或今天，请改期。",
            "The round must not end before it starts or before today; change the dates.",
            "ends",
        )
    return (case.event(EventKind.ROUND_OPENED, round=case.state.rounds + 1, **who_sits(case)),)


def invite_experts(case: Situation) -> tuple[NewEvent, ...]:
    """More experts for the open round, as after a conflict."""
    current = _open(case)
    again = sorted(set(case.data.names("experts")) & set(current.experts))
    if again or not case.data.names("experts"):
        refuse(
            RefusalCode.ALREADY_DONE if again else RefusalCode.BAD_DATA,
            "请选择尚未受邀的专家。",
            "Choose experts who are not yet invited.",
            "experts",
        )
    must_be_next(case, current)
    _room_for(case, _sitting(case, current) + len(case.data.names("experts")))
    return (case.event(EventKind.EXPERTS_INVITED),)


def submit_review(case: Situation) -> tuple[NewEvent, ...]:
    """A sheet: a score and a reason for every criterion of the stage, on a day of the round."""
    current, expert = _invited(case, case.act.actor.person)
    if current.conflicts.get(expert) is None:
        refuse(
            RefusalCode.CONFLICT_UNDECLARED,
            "请先声明是否有利益关系，再查看材料和评分。",
            "First declare whether you have a conflict of interest.",
        )
    _may_file(case, current, expert)
    if case.today > current.ends:
        refuse(
            RefusalCode.ROUND_OVER,
            f"本轮评审已于 {current.ends} 截止：如需补交，请主办单位延长评审。",
            f"The round's last day was {current.ends}: to file late, ask the office to extend it.",
        )
    return (case.event(EventKind.REVIEW_FILED, expert=expert),)


def enter_sheet(case: Situation) -> tuple[NewEvent, ...]:
    """An officer enters a sheet that the expert filled in and signed on paper.

    It counts by its own date, so that it may be entered after the round's last day.
    """
    current, expert = _invited(case, case.data.name("expert"))
    case.data.sha256("sha256")
    says = case.data.has("declared") and case.data.boolean("declared")
    if current.conflicts.get(expert) is None and not says:
        refuse(
            RefusalCode.CONFLICT_UNDECLARED,
            "该专家尚未声明利益关系：纸质评审表上应有其“无利益冲突”的声明。",
            "This expert has not declared their interests: the paper must say that there is no"
            " conflict.",
            "declared",
        )
    _may_file(case, current, expert)
    return (case.event(EventKind.REVIEW_FILED),)


def _may_file(case: Situation, current: Round, expert: str) -> None:
    """Refuses a sheet of one who is out or has filed, before the first day, or incomplete."""
    if current.conflicts.get(expert):
        refuse(
            RefusalCode.CONFLICTED,
            "已声明利益冲突，不参加本案评审。",
            "Who declared a conflict takes no part in this review.",
        )
    replaces = expert in current.disputed
    if not replaces and expert in {review.expert for review in current.reviews}:
        refuse(
            RefusalCode.ALREADY_DONE,
            "评审意见已提交。",
            "This review is already submitted.",
        )
    if case.today < current.starts:
        refuse(
            RefusalCode.ROUND_NOT_STARTED,
            f"评审于 {current.starts} 开始，请届时提交。",
            f"The round starts on {current.starts}; submit from then on.",
        )
    _room_for(case, len(current.reviews) + (not replaces))
    _sheet(case)


def extend_round(case: Situation) -> tuple[NewEvent, ...]:
    """A later last day for everyone who has not filed: the leave to file late."""
    current = _open(case)
    case.data.reason()
    if case.data.day("ends") <= current.ends or case.data.day("ends") < case.today:
        refuse(
            RefusalCode.BAD_DATA,
            f"新的截止日应晚于 {current.ends}，且不早于今天。",
            f"The new last day must be after {current.ends}, and not before today.",
            "ends",
        )
    return (case.event(EventKind.ROUND_EXTENDED, round=current.number),)


def close_round(case: Situation) -> tuple[NewEvent, ...]:
    """Ends the round with its score. Needs enough sheets, an odd number where the rules say so,

    and before the last day all that are due.
    """
    current = _open(case)
    panel, filed = _panel(case), len(current.reviews)
    if current.disputed:
        refuse(
            RefusalCode.SHEET_DISPUTED,
            "有专家对代录的评审表提出异议：请按其原件更正录入，或待其本人提交。",
            "An expert disputes the sheet entered for them: enter it as they wrote it, or let them"
            " file it themselves.",
        )
    if filed < panel.min:
        refuse(
            RefusalCode.TOO_FEW_REVIEWS,
            f"有效评审意见 {filed} 份，至少需 {panel.min} 份：请催收或增邀专家。",
            f"{filed} valid reviews of at least {panel.min}: remind or invite more experts.",
        )
    due = [one for one in current.experts if not current.conflicts.get(one, False)]
    outstanding = len(due) - filed
    if outstanding and case.today <= current.ends:
        refuse(
            RefusalCode.REVIEWS_OUTSTANDING,
            f"还有 {outstanding} 位专家未提交，评审于 {current.ends} 截止：请等待或催收。",
            f"{outstanding} experts have until {current.ends}: wait or remind them.",
        )
    if panel.odd and filed % 2 == 0:
        refuse(
            RefusalCode.EVEN_PANEL,
            f"有效意见应为奇数，现为 {filed} 份：请再邀请一位专家。",
            f"The number of reviews must be odd and is {filed}: invite one more expert.",
        )
    must_cover(case, (review.expert for review in current.reviews), current.masters)
    must_be_defended(case)
    score = weighted_score(_criteria(case), current.reviews)
    passed = None if panel.pass_mark is None else score >= panel.pass_mark
    return (
        case.event(
            EventKind.ROUND_CLOSED,
            round=current.number,
            reviews=filed,
            score=str(score),
            score_text=two_places(score),
            passed=passed,
        ),
    )


def must_be_passed(case: Situation) -> None:
    """Refuses unless the stage's newest round is closed and not below the pass mark."""
    current = case.state.round
    if current is None or not current.closed:
        refuse(
            RefusalCode.NO_ROUND if current is None else RefusalCode.ROUND_OPEN,
            "请先完成专家评审并结束本轮。",
            "First have the case reviewed and close the round.",
        )
    if current.doubted:
        refuse(
            RefusalCode.REVIEW_IN_DOUBT,
            "结束评审后有专家声明利益冲突或对代录的评审表提出异议：请复核后维持评审结果，或重新评审。",
            "After closing, an expert declared a conflict or disputed the sheet entered for them:"
            " uphold the review with reasons, or have it reviewed again.",
        )
    if current.passed is False:
        refuse(
            RefusalCode.BELOW_PASS_MARK,
            "评审未达合格线：请不予入选，或说明理由后重新评审。",
            "The score is below the pass mark: reject, or open another round with reasons.",
        )
    must_be_voted_for(case)


def weighted_score(criteria: Sequence[Criterion], reviews: Sequence[ExpertReview]) -> Fraction:
    """Mean over experts of the weighted mean over criteria, exact.

    Where no criterion has a weight all weigh alike; else one without a weight weighs nothing.
    """
    weights: Mapping[str, int] = {one.id: one.weight or 0 for one in criteria}
    if not any(weights.values()):
        weights = {one.id: 1 for one in criteria}
    total = sum(weights.values()) * len(reviews)
    points = sum(
        weight * review.scores[name] for review in reviews for name, weight in weights.items()
    )
    return Fraction(points, total) if total else Fraction(0)


def two_places(score: Fraction) -> str:
    """For reading: `82.20`, half rounded up. Compare the fraction, never this."""
    exact = Decimal(score.numerator) / Decimal(score.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _sheet(case: Situation) -> None:
    scores, reasons = case.data.table("scores"), case.data.table("reasons")
    names = [one.id for one in _criteria(case)]
    scores.only(names)
    reasons.only(names)
    for name in names:
        scores.integer(name, 0, _panel(case).score_max)
        reasons.reason(name)


def _criteria(case: Situation) -> tuple[Criterion, ...]:
    return criteria_of(case, case.stage.id)


def criteria_of(case: Situation, stage: str) -> tuple[Criterion, ...]:
    """What is scored in that stage."""
    return tuple(one for one in case.rulebook.criteria if one.stage == stage)


def _panel(case: Situation) -> Panel:
    return case.stage.panel or _DEFAULT_PANEL


def _sitting(case: Situation, current: Round) -> int:
    """Experts who count: those who filed, and until the last day those who still may."""
    able = {one for one in current.experts if not current.conflicts.get(one, False)}
    filed = {review.expert for review in current.reviews}
    return len(filed if case.today > current.ends else able | filed)


def _room_for(case: Situation, experts: int) -> None:
    """Refuses more experts than the panel has seats. An odd panel has an odd number of seats."""
    panel = _panel(case)
    if panel.max is None:
        return
    seats = panel.max - 1 if panel.odd and panel.max % 2 == 0 else panel.max
    if experts > seats:
        refuse(
            RefusalCode.PANEL_FULL,
            f"专家组最多 {seats} 人，现为 {experts} 人：请减少。",
            f"The panel has {seats} seats at most and this makes {experts}: choose fewer.",
            "experts",
        )


def _open(case: Situation) -> Round:
    current = case.state.round
    if current is None or current.closed:
        refuse(
            RefusalCode.NO_ROUND,
            "没有正在进行的评审：请先开启评审。",
            "No review round is open: open one first.",
        )
    return current


def _invited(case: Situation, expert: str) -> tuple[Round, str]:
    current = _open(case)
    if expert not in current.experts:
        refuse(
            RefusalCode.NOT_INVITED,
            "未受邀参加本轮评审。",
            "Only who is invited to this round takes part in it.",
        )
    return current, expert
