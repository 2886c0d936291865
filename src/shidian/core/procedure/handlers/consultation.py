"""Telling and asking other authorities, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, Position, RefusalCode
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import ConsultationState, NewEvent
    from shidian.core.rulebook.model import Consultation


def consult(case: Situation) -> tuple[NewEvent, ...]:
    """Sends a filing or asks for a word; starts the consultation's clock. Once in a stay."""
    asked = _named(case)
    case.data.sha256("sha256")
    if asked.id in case.state.consultations:
        refuse(
            RefusalCode.ALREADY_DONE,
            "已送出，无需重复。",
            "It has been sent already; nothing more is needed.",
            "consultation",
        )
    return (case.event(EventKind.CONSULTATION_OPENED),)


def give_opinion(case: Situation) -> tuple[NewEvent, ...]:
    """The consulted authority's word. A later one replaces it as long as the case has not moved."""
    asked = _named(case)
    if case.act.actor.authority != asked.authority:
        refuse(
            RefusalCode.WRONG_AUTHORITY,
            f"此项意见由 {asked.authority} 反馈。",
            f"This opinion is for {asked.authority} to give.",
            "consultation",
        )
    _word(case, asked)
    return (case.event(EventKind.OPINION_GIVEN),)


def enter_opinion(case: Situation) -> tuple[NewEvent, ...]:
    """An officer enters what the consulted authority wrote in a letter. Counts as its word.

    The event keeps the scan's hash, and the date and number of the letter.
    """
    asked = _named(case)
    opened = _word(case, asked).opened
    case.data.sha256("sha256")
    if not opened <= case.data.day("dated") <= case.today:
        refuse(
            RefusalCode.BAD_DATA,
            f"来函日期应在征求意见之日（{opened}）至今天之间：请核对来函落款。",
            f"The letter's date must lie between {opened}, when its opinion was asked for, and"
            " today: look at the date below its signature.",
            "dated",
        )
    if case.data.has("number"):
        case.data.name("number")
    return (case.event(EventKind.OPINION_GIVEN),)


def _word(case: Situation, asked: Consultation) -> ConsultationState:
    """What the word answers. Refuses where nothing was asked, or it says nothing."""
    if asked.kind is ConsultationKind.FILING or asked.id not in case.state.consultations:
        refuse(
            RefusalCode.NO_SUCH_CONSULTATION,
            "该事项未征求意见：请刷新页面查看。",
            "No opinion has been asked for in this matter: reload to see what is open.",
            "consultation",
        )
    case.data.choice("position", [one.value for one in Position])
    case.data.reason("text")
    return case.state.consultations[asked.id]


def _named(case: Situation) -> Consultation:
    """The consultation the act names. Refuses one that does not belong to the stage."""
    wanted = case.data.name("consultation")
    here = asked_in(case.rulebook, case.state, case.stage.id)
    for asked in here:
        if asked.id == wanted:
            return asked
    listed = ", ".join(one.id for one in here)
    refuse(
        RefusalCode.NO_SUCH_CONSULTATION,
        f"按制度文本，该案在本阶段没有这项征求意见或备案。可选：{listed or '无'}。",
        "The rulebook has no such consultation in this stage for this case."
        f" It has: {listed or 'none'}.",
        "consultation",
    )
    return None
