"""In which capacity a person acts on a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.history import person_key
from shidian.apps.cases.rules import (
    authorities_handling,
    consulted_parts,
    invited_of,
    objection_parts,
    partners_of,
)
from shidian.core.procedure.types import Actor, ActorKind, Verb
from shidian.core.procedure.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.cases.models import Case

SYSTEM = Actor(ActorKind.SYSTEM, "")
PUBLIC = Actor(ActorKind.PUBLIC, "")


def actor_for(person: Person, case: Case, verb: Verb) -> Actor:
    """The capacity in which `person` may do `verb`: the first of the verb's that they hold.

    Raises ForbiddenError.
    """
    for kind in VERBS[verb].by:
        actor = actor_as(person, case, kind)
        if actor is not None:
            return actor
    raise ForbiddenError


def consulted_actor(person: Person, case: Case, consultation: str) -> Actor:
    """`person` speaking for the authority that the consultation asks. Raises ForbiddenError."""
    for asked in case.rulebook.consultations:
        if asked.id == consultation and asked.authority in consulted_parts(person, case):
            return Actor(ActorKind.OFFICER, person_key(person.pk), authority=asked.authority)
    raise ForbiddenError


def reviewing_actor(person: Person, case: Case) -> Actor:
    """`person` for the authority that decides on the case's objection. Raises ForbiddenError."""
    parts = objection_parts(person, case)
    if not parts:
        raise ForbiddenError
    return Actor(ActorKind.OFFICER, person_key(person.pk), authority=parts[0])


def partner_actor(person: Person, institution: int) -> Actor:
    """`person` speaking for an institution that is invited or a partner. Raises ForbiddenError."""
    if institution not in roles_of(person).institutions(StaffRole.SIGNER):
        raise ForbiddenError
    return Actor(ActorKind.PARTNER, person_key(person.pk), institution=str(institution))


def actor_as(person: Person, case: Case, kind: ActorKind) -> Actor | None:
    """`person` acting on `case` in that capacity; None where they do not hold it."""
    make = _MAKERS.get(kind)
    return make(person, case) if make else None


def _applicant(person: Person, case: Case) -> Actor | None:
    places = roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if case.lead_id not in places:
        return None
    return Actor(ActorKind.APPLICANT, person_key(person.pk), institution=str(case.lead_id))


def _officer(kind: ActorKind, office: OfficerRole) -> Callable[[Person, Case], Actor | None]:
    def make(person: Person, case: Case) -> Actor | None:
        parts = authorities_handling(person, case.scheme_id, office)
        if not parts:
            return None
        return Actor(kind, person_key(person.pk), authority=parts[0].local_id)

    return make


def _expert(person: Person, _case: Case) -> Actor | None:
    if not roles_of(person).is_expert:
        return None
    return Actor(ActorKind.EXPERT, person_key(person.pk))


def _assessor(person: Person, case: Case) -> Actor | None:
    granted = case.access.filter(
        institution__in=roles_of(person).bodies, effect="grant", ends__isnull=True
    ).values_list("institution_id", flat=True)
    body = granted.first()
    if body is None:
        return None
    return Actor(ActorKind.ASSESSOR, person_key(person.pk), institution=str(body))


def _partner(person: Person, case: Case) -> Actor | None:
    """For the first institution that takes part or is asked to, where there are several."""
    ids = partners_of(person, case) + invited_of(person, case)
    return partner_actor(person, ids[0]) if ids else None


_MAKERS: dict[ActorKind, Callable[[Person, Case], Actor | None]] = {
    ActorKind.APPLICANT: _applicant,
    ActorKind.PARTNER: _partner,
    ActorKind.OFFICER: _officer(ActorKind.OFFICER, OfficerRole.CASE),
    ActorKind.SIGNING_OFFICER: _officer(ActorKind.SIGNING_OFFICER, OfficerRole.SIGNING),
    ActorKind.EXPERT: _expert,
    ActorKind.ASSESSOR: _assessor,
}
