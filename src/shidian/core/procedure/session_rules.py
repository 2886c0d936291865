"""What the events of a panel's sessions make of the round: called, minuted, voted, sheets answered.

Also what a conflict that is found after a vote does to that vote.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shidian.core.procedure.types import (
    CaseState,
    EventKind,
    Round,
    SessionKind,
    SessionState,
    VoteState,
)

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.event_rules import Apply, Happened


def _called(state: CaseState, it: Happened) -> CaseState:
    current, kind = _round(state), SessionKind(it.data.name("kind"))
    off = it.data.has("off") and it.data.boolean("off")
    known = current.session(kind)
    on: date = known.on if off and known is not None else it.data.day("on")
    called = SessionState(it.data.name("session"), kind, on, off=off)
    return _with(state, current, called)


def _minuted(state: CaseState, it: Happened) -> CaseState:
    current = _round(state)
    held = current.session(SessionKind(it.data.name("of")))
    if held is None:
        raise ValueError("history speaks of minutes of a session that was not called")
    kept = replace(held, minutes=it.data.integer("version", 1, 999))
    return _with(state, current, kept)


def _voted(state: CaseState, it: Happened) -> CaseState:
    voters = frozenset(it.data.table("ballots").fields())
    vote = VoteState(voters, carried=it.data.boolean("carried"))
    return state.but(round=replace(_round(state), vote=vote))


def _answered(state: CaseState, it: Happened) -> CaseState:
    """Once the round is closed a sheet that is disputed puts its result in doubt."""
    current, expert = _round(state), it.data.name("expert")
    confirmed = it.data.boolean("confirm")
    reviews = tuple(
        replace(one, confirmed=confirmed) if one.expert == expert else one
        for one in current.reviews
    )
    doubted = current.doubted or (current.closed and not confirmed)
    return state.but(round=replace(current, reviews=reviews, doubted=doubted))


def without_voter(state: CaseState, current: Round, expert: str) -> Round:
    """The round once that expert has a conflict: a vote with their voice in it is none.

    It is taken again in the review; where the case has gone on, the review is in doubt.
    """
    if current.vote is None or expert not in current.vote.voters:
        return current
    gone_on = state.stage != current.stage or state.held is not None
    return replace(current, vote=None, doubted=current.doubted or gone_on)


def _with(state: CaseState, current: Round, session: SessionState) -> CaseState:
    if session.kind is SessionKind.DEFENCE:
        return state.but(round=replace(current, defence=session))
    return state.but(round=replace(current, meeting=session))


def _round(state: CaseState) -> Round:
    if state.round is None:
        raise ValueError("history speaks of a session of a round that was not opened")
    return state.round


SESSION_RULES: dict[str, Apply] = {
    EventKind.DEFENCE_CALLED: _called,
    EventKind.MEETING_CALLED: _called,
    EventKind.MINUTES_KEPT: _minuted,
    EventKind.VOTE_RECORDED: _voted,
    EventKind.SHEET_ANSWERED: _answered,
}
