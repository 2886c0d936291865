"""Tasks about a panel's sessions, where the rulebook asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.desk import said
from shidian.core.procedure.types import ActorKind, SessionKind, Task, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.procedure.desk import Desk
    from shidian.core.procedure.types import Round


def defence_tasks(desk: Desk, current: Round) -> Iterator[Task]:
    """Of an open round whose rules ask for a defence: to call it, then to keep its minutes."""
    rule = desk.stage.panel.defence if desk.stage.panel else None
    if rule is None or not rule.required:
        return
    held = current.session(SessionKind.DEFENCE)
    if held is None or held.off:
        yield desk.officer(
            Verb.CALL_SESSION, "安排答辩：时间、地点", "Call the defence session: when and where"
        )
    elif not held.minutes:
        yield desk.officer(
            Verb.KEEP_MINUTES,
            "答辩后留存纪要",
            "Keep the minutes of the defence",
            not_before=held.on,
        )


def voting_task(desk: Desk, current: Round) -> Task | None:
    """Of a closed round whose panel decides: to meet, to vote; None where it voted in favour."""
    rule = desk.stage.panel.meeting if desk.stage.panel else None
    if rule is None or not rule.required:
        return None
    if current.vote is not None:
        if current.vote.carried:
            return None
        return desk.officer(
            Verb.REJECT,
            "评审会表决未通过：不予入选，或说明理由后重新表决",
            "The panel voted against it: reject, or vote again with reasons",
        )
    held = current.session(SessionKind.MEETING)
    if held is None or held.off:
        return desk.officer(
            Verb.CALL_SESSION, "召集评审会：时间、地点", "Call the review meeting: when and where"
        )
    return desk.officer(
        Verb.RECORD_VOTE, "评审会：记录表决", "Review meeting: record the vote", not_before=held.on
    )


def paper_tasks(desk: Desk, current: Round) -> Iterator[Task]:
    """Of experts whose sheet an officer entered: to say whether it is what they wrote."""
    for one in current.reviews:
        if one.paper and one.confirmed is None:
            yield Task(
                f"{desk.stage.id}/{Verb.ANSWER_SHEET}/{one.expert}",
                Verb.ANSWER_SHEET,
                ActorKind.EXPERT,
                said("核对代录的评审表", "Check the sheet that was entered for you"),
                person=one.expert,
            )
