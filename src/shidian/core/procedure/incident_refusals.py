"""What cannot be done about an incident as it stands, with the input at fault and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.incidents import (
    UNDER_WAY,
    Cause,
    IncidentActKind,
    IncidentFacts,
    IncidentState,
    MarketEffect,
)
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.core.procedure.incidents import IncidentAct, Standing


def refusal(
    standing: Standing, act: IncidentAct, *, occurred_at: datetime
) -> tuple[str, Text] | None:
    """Why the act cannot be done as things stand: the input at fault, and the words.

    None where it can.
    """
    if act.kind in _NEED_WORDS and not act.text.strip():
        return "text", _NEED_WORDS[act.kind]
    if act.kind in _ALLOWED and standing.state not in _ALLOWED[act.kind]:
        return "", _STATES[standing.state]
    if act.over_at is not None and not occurred_at <= act.over_at <= act.at:
        return "over_at", _NOT_OVER
    numbers = {one.number for one in standing.open_questions}
    if act.kind is IncidentActKind.ANSWERED and act.question not in numbers:
        return "", _ANSWERED
    if act.kind is IncidentActKind.GRADED and act.severity == standing.severity:
        return "severity", _SAME_GRADE
    return _closing_refusal(standing, act) if act.kind is IncidentActKind.CLOSED else None


def _closing_refusal(standing: Standing, act: IncidentAct) -> tuple[str, Text] | None:
    if standing.open_questions:
        numbers = "、".join(str(one.number) for one in standing.open_questions)
        return "", Text(
            zh=f"问询第{numbers}号尚未答复，答复后方可结案。",
            en=f"Question {numbers.replace('、', ', ')} has no answer yet: answer it first.",
        )
    facts = act.facts or standing.facts or IncidentFacts()
    if (act.over_at or standing.over_at) is None:
        return "over_at", Text(
            zh="请写明事件何时处置完毕。", en="Say since when the incident is over."
        )
    if facts.market is MarketEffect.UNKNOWN:
        return "market", Text(
            zh="结案须写明对市场的影响。", en="To close, say what it did to the market."
        )
    if facts.cause is Cause.UNKNOWN or not facts.cause_text.strip():
        return "cause", Text(zh="结案须写明原因。", en="To close, say what caused it.")
    if not act.lessons.strip():
        return "lessons", Text(
            zh="结案须写明经验教训。", en="To close, say what was learnt from it."
        )
    return None


_NOT_OVER = Text(
    zh="处置完毕的时间须在事件发生之后、当前时间之前。",
    en="It can be over only after it began, and not in the future.",
)
_ANSWERED = Text(zh="该问题已有答复。", en="That question has an answer already.")
_SAME_GRADE = Text(zh="已经是该等级。", en="It is of that grade already.")
_NEED_WORDS = {
    IncidentActKind.PHONED: Text(zh="请写明电话报告的内容。", en="Write what was said."),
    IncidentActKind.REPORTED: Text(zh="请写明发生了什么。", en="Say what happened."),
    IncidentActKind.ALSO: Text(zh="请写明发生了什么。", en="Say what happened."),
    IncidentActKind.UPDATED: Text(zh="请写明续报内容。", en="Say what is new."),
    IncidentActKind.ASKED: Text(zh="请写明问题。", en="Write the question."),
    IncidentActKind.ANSWERED: Text(zh="请写明答复。", en="Write the answer."),
    IncidentActKind.REOPENED: Text(zh="请说明理由。", en="Give the reason."),
    IncidentActKind.GRADED: Text(zh="请说明理由。", en="Give the reason."),
    IncidentActKind.MERGED: Text(zh="请说明理由。", en="Give the reason."),
    IncidentActKind.NOTED: Text(zh="请写明批注内容。", en="Write the note."),
}

_ALLOWED = {
    IncidentActKind.CONFIRMED: (IncidentState.PHONED,),
    IncidentActKind.ALSO: UNDER_WAY,
    IncidentActKind.UPDATED: (IncidentState.OPEN,),
    IncidentActKind.ASKED: UNDER_WAY,
    IncidentActKind.ANSWERED: UNDER_WAY,
    IncidentActKind.CLOSED: (IncidentState.OPEN,),
    IncidentActKind.REOPENED: (IncidentState.CLOSED, IncidentState.MERGED),
    IncidentActKind.GRADED: UNDER_WAY,
    IncidentActKind.MERGED: UNDER_WAY,
}
"""In which states an act is possible; those that are not named are in any."""

_STATES = {
    IncidentState.PHONED: Text(
        zh="这是电话报告的记录，机构须先书面确认。",
        en="This is a note of a telephone report: the institution confirms it first.",
    ),
    IncidentState.OPEN: Text(zh="该事件尚未结案。", en="The incident is open."),
    IncidentState.CLOSED: Text(zh="该事件已经结案。", en="The incident is closed."),
    IncidentState.MERGED: Text(
        zh="该事件已并入另一事件。", en="The incident is the same as another, which goes on."
    ),
}
