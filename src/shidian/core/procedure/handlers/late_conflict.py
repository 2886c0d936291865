"""Declarations of interest, and what a conflict that is found late does to the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers.review import criteria_of, two_places, weighted_score
from shidian.core.procedure.moves import is_ahead
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.seating import missing_among
from shidian.core.procedure.types import EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import ExpertReview, Json, NewEvent, Round
    from shidian.core.rulebook.model import Stage

STANDS, REOPENED, IN_DOUBT = "stands", "reopened", "in-doubt"


def declare_conflict(case: Situation) -> tuple[NewEvent, ...]:
    """An expert's declaration, before anything is shown. A conflict found later may follow at any

    time: the sheet then counts no more, and a result that it was part of is reconsidered.
    """
    current, expert = case.state.round, case.act.actor.person
    if expert not in case.state.reviewers:
        refuse(RefusalCode.NOT_INVITED, "您未受邀参加评审。", "You are not invited to this review.")
    conflict = case.data.boolean("conflict")
    case.data.reason() if conflict else case.data.text("reason", empty=True)
    sits = current is not None and expert in current.experts
    if not conflict and (current is None or not sits or current.closed):
        refuse(
            RefusalCode.NO_ROUND,
            "本轮评审已结束，不再需要声明；如有利益冲突，仍可声明。",
            "The round is over and needs no declaration; a conflict can still be declared.",
        )
    before = current.conflicts.get(expert) if current is not None else None
    if before or before is conflict:
        refuse(
            RefusalCode.ALREADY_DONE,
            "已声明过，无需重复；如后来发现利益冲突，可再声明“有”。",
            "You have declared already; a conflict found later can still be declared.",
        )
    declared = case.event(EventKind.CONFLICT_DECLARED, expert=expert)
    if current is None or not current.closed:
        return (declared,)
    return (declared, *_reconsidered(case, current, expert))


def uphold_review(case: Situation) -> tuple[NewEvent, ...]:
    """The authority finds, with reasons, that the result stands all the same."""
    current = case.state.round
    case.data.reason()
    if current is None or not current.doubted:
        refuse(
            RefusalCode.NOT_IN_DOUBT,
            "评审结果没有待复核的事项。",
            "Nothing about the review waits to be examined again.",
        )
    return (case.event(EventKind.REVIEW_UPHELD, round=case.state.rounds),)


def must_not_be_doubted(case: Situation) -> None:
    """Refuses to decide on a review whose result a late conflict has put in doubt."""
    current = case.state.round
    if current is None or not current.doubted:
        return
    reviewed = _stage_of(case, current)
    if reviewed is not None and not (
        reviewed.id == case.stage.id or is_ahead(case.rulebook, reviewed, case.stage)
    ):
        return  # sent back: it will be reviewed again
    refuse(
        RefusalCode.REVIEW_IN_DOUBT,
        "结束评审后有专家声明利益冲突或对代录的评审表提出异议：请复核后维持评审结果，或退回重新评审。",
        "After closing, an expert declared a conflict or disputed the sheet entered for them:"
        " uphold the review with reasons, or send the case back to be reviewed again.",
    )


def _reconsidered(case: Situation, current: Round, expert: str) -> tuple[NewEvent, ...]:
    """What is left of a closed round without that expert's sheet; nothing where there was none."""
    kept = tuple(one for one in current.reviews if one.expert != expert)
    if len(kept) == len(current.reviews):
        return ()
    stage = _stage_of(case, current)
    told: dict[str, Json] = {"round": current.number, "reviews": len(kept)}
    passed = None
    if stage is not None and kept:
        score = weighted_score(criteria_of(case, stage.id), kept)
        mark = stage.panel.pass_mark if stage.panel else None
        passed = None if mark is None else score >= mark
        told |= {"score": str(score), "score_text": two_places(score), "passed": passed}
    whole = stage is not None and _is_quorum(stage, current, kept)
    if whole and passed == current.passed:
        outcome = STANDS
    elif case.state.stage == current.stage and case.state.held is None:
        outcome = REOPENED
    else:
        outcome = IN_DOUBT
    filed = {one.expert for one in kept} | {expert}
    waiting: list[Json] = [
        one for one in current.experts if one not in filed and current.conflicts.get(one) is False
    ]
    pointer = f"/stages/{current.stage}/panel"
    event = case.follows(
        EventKind.ROUND_RECONSIDERED, pointer, outcome=outcome, experts=waiting, **told
    )
    return (event,)


def _is_quorum(stage: Stage, current: Round, kept: tuple[ExpertReview, ...]) -> bool:
    """Whether these sheets would have been enough to close the round."""
    panel = stage.panel
    if panel is None:
        return bool(kept)
    wanted = [one.id for one in panel.disciplines]
    missing = missing_among((one.expert for one in kept), current.masters, wanted)
    return len(kept) >= panel.min and not (panel.odd and len(kept) % 2 == 0) and not missing


def _stage_of(case: Situation, current: Round) -> Stage | None:
    return next((one for one in case.rulebook.stages if one.id == current.stage), None)
