"""The parties of a case as a table: how each stands, whose signature is missing, what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shidian.apps.accounts.models import Institution, Person, Staff, StaffRole
from shidian.apps.accounts.roles import held_on
from shidian.core.procedure.parties import Standing, standing_as, text_to_sign, unsigned
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.parties import Party
    from shidian.core.procedure.types import CaseState


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One institution. `people`: role and names, for the parties' own staff alone."""

    name: str
    task: str
    word: str
    kind: str
    hint: str = ""
    people: list[tuple[str, str]] = field(default_factory=list)


def party_rows(case: Case, state: CaseState, viewer: Viewer) -> list[PartyRow]:
    """The partners that are invited or joined, and first the lead; [] where there is none.

    Three queries at most, however many there are.
    """
    partners = standing_as(state, Standing.INVITED, Standing.JOINED)
    if not partners:
        return []
    ids = [case.lead_id, *(int(one.institution) for one in partners)]
    firms = Institution.objects.in_bulk(ids)
    staff = _staff(ids)
    places = viewer.roles.institutions()
    inside = case.lead_id in places or any(
        one.standing is Standing.JOINED and int(one.institution) in places for one in partners
    )
    signers = Person.objects.in_bulk([int(one.signer) for one in partners if one.signer])
    rows = [
        PartyRow(
            str(case.lead),
            _("lead institution"),
            _("submitted") if state.version and not _drafting(state) else "",
            "done" if state.version and not _drafting(state) else "",
            people=_people(staff.get(case.lead_id, {})) if inside else [],
        )
    ]
    for party in partners:
        held = staff.get(int(party.institution), {})
        word, kind, hint = _standing(state, party, held, signers, inside=inside)
        joined = inside and party.standing is Standing.JOINED
        name = str(firms[int(party.institution)])
        rows.append(PartyRow(name, party.task, word, kind, hint, _people(held) if joined else []))
    return rows


def _drafting(state: CaseState) -> bool:
    return state.stage_kind is StageKind.DRAFT


def _staff(ids: list[int]) -> dict[int, dict[str, list[str]]]:
    """Institution → role → names, of the places held today by people with an open account."""
    found: dict[int, dict[str, list[str]]] = {}
    held = Staff.objects.filter(
        held_on(timezone.localdate()), institution__in=ids, person__is_active=True
    )
    for one in held.select_related("person").order_by("pk"):
        found.setdefault(one.institution_id, {}).setdefault(one.role, []).append(str(one.person))
    return found


def _people(held: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [
        (str(StaffRole(role).label), _(", ").join(held[role]))
        for role in (StaffRole.DRAFTER, StaffRole.SIGNER, StaffRole.TECHNICAL)
        if role in held
    ]


def _standing(
    state: CaseState,
    party: Party,
    held: Mapping[str, list[str]],
    people: Mapping[int, Person],
    *,
    inside: bool,
) -> tuple[str, str, str]:
    """(word, kind of chip, what to do)."""
    day = date_format(party.since, "DATE_FORMAT")
    signers = held.get(StaffRole.SIGNER, [])
    nobody = _(
        "Nobody signs for this institution any more. It names another signer under “My"
        " institution”, or asks the operator; else the lead invites another institution in its"
        " place or lets it go."
    )
    if party.standing is Standing.INVITED:
        word = _("invited on %(day)s, no answer yet") % {"day": day}
        return word, "warning", "" if signers else nobody
    if party not in unsigned(state):
        return _signed(party, people, inside=inside), "done", ""
    if not signers:
        return _("signature missing"), "critical", nobody
    asked = text_to_sign(state) is not None
    if party.signed is not None:
        word = _("signed an earlier text")
        hint = "" if asked else _("It is asked to sign once the text is laid before it.")
    else:
        word = _("signature missing") if asked else _("has joined")
        hint = "" if asked else _("It is asked to sign once the text is laid before it.")
    if asked and inside:
        hint = _("To sign: %(names)s") % {"names": _(", ").join(signers)}
    return word, "warning" if asked else "", hint


def _signed(party: Party, people: Mapping[int, Person], *, inside: bool) -> str:
    if not party.signer or party.signed_on is None:
        return _("named by the lead institution when it submitted")
    day = date_format(party.signed_on, "DATE_FORMAT")
    person = people.get(int(party.signer))
    if inside and person is not None:
        return _("signed on %(day)s by %(name)s") % {"day": day, "name": person}
    return _("signed on %(day)s") % {"day": day}
