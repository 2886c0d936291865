"""Entering a stage: what ends in the one left, what starts in the one entered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shidian.core.procedure.admission import agreement_of
from shidian.core.procedure.handlers.conditions import agreed
from shidian.core.procedure.handlers.partners import must_be_signed
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.tiers import scaled_plan
from shidian.core.procedure.types import EventKind, RefusalCode
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire.agreement import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import Json, NewEvent
    from shidian.core.rulebook.model import Outcome, Stage

_PLACE = re.compile(r"\{(uscc|lei|year|seq)(?::(0\d{1,2}))?\}")
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
SEQ_MAX = 10**9


def enter(
    case: Situation,
    target: Stage,
    reason: str = "",
    *,
    source: Stage | None = None,
    found: Mapping[str, Json] | None = None,
) -> tuple[NewEvent, ...]:
    """The events of the move: requests lapse, notices close, a first run admits the case.

    `source`: the stage left where the case only passes through it; `found`: thresholds found met.
    """
    left = source or case.stage
    events = list(_leave(case)) if left is case.stage else []
    starts = target.kind is StageKind.RUNNING and not case.state.admitted
    if starts:
        must_be_signed(case)
        events.append(_admission(case, left))
    data: dict[str, Json] = {"from": left.id, "to": target.id, "reason": reason}
    if found:
        data["thresholds"] = found
    data |= _evidence(case, left)
    events.append(case.follows(EventKind.STAGE_ENTERED, f"/stages/{left.id}", **data))
    if starts:
        events.append(case.follows(EventKind.PILOT_STARTED, f"/stages/{target.id}"))
    return tuple(events)


def _evidence(case: Situation, left: Stage) -> dict[str, Json]:
    """The panel's vote, as evidence for what is decided on leaving its review."""
    current = case.state.round
    if left.kind is not StageKind.REVIEW or current is None or current.vote is None:
        return {}
    session = current.meeting.id if current.meeting else ""
    return {
        "vote": {
            "round": current.number,
            "session": session,
            "carried": current.vote.carried,
        }
    }


def close_with(case: Situation, default: str | None, reason: str) -> tuple[NewEvent, ...]:
    """Moves to the closed stage with an outcome: the act's, else the one named `default`."""
    target = case.target()
    outcome = outcome_of(case, target, default)
    return (*enter(case, target, reason), closing(case, target, outcome.id, reason))


def closing(case: Situation, target: Stage, outcome: str, reason: str) -> NewEvent:
    """The event that says how the case ended."""
    return case.follows(
        EventKind.CASE_CLOSED, f"/stages/{target.id}", outcome=outcome, reason=reason
    )


def allowed_outcomes(case: Situation, target: Stage) -> tuple[Outcome, ...]:
    """The outcomes that fit: some need a pilot, some exclude one."""
    return tuple(one for one in target.outcomes if one.needs_pilot in (None, case.state.admitted))


def outcome_of(case: Situation, target: Stage, default: str | None) -> Outcome:
    """The outcome that the act names, or the one named `default`. Refuses what does not fit."""
    allowed = allowed_outcomes(case, target)
    wanted = case.data.name("outcome") if case.data.has("outcome") else default
    for outcome in allowed:
        if outcome.id == wanted:
            return outcome
    zh = "、".join(f"{one.name.zh}（{one.id}）" for one in allowed) or "无"
    en = ", ".join(f"{one.name.en} ({one.id})" for one in allowed) or "none"
    refuse(
        RefusalCode.OUTCOME_NOT_ALLOWED,
        f"此时不能以该结果结案。可选：{zh}。",
        f"The case cannot end with that outcome now. Choose one of: {en}.",
        "outcome",
    )
    return None


def _leave(case: Situation) -> tuple[NewEvent, ...]:
    lapsed = tuple(
        case.follows(EventKind.REQUEST_LAPSED, case.pointer, request=request.id)
        for request in case.state.open_requests
    )
    notice = case.state.notice
    if case.stage.kind is not StageKind.NOTICE or notice is None:
        return lapsed
    return (
        *lapsed,
        case.follows(EventKind.NOTICE_CLOSED, case.pointer, sha256=notice.sha256),
    )


def _admission(case: Situation, left: Stage) -> NewEvent:
    state = case.state
    promises: list[Json] = [{"id": one.id, "text": one.text} for one in state.promises]
    data: dict[str, Json] = {
        "number": _number(case, left),
        "plan": dict(scaled_plan(case.rulebook, state)),
        "promises": promises,
    }
    if state.tier is not None:
        data["tier"] = state.tier
    if state.waivers:
        data["waivers"] = [
            {"rule": one.rule, "reason": one.reason, "measure": one.measure}
            for one in state.waivers
        ]
    if conditions := agreed(case):
        data["conditions"] = list(conditions)
    if state.sha256:
        data["sha256"] = fingerprint(agreement_of(state, data))
    return case.follows(EventKind.CASE_ADMITTED, f"/stages/{left.id}/number", **data)


def _number(case: Situation, left: Stage) -> str | None:
    """The pilot's number from the stage's pattern, as `{uscc}-{year}-{seq:04}` or with `{lei}`."""
    pattern = left.number
    if pattern is None:
        return None

    def put(match: re.Match[str]) -> str:
        place, width = match[1], int(match[2] or 0)
        if place == "year":
            return str(case.today.year)
        if place == "seq":
            return str(case.data.integer("seq", 1, SEQ_MAX)).zfill(width)
        return _lei(case) if place == "lei" else _uscc(case)

    return _PLACE.sub(put, pattern)


def _uscc(case: Situation) -> str:
    uscc = case.data.text("uscc") if case.data.has("uscc") else ""
    if _USCC.fullmatch(uscc) is None:
        refuse(
            RefusalCode.BAD_DATA,
            "统一社会信用代码应为 18 位，请先在机构资料中更正。",
            "A unified social credit code has 18 characters; correct the institution's record.",
            "uscc",
        )
    return uscc


def _lei(case: Situation) -> str:
    lei = case.data.text("lei") if case.data.has("lei") else ""
    if _LEI.fullmatch(lei) is None:
        refuse(
            RefusalCode.BAD_DATA,
            "法人机构识别编码（LEI）应为 20 位，请先在机构资料中更正。",
            "A Legal Entity Identifier has 20 characters; correct the institution's record.",
            "lei",
        )
    return lei
