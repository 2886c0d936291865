"""What the events of expert review and assessment make of the state."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.procedure.session_rules import SESSION_RULES, without_voter
from shidian.core.procedure.types import (
    AreaFinding,
    CaseState,
    EventKind,
    ExpertReview,
    Finding,
    PoolState,
    Round,
)

if TYPE_CHECKING:
    from shidian.core.procedure.event_rules import Apply, Happened
    from shidian.core.procedure.reading import Data


def _round_opened(state: CaseState, it: Happened) -> CaseState:
    number = it.data.integer("round", 1, 10**6)
    experts = it.data.names("experts")
    dates = it.data.day("starts"), it.data.day("ends")
    opened = Round(number, experts, *dates, stage=state.stage)
    masters = _masters(it.data)
    if it.data.has("draw"):
        draw = it.data.table("draw")
        masters, order = _masters(draw), draw.names("order")
        seats = state.pool.seats if state.pool else len(opened.experts)
        opened = replace(opened, order=order, seats=seats)
    return state.but(
        rounds=number,
        round=replace(opened, masters=masters),
        reviewers=state.reviewers | set(experts),
        pool=None,
    )


def _masters(data: Data) -> dict[str, tuple[str, ...]]:
    """Disciplines by expert; {} where none are told."""
    given = data.table("disciplines")
    return {expert: given.names(expert) for expert in given.fields()}


def _pool_committed(state: CaseState, it: Happened) -> CaseState:
    pool = PoolState(
        round=it.data.integer("round", 1, 10**6),
        sha256=it.data.sha256("sha256"),
        seats=it.data.integer("seats", 1, 99),
        seed_source=it.data.text("seed_source"),
        known_from=it.data.day("known_from"),
    )
    return state.but(pool=pool)


def _invited(state: CaseState, it: Happened) -> CaseState:
    current = _round(state)
    invited = it.data.names("experts")
    masters = {**current.masters, **_masters(it.data)}
    widened = replace(current, experts=(*current.experts, *invited), masters=masters)
    return state.but(round=widened, reviewers=state.reviewers | set(invited))


def _extended(state: CaseState, it: Happened) -> CaseState:
    return state.but(round=replace(_round(state), ends=it.data.day("ends")))


def _conflict(state: CaseState, it: Happened) -> CaseState:
    current, expert = state.round, it.data.name("expert")
    if current is None or expert not in current.experts:
        return state  # of an earlier round, whose result no longer counts
    declared = {**current.conflicts, expert: it.data.boolean("conflict")}
    # Who has a conflict takes part no more: a sheet filed before leaves the round with its author.
    kept = tuple(review for review in current.reviews if not declared.get(review.expert, False))
    changed = replace(current, conflicts=declared, reviews=kept)
    return state.but(round=without_voter(state, changed, expert) if declared[expert] else changed)


def _review(state: CaseState, it: Happened) -> CaseState:
    current = _round(state)
    scores, reasons = it.data.table("scores"), it.data.table("reasons")
    review = ExpertReview(
        expert=it.data.name("expert"),
        scores={key: scores.integer(key, 0, 1000) for key in scores.fields()},
        reasons={key: reasons.text(key) for key in reasons.fields()},
        paper=it.data.has("sha256"),
    )
    declared = dict(current.conflicts)
    if it.data.has("declared"):
        declared[review.expert] = not it.data.boolean("declared")
    others = tuple(one for one in current.reviews if one.expert != review.expert)
    return state.but(round=replace(current, reviews=(*others, review), conflicts=declared))


def _round_closed(state: CaseState, it: Happened) -> CaseState:
    passed = it.data.boolean("passed") if it.data.has("passed") else None
    score = Fraction(it.data.name("score"))
    return state.but(round=replace(_round(state), closed=True, score=score, passed=passed))


def _reconsidered(state: CaseState, it: Happened) -> CaseState:
    current = _round(state)
    match it.data.name("outcome"):
        case "reopened":
            changed = replace(current, closed=False, score=None, passed=None, vote=None)
        case "stands":
            passed = it.data.boolean("passed") if it.data.has("passed") else None
            changed = replace(current, score=Fraction(it.data.name("score")), passed=passed)
        case _:
            changed = replace(current, doubted=True)
    return state.but(round=changed)


def _upheld(state: CaseState, _it: Happened) -> CaseState:
    return state.but(round=replace(_round(state), doubted=False))


def _round(state: CaseState) -> Round:
    if state.round is None:
        raise ValueError("history speaks of a review round that was not opened")
    return state.round


def _commissioned(state: CaseState, it: Happened) -> CaseState:
    return state.but(commissioned=(*state.commissioned, it.data.name("body")))


def _assessed(state: CaseState, it: Happened) -> CaseState:
    findings = it.data.table("findings")
    found: dict[str, AreaFinding] = {}
    for area in findings.fields():
        sheet = findings.table(area)
        found[area] = AreaFinding(Finding(sheet.name("finding")), sheet.text("text"))
    return state.but(findings=found)


REVIEW_RULES: dict[str, Apply] = {
    EventKind.ROUND_OPENED: _round_opened,
    EventKind.EXPERTS_INVITED: _invited,
    EventKind.CONFLICT_DECLARED: _conflict,
    EventKind.REVIEW_FILED: _review,
    EventKind.ROUND_CLOSED: _round_closed,
    EventKind.ROUND_EXTENDED: _extended,
    EventKind.ROUND_RECONSIDERED: _reconsidered,
    EventKind.REVIEW_UPHELD: _upheld,
    EventKind.ASSESSMENT_COMMISSIONED: _commissioned,
    EventKind.ASSESSMENT_FILED: _assessed,
    EventKind.POOL_COMMITTED: _pool_committed,
    **SESSION_RULES,
}
