"""Partner institutions: invited, joining, declining, leaving, replaced; and their signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers.gates import must_be_complete
from shidian.core.procedure.parties import (
    Party,
    Standing,
    standing_as,
    text_to_sign,
    unsigned,
)
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent

TASK_MAX = 200


def invite_partner(case: Situation) -> tuple[NewEvent, ...]:
    """The lead asks an institution to take part, in the place of another where it says so."""
    data = case.data
    institution, kind = data.name("institution"), data.name("kind")
    data.text("task", max_length=TASK_MAX)
    leaving = data.name("replaces") if data.has("replaces") else None
    known = case.state.parties.get(institution)
    present = known is not None and known.standing in (Standing.INVITED, Standing.JOINED)
    if present or institution == case.state.institution:
        refuse(
            RefusalCode.ALREADY_PARTY,
            "该机构已在本案中，或已受邀。",
            "That institution is a party already, or has been invited.",
            "institution",
        )
    intake = case.rulebook.intake
    if intake is not None and kind not in intake.partner:
        refuse(
            RefusalCode.MAY_NOT_JOIN,
            "按制度文本，该类机构不能参与申报。",
            "By the rulebook an institution of this kind cannot join.",
            "institution",
        )
    if leaving is not None:
        _joined(case, leaving, "replaces")
    _room_for_one(case, 1 if leaving else 0)
    return (case.event(EventKind.PARTNER_INVITED),)


def answer_invitation(case: Situation) -> tuple[NewEvent, ...]:
    """The institution joins, or declines with a reason. Whom it replaces goes with its joining."""
    institution = _own(case)
    party = case.state.parties.get(institution)
    if party is None or party.standing is not Standing.INVITED:
        refuse(
            RefusalCode.NOT_INVITED,
            "该邀请不存在、已答复或已撤回。",
            "There is no such invitation, or it was answered or withdrawn.",
        )
        raise AssertionError
    if not case.data.boolean("join"):
        case.data.reason()
        return (case.event(EventKind.PARTNER_DECLINED, institution=institution),)
    case.data.text("reason", empty=True)
    joined = case.event(EventKind.PARTNER_JOINED, institution=institution)
    leaving = case.state.parties.get(party.replaces or "")
    if leaving is None or leaving.standing is not Standing.JOINED:
        return (joined,)
    gone = case.event(
        EventKind.PARTNER_LEFT, institution=leaving.institution, replaced_by=institution
    )
    return (joined, gone)


def leave_case(case: Situation) -> tuple[NewEvent, ...]:
    """A partner takes part no more, of its own will."""
    institution = _own(case)
    _joined(case, institution)
    case.data.reason()
    return (case.event(EventKind.PARTNER_LEFT, institution=institution),)


def release_partner(case: Situation) -> tuple[NewEvent, ...]:
    """The lead withdraws an invitation, or lets a partner go."""
    institution = case.data.name("institution")
    case.data.reason()
    party = case.state.parties.get(institution)
    if party is None or party.standing not in (Standing.INVITED, Standing.JOINED):
        _not_a_party("institution")
    return (case.event(EventKind.PARTNER_LEFT),)


def request_signatures(case: Situation) -> tuple[NewEvent, ...]:
    """The lead lays a complete text before its partners. A later change needs it laid anew."""
    must_be_complete(case)
    sha256 = case.data.sha256("sha256")
    if not standing_as(case.state, Standing.JOINED):
        refuse(
            RefusalCode.NO_PARTNER,
            "没有已加入的参与机构，无需征集签署。",
            "No partner has joined: there is nobody to sign besides you.",
        )
    if not unsigned(case.state, sha256):
        refuse(
            RefusalCode.ALREADY_DONE,
            "各参与机构均已签署现文本，可以提交。",
            "Every partner has signed this text: you can submit it.",
        )
    return (case.event(EventKind.SIGNATURES_REQUESTED),)


def sign_application(case: Situation) -> tuple[NewEvent, ...]:
    """A partner's signer puts its word to the text: its own sign-off of the application."""
    institution = _own(case)
    party = _joined(case, institution)
    wanted, given = text_to_sign(case.state), case.data.sha256("sha256")
    if wanted is None or given != wanted:
        refuse(
            RefusalCode.TEXT_CHANGED,
            "现文本不是牵头机构提请签署的文本：请待牵头机构再次提请。",
            "This is not the text that the lead laid before you: wait until it does so again.",
            "sha256",
        )
    if party not in unsigned(case.state):
        refuse(
            RefusalCode.ALREADY_DONE,
            "贵机构已签署该文本。",
            "Your institution has signed this text.",
        )
    return (case.event(EventKind.APPLICATION_SIGNED, institution=institution),)


def must_be_of_one_mind(case: Situation, sha256: str) -> None:
    """Refuses a submission while a partner has not answered, or not signed this very text."""
    joined = {one.institution for one in standing_as(case.state, Standing.JOINED)}
    if set(case.data.names("partners")) != joined:
        refuse(
            RefusalCode.BAD_DATA,
            "参与机构须为已接受邀请的机构。",
            "The partners must be those that accepted an invitation.",
            "partners",
        )
    if waiting := len(standing_as(case.state, Standing.INVITED)):
        refuse(
            RefusalCode.INVITATION_OPEN,
            f"尚有 {waiting} 份邀请未获答复：请等待答复，或撤回邀请。",
            f"{waiting} invitation(s) are unanswered: wait for the answer, or withdraw them.",
        )
    _all_signed(len(unsigned(case.state, sha256)))


def must_be_signed(case: Situation) -> None:
    """Refuses to admit a project while a partner that joined later has not signed."""
    _all_signed(len(unsigned(case.state)))


def _all_signed(missing: int) -> None:
    if missing:
        refuse(
            RefusalCode.SIGNATURE_MISSING,
            f"尚有 {missing} 家参与机构未签署该文本：请其签署人签署，或更换、解除该机构。",
            f"{missing} partner(s) have not signed this text: have their signers sign it,"
            " or replace them or let them go.",
        )


def _own(case: Situation) -> str:
    """The institution for which the actor acts."""
    return case.act.actor.institution or ""


def _joined(case: Situation, institution: str, field: str | None = None) -> Party:
    party = case.state.parties.get(institution)
    if party is None or party.standing is not Standing.JOINED:
        _not_a_party(field)
        raise AssertionError
    return party


def _not_a_party(field: str | None) -> None:
    refuse(
        RefusalCode.NO_PARTNER,
        "该机构不是本案的参与机构，请刷新页面。",
        "That institution is no partner of this case; reload the page.",
        field,
    )


def _room_for_one(case: Situation, leaving: int) -> None:
    most = case.rulebook.intake.partners_max if case.rulebook.intake else None
    present = len(standing_as(case.state, Standing.INVITED, Standing.JOINED)) - leaving
    if most is not None and present >= most:
        refuse(
            RefusalCode.TOO_MANY_PARTNERS,
            f"参与机构最多 {most} 家（含已受邀的），本案已满。",
            f"At most {most} partners can take part, invited ones included; so many there are.",
            "institution",
        )
