"""Moves between stages: onwards once the stage's work is done, back, out, and by sign-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.consents import signers, signoff_rule, standing
from shidian.core.procedure.criteria import judged_between
from shidian.core.procedure.handlers import (
    application,
    assessment,
    conditions,
    late_conflict,
    notice,
    releasing,
    review,
    steps,
)
from shidian.core.procedure.handlers.entering import close_with, enter, outcome_of
from shidian.core.procedure.handlers.gates import (
    must_be_agreed,
    must_be_consulted,
    must_be_graded,
    must_meet_thresholds,
)
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode, SignOffState
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent
    from shidian.core.rulebook.model import Criterion, Stage

REJECTED = "rejected"
WITHDRAWN = "withdrawn"
TERMINATED = "terminated"
"""Ids a rulebook conventionally gives these outcomes; one that differs is named by the act."""


def advance(case: Situation) -> tuple[NewEvent, ...]:
    """To another stage. Forwards needs the stage's work to be done, any way needs a reason."""
    reason = case.data.reason()
    if case.stage.kind is StageKind.ADMISSION and not case.data.has("to"):
        must_be_agreed(case)
    target = case.target()
    if not case.ahead(target):
        return enter(case, target, reason)
    checklist = _done(case, target)
    found = must_meet_thresholds(case, target)
    if releasing.starts_the_run(case, target) and releasing.is_held(case):
        return (*checklist, releasing.keep(case, releasing.ADMIT, target, reason, found=found))
    return (*checklist, *enter(case, target, reason, found=found))


def return_to_applicant(case: Situation) -> tuple[NewEvent, ...]:
    """Back to a draft, so that the applicant can mend and submit again."""
    reason = case.data.reason()
    return enter(case, case.target(), reason)


def reject(case: Situation) -> tuple[NewEvent, ...]:
    """Ends an application before a pilot. Not while the applicant still has time to answer."""
    reason = case.data.reason()
    application.must_be_answered(case)
    if releasing.is_held(case):
        target = case.target()
        outcome = outcome_of(case, target, REJECTED)
        return (releasing.keep(case, releasing.REJECT, target, reason, outcome=outcome.id),)
    return close_with(case, REJECTED, reason)


def withdraw(case: Situation) -> tuple[NewEvent, ...]:
    """The applicant leaves, from any open stage."""
    return close_with(case, WITHDRAWN, case.data.reason())


def terminate(case: Situation) -> tuple[NewEvent, ...]:
    """The authorities end a running pilot."""
    return close_with(case, TERMINATED, case.data.reason())


def sign_off(case: Situation) -> tuple[NewEvent, ...]:
    """One authority's word. In admission the last consent admits.

    It comes once the stage's work is done: nobody consents to a result not yet there. A consent
    stands; an authority that refused may still come round to consent.
    """
    data, authority = case.data, case.data.name("authority")
    needed = signers(case.rulebook, case.stage)
    if authority not in needed or authority != case.act.actor.authority:
        listed = ", ".join(needed) or "–"
        refuse(
            RefusalCode.WRONG_AUTHORITY,
            f"只能代表本单位会签；本阶段会签单位：{listed}。",
            f"You sign for your own authority only; this stage needs: {listed}.",
            "authority",
        )
    consent, reason = data.boolean("consent"), data.text("reason", empty=True)
    if not consent:
        data.reason()
    word = case.state.signoffs.get(authority)
    if word is not None and (word.consent or not consent):
        refuse(
            RefusalCode.ALREADY_DONE,
            "贵单位已会签，无需重复。",
            "Your authority has already signed; nothing more is needed.",
            "authority",
        )
    under = conditions.stated(case, consent=consent)
    _in_turn(case, authority)
    _worked(case)
    signed = case.event(EventKind.SIGNOFF_GIVEN)
    spoken = SignOffState(authority, consent, reason, case.act.actor.person, under)
    words = {**case.state.signoffs, authority: spoken}
    agreed = standing(signoff_rule(case.rulebook, case.stage.id), words).agreed
    if case.stage.kind is StageKind.ADMISSION and consent and agreed:
        target = case.target()
        found = must_meet_thresholds(case, target)
        if releasing.starts_the_run(case, target) and releasing.is_held(case):
            return (signed, releasing.keep(case, releasing.ADMIT, target, reason, found=found))
        return (signed, *enter(case, target, found=found))
    return (signed,)


def _in_turn(case: Situation, authority: str) -> None:
    """Refuses the one that signs last while consents of the others are awaited or out of reach."""
    rule = signoff_rule(case.rulebook, case.stage.id)
    now = standing(rule, case.state.signoffs)
    if rule is None or authority != rule.lead or now.agreed:
        return
    others = [one for one in (*now.awaited, *now.refused) if one != authority]
    if others:
        listed = ", ".join(others)
        refuse(
            RefusalCode.LEAD_SIGNS_LAST,
            f"牵头单位最后会签，尚待：{listed}。",
            f"The leading authority signs last; still awaited: {listed}.",
            "authority",
        )


def _done(case: Situation, target: Stage) -> tuple[NewEvent, ...]:
    """Refuses unless the work of the stage is done and agreed; what was judged is a checklist."""
    application.must_be_answered(case)
    _worked(case)
    events = _checklist(case, judged_between(case.rulebook, case.stage, target))
    must_be_agreed(case)
    return events


def _worked(case: Situation) -> None:
    """Refuses unless what the stage is there for has been done."""
    must_be_graded(case)
    must_be_consulted(case)
    late_conflict.must_not_be_doubted(case)
    match case.stage.kind:
        case StageKind.REVIEW:
            review.must_be_passed(case)
        case StageKind.ASSESSMENT:
            assessment.must_be_passed(case)
        case StageKind.NOTICE:
            notice.must_be_over(case)
        case StageKind.EVALUATION:
            steps.must_be_evaluated(case)
        case _:
            pass


def _checklist(case: Situation, judged: tuple[Criterion, ...]) -> tuple[NewEvent, ...]:
    """Every mandatory criterion of the move must be judged, and met."""
    if not judged:
        return ()
    findings = case.data.table("findings")
    findings.only(one.id for one in judged)
    for criterion in (one for one in judged if one.mandatory):
        if not findings.has(criterion.id) or not findings.table(criterion.id).boolean("met"):
            refuse(
                RefusalCode.CRITERIA_UNMET,
                f"必备条件“{criterion.name.zh}”未认定符合：请核对，或要求补正、退回、不予入选。",
                f"Mandatory criterion “{criterion.name.en}” is not found met: check it, or request"
                " information, return or reject.",
                f"findings/{criterion.id}",
            )
    for name in findings.fields():
        sheet = findings.table(name)
        sheet.only(("met", "reason"))
        sheet.boolean("met")
        sheet.text("reason", empty=True)
    if not findings.fields():
        return ()
    given = case.act.data["findings"]
    return (
        case.follows(EventKind.CHECKLIST_FILED, "/criteria", stage=case.stage.id, findings=given),
    )
