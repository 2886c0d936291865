"""The steps of an evaluation are done one after the other, each by whom the rulebook names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.evaluating import (
    demanded,
    is_confirmation,
    open_steps,
    ungraded,
    unjudged,
)
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ActorKind, EventKind, RefusalCode
from shidian.core.rulebook.reading import duty_words

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent
    from shidian.core.rulebook.model import EvaluationStep


def complete_step(case: Situation) -> tuple[NewEvent, ...]:
    """Marks the next step done: on a day, with words, and with a document where one is asked for.

    By whom the rulebook names; what the firm, a body or an expert did on paper an officer enters
    with its document. A signing officer's step waits for every judgement and grade, as it confirms
    them.
    """
    step = _next(case)
    on_paper = _on_paper(case, step)
    case.data.reason("text")
    _in_time(case)
    _documented(case, needed=step.document or on_paper)
    if is_confirmation(step):
        must_be_judged(case)
    return (case.event(EventKind.STEP_COMPLETED),)


def _next(case: Situation) -> EvaluationStep:
    """The step that the act names. Refuses one that is done, and one whose turn it is not."""
    wanted = case.data.choice("step", [one.id for one in demanded(case.stage)])
    if wanted in case.state.steps:
        refuse(
            RefusalCode.ALREADY_DONE,
            "这一步骤已经完成，无需重复。",
            "This step is done already; nothing more is needed.",
            "step",
        )
    first = open_steps(case.stage, case.state)[0]
    if first.id != wanted:
        refuse(
            RefusalCode.STEP_OUT_OF_ORDER,
            f"评估步骤须按制度文本的顺序进行：请先完成“{first.name.zh}”。",
            f"The steps are done in the rulebook's order: first complete “{first.name.en}”.",
            "step",
        )
    return first


def _on_paper(case: Situation, step: EvaluationStep) -> bool:
    """Whether an officer enters what another did. Refuses who is not named for it."""
    kind = case.act.actor.kind
    if kind.value == step.by:
        return False
    if kind is ActorKind.OFFICER and not is_confirmation(step):
        return True
    who = duty_words.party(step.by or "")
    refuse(
        RefusalCode.WRONG_ACTOR,
        f"按制度文本，“{step.name.zh}”由{who.zh}完成。",
        f"By the rulebook “{step.name.en}” is for this role to complete: {who.en}.",
        "step",
    )
    return False


def _documented(case: Situation, *, needed: bool) -> None:
    """Refuses a step without the document that it is done with."""
    if case.data.has("sha256"):
        case.data.sha256("sha256")
    elif needed:
        refuse(
            RefusalCode.BAD_DATA,
            "请附上这一步骤的文件；代为录入的，附纸质材料的扫描件。",
            "Attach the document of this step; of one entered from paper, its scan.",
            "sha256",
        )


def _in_time(case: Situation) -> None:
    """Refuses a day before the step before, or before there was a pilot, and one to come."""
    state = case.state
    first = max((one.day for one in state.steps.values()), default=state.pilot_started)
    day = case.data.day("on")
    if day > case.today or (first is not None and day < first):
        refuse(
            RefusalCode.BAD_DATA,
            f"完成日期应在 {first} 至今天之间：不早于上一步骤，也不晚于今天。",
            f"The day must lie between {first} and today: not before the step before it.",
            "on",
        )


def must_be_judged(case: Situation) -> None:
    """Refuses until every promise is judged and every dimension graded."""
    promises = unjudged(case.state)
    if promises:
        listed = ", ".join(one.id for one in promises)
        refuse(
            RefusalCode.PROMISES_UNJUDGED,
            f"请先评定下列承诺：{listed}。",
            f"First judge these promises: {listed}.",
        )
    areas = ungraded(case.stage, case.state)
    if areas:
        zh = "、".join(one.name.zh for one in areas)
        en = ", ".join(one.name.en for one in areas)
        refuse(
            RefusalCode.DIMENSIONS_UNFILED,
            f"请先填写下列评估维度：{zh}。",
            f"First grade these dimensions: {en}.",
        )


def must_be_evaluated(case: Situation) -> None:
    """Refuses until all is judged and graded, and every step done that somebody is named for."""
    must_be_judged(case)
    steps = open_steps(case.stage, case.state)
    if steps:
        zh = "、".join(one.name.zh for one in steps)
        en = ", ".join(one.name.en for one in steps)
        refuse(
            RefusalCode.STEPS_OPEN,
            f"请先完成下列评估步骤：{zh}。",
            f"First complete these steps of the evaluation: {en}.",
        )
