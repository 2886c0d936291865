"""Moves between stages: onwards once the stage's work is done, back, out, and by sign-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers import assessment, notice, review
from shidian.core.procedure.handlers.entering import close_with, enter
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.situation import signers
from shidian.core.procedure.types import EventKind, RefusalCode
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent

REJECTED = "rejected"
WITHDRAWN = "withdrawn"
TERMINATED = "terminated"
"""Ids a rulebook conventionally gives these outcomes; one that differs is named by the act."""


def advance(case: Situation) -> tuple[NewEvent, ...]:
    """To another stage. Forwards needs the stage's work to be done, any way needs a reason."""
    reason = case.data.reason()
    if case.stage.kind is StageKind.ADMISSION and not case.data.has("to"):
        _consents_first(case)
    target = case.target()
    checklist: tuple[NewEvent, ...] = ()
    if case.ahead(target):
        checklist = _done(case)
    return (*checklist, *enter(case, target, reason))


def return_to_applicant(case: Situation) -> tuple[NewEvent, ...]:
    """Back to a draft, so that the applicant can mend and submit again."""
    reason = case.data.reason()
    return enter(case, case.target(), reason)


def reject(case: Situation) -> tuple[NewEvent, ...]:
    """Ends an application before a pilot. Not while the applicant still has time to answer."""
    reason = case.data.reason()
    _no_pending_request(case)
    return close_with(case, REJECTED, reason)


def withdraw(case: Situation) -> tuple[NewEvent, ...]:
    """The applicant leaves, from any open stage."""
    return close_with(case, WITHDRAWN, case.data.reason())


def terminate(case: Situation) -> tuple[NewEvent, ...]:
    """The authorities end a running pilot."""
    return close_with(case, TERMINATED, case.data.reason())


def sign_off(case: Situation) -> tuple[NewEvent, ...]:
    """One authority's word. In admission the last consent admits.

    A consent stands; an authority that refused may still come round to consent.
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
    consent = data.boolean("consent")
    data.text("reason", empty=True) if consent else data.reason()
    word = case.state.signoffs.get(authority)
    if word is not None and (word.consent or not consent):
        refuse(
            RefusalCode.ALREADY_DONE,
            "贵单位已会签，无需重复。",
            "Your authority has already signed; nothing more is needed.",
            "authority",
        )
    signed = case.event(EventKind.SIGNOFF_GIVEN)
    others = [one for one in needed if one != authority]
    agreed = all(one in case.state.signoffs and case.state.signoffs[one].consent for one in others)
    if case.stage.kind is StageKind.ADMISSION and consent and agreed:
        return (signed, *enter(case, case.target()))
    return (signed,)


def _done(case: Situation) -> tuple[NewEvent, ...]:
    """Refuses unless the work of the stage is done; a screening leaves its checklist."""
    events: tuple[NewEvent, ...] = ()
    match case.stage.kind:
        case StageKind.SCREENING:
            _no_pending_request(case)
            events = _checklist(case)
        case StageKind.REVIEW:
            review.must_be_passed(case)
        case StageKind.ASSESSMENT:
            assessment.must_be_passed(case)
        case StageKind.NOTICE:
            notice.must_be_over(case)
        case _:
            pass
    _consents_first(case)
    return events


def _no_pending_request(case: Situation) -> None:
    for clock in case.state.clocks:
        if clock.key.startswith("request/") and (clock.due is None or case.today <= clock.due):
            refuse(
                RefusalCode.REQUEST_OPEN,
                f"补正尚未答复且未到期（{clock.due or '期限待定'}）：请等待答复或期满。",
                f"A request is open until {clock.due or 'a date not yet known'}:"
                " wait for the answer or for that day to pass.",
            )


def _checklist(case: Situation) -> tuple[NewEvent, ...]:
    """Every mandatory criterion of a screening stage must be judged, and met."""
    wanted = [one for one in case.rulebook.criteria if one.stage == case.stage.id and one.mandatory]
    findings = case.data.table("findings")
    findings.only(one.id for one in case.rulebook.criteria if one.stage == case.stage.id)
    for criterion in wanted:
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


def _consents_first(case: Situation) -> None:
    words = case.state.signoffs
    needed = signers(case.rulebook, case.stage)
    refused = [one for one in needed if one in words and not words[one].consent]
    missing = [one for one in needed if one not in words]
    if refused:
        listed = ", ".join(refused)
        refuse(
            RefusalCode.SIGNOFF_REFUSED,
            f"{listed} 不同意，不能向前转办：请不予入选、退回，或待其改为同意。",
            f"{listed} refused, so the case cannot go on: reject, send back, or await consent.",
        )
    if missing:
        listed = ", ".join(missing)
        refuse(
            RefusalCode.SIGNOFF_MISSING,
            f"尚待会签：{listed}。",
            f"Still to sign off: {listed}.",
        )
