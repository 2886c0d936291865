"""Who applies together: partner institutions, how they came in, and what they signed.

The lead's own signature is the submission. A partner is bound by nothing that it did not sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.procedure.acts import ActorKind, Verb
from shidian.core.procedure.desk import said
from shidian.core.procedure.state import Task
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from shidian.core.procedure.desk import Desk
    from shidian.core.procedure.state import CaseState


class Standing(StrEnum):
    """How an institution stands to a case that is not its own."""

    INVITED = "invited"
    JOINED = "joined"
    DECLINED = "declined"
    GONE = "gone"
    """It left, was let go, or had its invitation withdrawn."""


@dataclass(frozen=True, slots=True)
class Party:
    """A partner institution. `signed`: the fingerprint that its signer put its word to, the latest.

    `replaces`: the partner that goes when this one joins. `signer`: the person who signed, "" where
    the application was filed before partners signed for themselves.
    """

    institution: str
    task: str
    standing: Standing
    since: date
    replaces: str | None = None
    signed: str | None = None
    signer: str = ""
    signed_on: date | None = None


def standing_as(state: CaseState, *standings: Standing) -> tuple[Party, ...]:
    """The partners that stand so, in the order of their invitations."""
    return tuple(one for one in state.parties.values() if one.standing in standings)


def text_to_sign(state: CaseState) -> str | None:
    """Fingerprint of the text that partners are asked to sign: in a draft the one laid before them,

    later the application as it was filed. None: there is none yet.
    """
    if state.stage_kind is StageKind.DRAFT:
        return state.laid_before
    return state.sha256 or None


def unsigned(state: CaseState, sha256: str | None = None) -> tuple[Party, ...]:
    """Partners whose signature is missing: in a draft under that very text.

    Once it is filed any signature counts: answers to requests change the text, not who is bound.
    """
    wanted = sha256 if sha256 is not None else text_to_sign(state)
    drafting = state.stage_kind is StageKind.DRAFT
    return tuple(
        one
        for one in standing_as(state, Standing.JOINED)
        if one.signed is None or (drafting and one.signed != wanted)
    )


def partner_tasks(desk: Desk) -> Iterator[Task]:
    """Invitations to answer, and signatures to give."""
    for party in standing_as(desk.state, Standing.INVITED):
        yield Task(
            f"{Verb.ANSWER_INVITATION}/{party.institution}",
            Verb.ANSWER_INVITATION,
            ActorKind.PARTNER,
            said("答复参与邀请：加入或谢绝", "Answer the invitation: join or decline"),
            institution=party.institution,
        )
    if text_to_sign(desk.state) is None:
        return
    for party in unsigned(desk.state):
        yield Task(
            f"{Verb.SIGN_APPLICATION}/{party.institution}",
            Verb.SIGN_APPLICATION,
            ActorKind.PARTNER,
            said("签署申报：核对全文并签署", "Sign the application: read the whole text"),
            institution=party.institution,
            due=desk.due if desk.state.stage_kind is StageKind.DRAFT else None,
        )
