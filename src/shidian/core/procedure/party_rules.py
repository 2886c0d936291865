"""What events about partner institutions do to a case's state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shidian.core.procedure.acts import EventKind
from shidian.core.procedure.parties import Party, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.event_rules import Apply, Happened
    from shidian.core.procedure.state import CaseState


def _invited(state: CaseState, it: Happened) -> CaseState:
    institution = it.data.name("institution")
    party = Party(
        institution,
        it.data.text("task", empty=True),
        Standing.INVITED,
        it.day,
        replaces=it.data.name("replaces") if it.data.has("replaces") else None,
    )
    # Who is asked again stands last: the order is that of the invitations.
    others = {key: one for key, one in state.parties.items() if key != institution}
    return state.but(parties={**others, institution: party})


def _joined(state: CaseState, it: Happened) -> CaseState:
    return _changed(state, it, standing=Standing.JOINED, since=it.day)


def _declined(state: CaseState, it: Happened) -> CaseState:
    return _changed(state, it, standing=Standing.DECLINED, since=it.day)


def _left(state: CaseState, it: Happened) -> CaseState:
    return _changed(state, it, standing=Standing.GONE, since=it.day)


def _laid_before(state: CaseState, it: Happened) -> CaseState:
    return state.but(laid_before=it.data.sha256("sha256"))


def _signed(state: CaseState, it: Happened) -> CaseState:
    return _changed(state, it, signed=it.data.sha256("sha256"), signer=it.person, signed_on=it.day)


def _changed(state: CaseState, it: Happened, **changes: object) -> CaseState:
    institution = it.data.name("institution")
    party = replace(state.parties[institution], **changes)  # type: ignore[arg-type]
    return state.but(parties={**state.parties, institution: party})


def as_filed(state: CaseState, it: Happened) -> Mapping[str, Party]:
    """The partners of a submission. One that no invitation brought was named by the lead, which

    signed for all, before partners were asked: such applications are in histories.
    """
    sha256 = it.data.sha256("sha256")
    named = {
        name: Party(name, "", Standing.JOINED, it.day, signed=sha256)
        for name in it.data.names("partners")
        if name not in state.parties
    }
    return {**state.parties, **named} if named else state.parties


PARTY_RULES: dict[str, Apply] = {
    EventKind.PARTNER_INVITED: _invited,
    EventKind.PARTNER_JOINED: _joined,
    EventKind.PARTNER_DECLINED: _declined,
    EventKind.PARTNER_LEFT: _left,
    EventKind.SIGNATURES_REQUESTED: _laid_before,
    EventKind.APPLICATION_SIGNED: _signed,
}
