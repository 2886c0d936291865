"""`step`: the one function through which a case moves. Pure: the same in, the same out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.consents import signers
from shidian.core.procedure.evaluating import demanded
from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.fold import apply_events, apply_on, derive_on, local_day
from shidian.core.procedure.handlers import HANDLERS
from shidian.core.procedure.handlers.entering import SEQ_MAX
from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import (
    MOVING,
    first_stage,
    moves,
    stage_of,
)
from shidian.core.procedure.objecting import bodies, open_rule, pending
from shidian.core.procedure.outbox import outbox_items
from shidian.core.procedure.reading import Data, RefusedError, refuse
from shidian.core.procedure.silence import silent_clocks
from shidian.core.procedure.situation import DECIDING_ROLES, Situation
from shidian.core.procedure.tiers import may_grade
from shidian.core.procedure.types import (
    Act,
    ActorKind,
    CaseState,
    Effects,
    NewEvent,
    PastEvent,
    Refusal,
    RefusalCode,
    Verb,
)
from shidian.core.procedure.verbs import DATA_KEYS, VERBS, WHILE_HELD
from shidian.core.procedure.when_read import WhenRead
from shidian.core.rulebook.model import AuthorityRole, StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.rulebook.model import Rulebook


_WORDS = frozenset({"reason", "to", "outcome", "call", "uscc", "lei"})
"""Data of any act that are text wherever they are given."""


def step(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    history: Sequence[PastEvent],
    act: Act,
    *,
    zone: str | None = None,
) -> Effects | Refusal:
    """What follows from `act` on a case with that history, or why it may not be.

    Permission of the person (access rows, conflicts) is the caller's; whether the capacity, the
    stage, the data and the rulebook allow the act is decided here. The effects' state is the fold
    of the history with the effects' events. `zone`: the rulebook's where not given.
    """
    state = apply_events(rulebook, CaseState(), history, zone)
    return step_from(rulebook, calendar, state, act, zone=zone)


def step_from(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    state: CaseState,
    act: Act,
    *,
    zone: str | None = None,
) -> Effects | Refusal:
    """`step` for who holds the state. Its clocks and tasks are not read, so any day's will do.

    Who walks a case keeps `effects.state` and need not read the history again.
    """
    zone = zone or rulebook.zone
    try:
        if act.at.tzinfo is None:
            refuse(RefusalCode.BAD_DATA, "时间缺少时区。", "The moment has no zone.", "at")
        today = local_day(act.at, zone)
        events = _handled(rulebook, calendar, state, act, today)
        # Inside the guard: what cannot be read back is refused, never stored.
        after = apply_on(rulebook, state, events, today).but(last_at=act.at)
        after = derive_on(rulebook, calendar, after, today)
    except RefusedError as refused:
        return refused.refusal
    return Effects(events, WhenRead(outbox_items, rulebook, state, after, events), after)


def as_past(events: Sequence[NewEvent], after_seq: int) -> tuple[PastEvent, ...]:
    """New events as they will be stored: numbered on from `after_seq`."""
    return tuple(
        PastEvent(after_seq + n, event.kind.value, event.at, event.actor, event.data)
        for n, event in enumerate(events, start=1)
    )


def permitted_verbs(rulebook: Rulebook, state: CaseState, kind: ActorKind) -> tuple[Verb, ...]:
    """The verbs that one of that kind may try in the case's stage: which buttons to show.

    Whether the act then goes through depends on its data; `step` has the last word.
    """
    if state.stage_kind is None:
        return (Verb.CREATE,) if kind in VERBS[Verb.CREATE].by else ()
    return tuple(
        verb
        for verb, spec in VERBS.items()
        if (state.held is None or verb in WHILE_HELD)
        and kind in spec.by
        and state.stage_kind in spec.kinds
        and _possible(rulebook, state, kind, verb)
    )


def _possible(  # noqa: C901, PLR0911, PLR0912 - one a verb
    rulebook: Rulebook, state: CaseState, kind: ActorKind, verb: Verb
) -> bool:
    stage = stage_of(rulebook, state.stage)
    match verb:
        case Verb.SIGN_OFF:
            return bool(signers(rulebook, stage))
        case Verb.COMMISSION_ASSESSMENT:
            return stage.by == "assessor-body"
        case Verb.FILE_ASSESSMENT:
            return (kind is ActorKind.OFFICER) == (stage.by == "authority")
        case Verb.CONSULT | Verb.GIVE_OPINION | Verb.ENTER_OPINION:
            return bool(asked_in(rulebook, state, stage.id))
        case Verb.GRADE_RISK:
            return may_grade(rulebook, stage)
        case Verb.COMPLETE_STEP:
            return bool(demanded(stage))
        case Verb.NOTE_PAPER:
            return bool(rulebook.materials)
        case Verb.STRIKE_PAPER:
            return bool(state.papers)
        case Verb.RECORD_SILENCE:
            return bool(silent_clocks(rulebook, stage.id))
        case Verb.EXTEND_CLOCK:
            return any(clock.extension for clock in rulebook.clocks)
        case Verb.CALL_SESSION:
            return bool(stage.panel and (stage.panel.defence or stage.panel.meeting))
        case Verb.RECORD_VOTE:
            return stage.panel is not None and stage.panel.meeting is not None
        case Verb.UPHOLD_REVIEW:
            return state.round is not None and state.round.doubted
        case Verb.RELEASE_DECISION | Verb.TAKE_BACK_DECISION:
            return state.held is not None
        case Verb.FILE_OBJECTION:
            return open_rule(rulebook, state) is not None
        case Verb.DECIDE_OBJECTION:
            return pending(state)
        case Verb.MIGRATE:
            return kind is not ActorKind.SIGNING_OFFICER or state.migration is not None
        case _:
            return verb not in MOVING or bool(moves(rulebook, stage, verb))


def _handled(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, act: Act, today: date
) -> tuple[NewEvent, ...]:
    _in_time(state, act.at)
    _right_stage(rulebook, state, act)
    _nothing_held(state, act.verb)
    _right_actor(rulebook, state, act)
    stage = stage_of(rulebook, state.stage) if state.stage else first_stage(rulebook)
    case = Situation(rulebook, calendar, state, stage, act, today, Data(act.data))
    case.data.only(DATA_KEYS[act.verb])
    _well_typed(case)
    return HANDLERS[act.verb](case)


def _well_typed(case: Situation) -> None:
    """Data that a verb may ignore must still be what they claim to be: they are stored."""
    data = case.data
    given = data.values()
    for key, value in given.items():
        if key in _WORDS and value is not None:
            data.text(key, empty=key == "reason")
    if data.has("seq"):
        data.integer("seq", 1, SEQ_MAX)


def _in_time(state: CaseState, at: datetime) -> None:
    if state.last_at is not None and at < state.last_at:
        refuse(
            RefusalCode.BEFORE_LAST_EVENT,
            "该案已有更晚的记录：请刷新后重试。",
            "Something later has happened to this case: reload and try again.",
            "at",
        )


def _nothing_held(state: CaseState, verb: Verb) -> None:
    """A decision that is kept stands as it is until it is released or taken back."""
    if state.held is not None and verb not in WHILE_HELD:
        refuse(
            RefusalCode.DECISION_HELD,
            "该案已有决定，待公布：请先公布或撤回该决定。",
            "This case has been decided and waits to be released: release the decision, or take it"
            " back, first.",
        )


def _right_stage(rulebook: Rulebook, state: CaseState, act: Act) -> None:
    if act.verb is Verb.CREATE and state.stage:
        refuse(RefusalCode.ALREADY_CREATED, "该案已存在。", "This case already exists.")
    if act.verb is Verb.CREATE:
        return
    if state.stage_kind is None:
        refuse(RefusalCode.NOT_CREATED, "该案尚未新建。", "This case has not been started.")
    if state.is_closed and StageKind.CLOSED not in VERBS[act.verb].kinds:
        refuse(RefusalCode.CLOSED, "该案已结案，不能再办理。", "The case is closed.")
    if state.stage_kind not in VERBS[act.verb].kinds:
        label, names = VERBS[act.verb].label, stage_of(rulebook, state.stage).names.staff
        refuse(
            RefusalCode.WRONG_STAGE,
            f"“{names.zh}”阶段不能“{label.zh}”：请刷新页面查看当前事项。",
            f"“{label.en}” is not possible in “{names.en}”: reload to see what is.",
        )


def _right_actor(rulebook: Rulebook, state: CaseState, act: Act) -> None:
    spec, actor = VERBS[act.verb], act.actor
    if actor.kind not in spec.by:
        refuse(
            RefusalCode.WRONG_ACTOR,
            f"您的身份不能“{spec.label.zh}”。",
            f"“{spec.label.en}” is not yours to do in this capacity.",
        )
    if actor.kind is ActorKind.APPLICANT and state.stage and actor.institution != state.institution:
        refuse(
            RefusalCode.WRONG_INSTITUTION,
            "此事由牵头机构办理。",
            "This is for the lead institution to do.",
        )
    if actor.kind not in (ActorKind.OFFICER, ActorKind.SIGNING_OFFICER):
        return
    if actor.authority not in _may_act(rulebook, act.verb):
        refuse(
            RefusalCode.WRONG_AUTHORITY,
            "此事由工作组成员单位办理。",
            "This is for a deciding authority of the working group.",
        )


@per_rulebook
def _may_act(rulebook: Rulebook, verb: Verb) -> frozenset[str]:
    """The authorities whose officers do a verb: the deciding ones, and who is consulted says so."""
    if verb is Verb.DECIDE_OBJECTION:
        return bodies(rulebook)
    roles = tuple(AuthorityRole) if verb is Verb.GIVE_OPINION else DECIDING_ROLES
    return frozenset(one.id for one in rulebook.authorities if one.role in roles)
