"""What no task asks for: leaving, commenting, coming round; when it comes up, and the act it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.moves import moves
from shidian.core.procedure.simulation.deeds import Deeds, consent_after_all
from shidian.core.procedure.simulation.paperwork import REASON
from shidian.core.procedure.simulation.plans import asked_still, asleep, refused, term_ends
from shidian.core.procedure.types import ActorKind, EventKind, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.walk import Walk
    from shidian.core.procedure.types import Act, Effects

_BEFORE_ADMISSION_DAYS = 120
_NO_WINDOW_DAYS = 20


def act_of_moment(deeds: Deeds, key: str) -> Act | None:
    """The act whose moment has come; None where the case has moved on and nobody wants it."""
    name, _, rest = key.partition("/")
    return _ACTS[name](deeds, rest)


def moments_after(
    ground: Ground, walk: Walk, act: Act, answer: Effects
) -> Iterator[tuple[str, int]]:
    """(moment, working days from now) for what people make up their minds to after an act."""
    dice, assumed = walk.dice, ground.assumed
    kinds = {event.kind for event in answer.events}
    if act.verb is Verb.CREATE and dice.happens("abandoned", assumed.abandoned_percent):
        yield "withdraw", 1
    if EventKind.CASE_SUBMITTED in kinds:
        if dice.happens("withdrawal", assumed.withdrawal_percent):
            yield "withdraw", 1 + dice.below("withdrawal-day", _BEFORE_ADMISSION_DAYS)
    elif EventKind.NOTICE_OPENED in kinds:
        yield from _comments(ground, walk, act)
    elif EventKind.REQUEST_OPENED in kinds:
        yield from _request_over(ground, act, answer)
    elif act.verb in (Verb.SIGN_OFF, Verb.GIVE_OPINION):
        yield from _second_thoughts(ground, walk, act)
    if EventKind.PILOT_STARTED in kinds:
        yield from _in_the_run(ground, walk, act)
    if EventKind.STAGE_ENTERED in kinds:
        yield from _lengthening(ground, walk, act)


def _request_over(ground: Ground, act: Act, answer: Effects) -> Iterator[tuple[str, int]]:
    """Once its time is over, whose turn it is changes although nothing happens."""
    dues = [one.due for one in answer.state.sums if one.due and one.key.startswith("request/")]
    after = max(dues, default=act.at.date()) + timedelta(1)
    yield "look", ground.horizon.number(after) - ground.horizon.number(act.at.date())


def _second_thoughts(ground: Ground, walk: Walk, act: Act) -> Iterator[tuple[str, int]]:
    if not refused(ground, walk):
        return
    percent = ground.assumed.come_round_percent
    comes_round = walk.once(f"coming-round/{walk.stay}", "come-round", percent)
    if comes_round and act.verb is Verb.SIGN_OFF:
        days = 1 + walk.dice.spread("signing", ground.assumed.signing)
        yield f"come-round/{act.data['authority']}", days


def _in_the_run(ground: Ground, walk: Walk, act: Act) -> Iterator[tuple[str, int]]:
    dice, assumed, horizon = walk.dice, ground.assumed, ground.horizon
    begun = horizon.number(act.at.date())
    span = max(2, horizon.number(term_ends(ground, walk)) - begun)
    for moment, percent in (
        ("terminate", assumed.termination_percent),
        ("leave", assumed.run_withdrawal_percent),
    ):
        if dice.happens(moment, percent):
            yield moment, 1 + dice.below(f"{moment}-day", span)


def _comments(ground: Ground, walk: Walk, act: Act) -> Iterator[tuple[str, int]]:
    dice, assumed, horizon = walk.dice, ground.assumed, ground.horizon
    stage = ground.stages[walk.state.stage]
    if not stage.comments or not dice.happens("comments", assumed.comment_percent):
        return
    today = act.at.date()
    clock = walk.clock(f"{stage.id}/{stage.clock}")
    window = horizon.between(today, clock.due) if clock and clock.due else _NO_WINDOW_DAYS
    for each in range(1 + dice.below("comments-many", assumed.comments_max)):
        yield f"comment/{each}", dice.below("comment-day", max(1, window))


def _lengthening(ground: Ground, walk: Walk, act: Act) -> Iterator[tuple[str, int]]:
    """Where the rulebook lets a stage's clock be extended, halfway through it now and then is."""
    stage = ground.stages[walk.state.stage]
    if stage.clock is None or stage.kind not in VERBS[Verb.EXTEND_CLOCK].kinds:
        return
    rule, clock = ground.rulebook.clock(stage.clock), walk.clock(f"{stage.id}/{stage.clock}")
    if rule.extension is None or rule.starts == "pilot.started" or clock is None or not clock.due:
        return
    if walk.dice.happens("clock-extension", ground.assumed.clock_extension_percent):
        days = ground.horizon.between(act.at.date(), clock.due)
        yield f"extend-clock/{walk.stay}/{rule.id}", max(0, days // 2)


def _commission(deeds: Deeds, _rest: str) -> Act | None:
    state = deeds.walk.state
    if state.stage_kind is not StageKind.ASSESSMENT:
        return None
    return deeds.officer(Verb.COMMISSION_ASSESSMENT, body=f"body-{len(state.commissioned)}")


def _examine(deeds: Deeds, _rest: str) -> Act | None:
    walk = deeds.walk
    screening = walk.state.stage_kind is StageKind.SCREENING
    barred = not screening or asleep(deeds.ground, walk) or asked_still(walk, deeds.today)
    return None if barred or not deeds.unfit() else deeds.move(Verb.REJECT)


def _invite(deeds: Deeds, _rest: str) -> Act | None:
    current = deeds.walk.state.round
    if current is None or current.closed:
        return None
    return deeds.plain(Verb.INVITE_EXPERTS, ActorKind.OFFICER)


def _reject(deeds: Deeds, _rest: str) -> Act | None:
    here = deeds.walk.state.stage_kind is StageKind.ASSESSMENT
    return deeds.move(Verb.REJECT) if here and not asked_still(deeds.walk, deeds.today) else None


def _comment(deeds: Deeds, _rest: str) -> Act | None:
    state = deeds.walk.state
    if state.stage_kind is not StageKind.NOTICE or state.notice is None:
        return None
    return deeds.plain(Verb.RECORD_COMMENT, ActorKind.PUBLIC)


def _come_round(deeds: Deeds, authority: str) -> Act | None:
    word = deeds.walk.state.signoffs.get(authority)
    return consent_after_all(deeds, authority) if word and not word.consent else None


def _extend_clock(deeds: Deeds, rest: str) -> Act | None:
    stay, _, clock = rest.partition("/")
    if stay != deeds.walk.stay:
        return None
    return deeds.officer(Verb.EXTEND_CLOCK, clock=clock, reason=REASON)


def _leaves(verb: Verb, *, in_the_run: bool) -> Callable[[Deeds, str], Act | None]:
    def leave(deeds: Deeds, _rest: str) -> Act | None:
        ground, state = deeds.ground, deeds.walk.state
        if state.admitted is not in_the_run:
            return None
        able = moves(ground.rulebook, ground.stages[state.stage], verb)
        return deeds.move(verb) if able else None

    return leave


_ACTS: dict[str, Callable[[Deeds, str], Act | None]] = {
    "create": lambda deeds, _rest: deeds.create(),
    "commission": _commission,
    "examine": _examine,
    "invite": _invite,
    "reject": _reject,
    "comment": _comment,
    "come-round": _come_round,
    "extend-clock": _extend_clock,
    "withdraw": _leaves(Verb.WITHDRAW, in_the_run=False),
    "leave": _leaves(Verb.WITHDRAW, in_the_run=True),
    "terminate": _leaves(Verb.TERMINATE, in_the_run=True),
}
