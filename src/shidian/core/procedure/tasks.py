"""Whose turn it is and what comes next: every open task of a case, read off its state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.desk import Desk, said
from shidian.core.procedure.duties import besides, in_order
from shidian.core.procedure.evaluating import (
    doer,
    is_confirmation,
    open_steps,
    ungraded,
    unjudged,
)
from shidian.core.procedure.moves import stage_of
from shidian.core.procedure.objecting import rule_named
from shidian.core.procedure.parties import partner_tasks
from shidian.core.procedure.session_tasks import defence_tasks, paper_tasks, voting_task
from shidian.core.procedure.types import ActorKind, CaseState, Task, Verb
from shidian.core.rulebook.model import Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.rulebook.model import EvaluationStep

    Tasks = Callable[[Desk], Iterator[Task]]


PROMISE_CHARACTERS_MAX = 40
"""How much of a promise's words its task shows."""


def shortened(words: str, characters_max: int) -> str:
    """The words on one line, cut with an ellipsis where they are longer."""
    line = " ".join(words.split())
    return line if len(line) <= characters_max else line[: characters_max - 1].rstrip() + "…"


def open_tasks(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[Task, ...]:
    """All open tasks. Once closed, an objection's alone; at least one before."""
    if not state.stage or state.stage_kind is None:
        return ()
    desk = Desk(rulebook, calendar, state, stage_of(rulebook, state.stage), today)
    if state.held is not None:
        return (*partner_tasks(desk), *_doubt(desk), _release(desk))
    if state.is_closed:
        return tuple(_closed(desk))
    found = [*_requests(desk), *_doubt(desk), *besides(desk), *partner_tasks(desk)]
    found += (one for task in _TASKS[state.stage_kind](desk) for one in in_order(desk, task))
    return tuple({task.key: task for task in found}.values())


def _draft(desk: Desk) -> Iterator[Task]:
    yield desk.applicant(
        Verb.SUBMIT, "填写并提交申报", "Complete and submit the application", desk.due
    )


def _screening(desk: Desk) -> Iterator[Task]:
    dues = [desk.request_due(request.id) for request in desk.state.open_requests]
    if any(due is None or desk.today <= due for due in dues):
        return
    if dues:
        zh, en = "补正逾期未答复：作出初审决定", "A request went unanswered: decide the screening"
    else:
        zh = "初审：转入下一阶段、要求补正、退回或不予入选"
        en = "Screen: pass on, request information, return or reject"
    yield desk.officer(Verb.ADVANCE, zh, en)


def _requests(desk: Desk) -> Iterator[Task]:
    """Open requests: the applicant's to answer, whether in time or late."""
    for request in desk.state.open_requests:
        due = desk.request_due(request.id)
        yield desk.applicant(
            Verb.ANSWER_INFORMATION,
            f"答复补正 {request.id}",
            f"Answer information request {request.id}",
            due,
            f"/{request.id}",
        )


def _review(desk: Desk) -> Iterator[Task]:
    current = desk.state.round
    if current is None and (task := _by_lot(desk)) is not None:
        yield task
        return
    if current is None:
        yield desk.officer(
            Verb.OPEN_ROUND,
            "组织专家评审：确定专家与起止日期",
            "Open the review round: choose experts and dates",
        )
        return
    yield from paper_tasks(desk, current)
    if current.closed and current.passed is False:
        yield desk.officer(
            Verb.REJECT,
            "评审未达合格线：不予入选，或说明理由后重新评审",
            "Below the pass mark: reject, or open another round with reasons",
        )
        return
    if current.closed and (task := voting_task(desk, current)) is not None:
        yield task
        return
    if current.closed:
        yield desk.officer(
            Verb.ADVANCE, "评审已结束：转入下一阶段", "Review is closed: move to the next stage"
        )
        return
    yield from _expert_tasks(desk)
    yield from defence_tasks(desk, current)
    yield desk.officer(Verb.CLOSE_ROUND, *_closing_words(desk))


def _doubt(desk: Desk) -> Iterator[Task]:
    """A result that a conflict found after closing has put in doubt."""
    if desk.state.round is not None and desk.state.round.doubted:
        yield desk.officer(
            Verb.UPHOLD_REVIEW,
            "结束评审后有专家声明利益冲突或提出异议：复核评审结果",
            "A conflict or a wrong sheet was found after closing: examine the result again",
        )


def _closing_words(desk: Desk) -> tuple[str, str]:
    """Of an open round: whether a seat is to be filled first."""
    current, panel = desk.state.round, desk.stage.panel
    if current is not None and current.disputed:
        return (
            "有专家对代录的评审表提出异议：更正录入，或待其本人提交",
            "An expert disputes the sheet entered for them: enter it rightly, or let them file",
        )
    seats = panel.min if panel else 1
    seats += 1 if panel and panel.odd and seats % 2 == 0 else 0
    sitting = sum(not current.conflicts.get(one) for one in current.experts) if current else 0
    if sitting < seats:
        return (
            f"专家席位空缺 {seats - sitting} 个：请增邀专家",
            f"Seats to fill: {seats - sitting}. Invite more experts",
        )
    return "评审意见收齐后结束评审", "Close the round once the reviews are in"


def _by_lot(desk: Desk) -> Task | None:
    """Fixing the pool, then the draw; None where officers choose the panel."""
    panel, pool = desk.stage.panel, desk.state.pool
    if panel is None or panel.drawn != "random":
        return None
    if pool is None:
        return desk.officer(
            Verb.COMMIT_POOL,
            "固定抽签名单，公布种子来源",
            "Fix the pool for the draw and name the seed",
        )
    return desk.officer(
        Verb.OPEN_ROUND,
        "按公布的种子抽取专家，开启评审",
        "Draw the panel with the seed and open the round",
        not_before=pool.known_from,
    )


def _expert_tasks(desk: Desk) -> Iterator[Task]:
    current = desk.state.round
    if current is None:
        return
    filed = {one.expert for one in current.reviews if not one.is_disputed}
    for expert in current.experts:
        conflict = current.conflicts.get(expert)
        if conflict or expert in filed:
            continue
        declare = conflict is None
        verb = Verb.DECLARE_CONFLICT if declare else Verb.SUBMIT_REVIEW
        what = (
            said("声明是否有利益关系", "Declare whether you have a conflict of interest")
            if declare
            else said("逐项评分并写明理由", "Score each criterion with reasons")
        )
        yield Task(
            f"{desk.stage.id}/{verb}/{expert}",
            verb,
            ActorKind.EXPERT,
            what,
            person=expert,
            due=current.ends,
            not_before=None if declare else current.starts,
        )


def _assessment(desk: Desk) -> Iterator[Task]:
    failed = any(one.finding == "fail" for one in desk.state.findings.values())
    if desk.state.findings and not failed:
        yield desk.officer(
            Verb.ADVANCE,
            "评估报告已提交：转入下一阶段",
            "The assessment is filed: move to the next stage",
        )
        return
    by_officers = desk.stage.by == "authority"
    yield Task(
        f"{desk.stage.id}/{Verb.FILE_ASSESSMENT}",
        Verb.FILE_ASSESSMENT,
        ActorKind.OFFICER if by_officers else ActorKind.ASSESSOR,
        said("有不通过项：整改后重新评估", "An area failed: assess again after it is mended")
        if failed
        else said("逐项评估并提交报告", "Assess each area and file the report"),
        due=desk.due,
    )


def _notice(desk: Desk) -> Iterator[Task]:
    notice = desk.state.notice
    if notice is None:
        yield desk.officer(Verb.OPEN_NOTICE, "核对并发布公示", "Check and publish the notice")
        return
    unanswered = [name for name, answered in notice.comments.items() if not answered]
    if unanswered and desk.rulebook.notice.answers == "summary":
        yield desk.officer(
            Verb.ANSWER_COMMENT,
            f"汇总答复公众意见（{len(unanswered)} 条）",
            f"Answer the public comments in one summary ({len(unanswered)})",
            due=None,
        )
    else:
        for comment in unanswered:
            yield Task(
                f"{desk.stage.id}/{Verb.ANSWER_COMMENT}/{comment}",
                Verb.ANSWER_COMMENT,
                ActorKind.OFFICER,
                said(f"答复公众意见 {comment}", f"Answer public comment {comment}"),
            )
    after = desk.due + timedelta(1) if desk.due else None
    yield desk.officer(
        Verb.ADVANCE,
        "公示期满且意见均已答复后转入下一阶段",
        "Move on once the window is over and every comment answered",
        due=None,
        not_before=after,
    )


def _admission(desk: Desk) -> Iterator[Task]:
    yield desk.officer(Verb.SIGN_OFF, "会签准入", "Sign off the admission")


_RUN_ENDS = {
    Verb.BEGIN_EVALUATION: ("试点期满前启动评估", "Begin evaluation in time"),
    Verb.ADVANCE: ("转入下一运行阶段", "Move to the next stage of the run"),
    Verb.CLOSE: ("试点期满结案", "Close the case when the term ends"),
    Verb.TERMINATE: ("试点期满退出", "End the pilot when its term ends"),
}


def _running(desk: Desk) -> Iterator[Task]:
    verb = _after_the_run(desk)
    yield desk.officer(verb, *_RUN_ENDS[verb])
    if desk.rulebook.reports:
        yield desk.applicant(
            Verb.FILE_REPORT,
            "按制度文本报送报告",
            "File the reports due under the rulebook",
            None,
        )


def _after_the_run(desk: Desk) -> Verb:
    """On along the first way ahead that the rulebook draws; where there is none, to the end."""
    for name in desk.stage.next:
        for verb in (Verb.ADVANCE, Verb.BEGIN_EVALUATION):
            if name in {one.id for one in desk.onward(verb)}:
                return verb
    return next((verb for verb in _RUN_ENDS if desk.can(verb)), Verb.TERMINATE)


def _evaluation(desk: Desk) -> Iterator[Task]:
    promises, areas = unjudged(desk.state), ungraded(desk.stage, desk.state)
    for promise in promises:
        words = shortened(promise.text or promise.id, PROMISE_CHARACTERS_MAX)
        yield Task(
            f"{desk.stage.id}/{Verb.JUDGE_PROMISE}/{promise.id}",
            Verb.JUDGE_PROMISE,
            ActorKind.OFFICER,
            said(f"评定承诺：{words}", f"Judge promise: {words}"),
            due=desk.due,
        )
    if areas:
        zh = "、".join(one.name.zh for one in areas)
        en = ", ".join(one.name.en for one in areas)
        yield desk.officer(
            Verb.FILE_EVALUATION, f"填写评估结论：{zh}", f"File the evaluation: {en}"
        )
    is_judged = not promises and not areas
    steps = open_steps(desk.stage, desk.state)
    if steps and (is_judged or not is_confirmation(steps[0])):
        yield _step(desk, steps[0])
    if is_judged and not steps:
        yield desk.officer(
            Verb.CLOSE, "评估完成：结案或延期", "The evaluation is complete: close or extend"
        )


def _step(desk: Desk, step: EvaluationStep) -> Task:
    """The next step, for whom the rulebook names, or for an officer to enter."""
    kind = doer(step, desk.state)
    entered = kind.value != step.by
    return Task(
        f"{desk.stage.id}/{Verb.COMPLETE_STEP}/{step.id}",
        Verb.COMPLETE_STEP,
        kind,
        said(f"录入评估步骤：{step.name.zh}", f"Enter the step: {step.name.en}")
        if entered
        else said(f"完成评估步骤：{step.name.zh}", f"Complete the step: {step.name.en}"),
        institution=desk.state.institution if kind is ActorKind.APPLICANT else None,
        due=desk.due,
    )


def _release(desk: Desk) -> Task:
    """The same words whatever was decided."""
    return desk.officer(
        Verb.RELEASE_DECISION, "已有决定：同批公布", "Decided: release it with its batch", due=None
    )


def _closed(desk: Desk) -> Iterator[Task]:
    """What an objection asks of the body that decides on it."""
    made = desk.state.objection
    rule = rule_named(desk.rulebook, made.rule) if made else None
    if made is None or rule is None or made.decided is not None:
        return
    due = next((one.due for one in desk.state.sums if one.clock == rule.clock), None)
    yield Task(
        f"{desk.stage.id}/{Verb.DECIDE_OBJECTION}",
        Verb.DECIDE_OBJECTION,
        ActorKind.OFFICER,
        said(f"作出决定：{rule.name.zh}", f"Decide: {rule.name.en}"),
        authority=rule.body,
        due=due,
    )


_TASKS: dict[StageKind, Tasks] = {
    StageKind.DRAFT: _draft,
    StageKind.SCREENING: _screening,
    StageKind.REVIEW: _review,
    StageKind.ASSESSMENT: _assessment,
    StageKind.NOTICE: _notice,
    StageKind.ADMISSION: _admission,
    StageKind.RUNNING: _running,
    StageKind.EVALUATION: _evaluation,
}
