"""Which open tasks are a person's own: asked of a list in SQL, of one task in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.accounts.roles import Roles, roles_of
from shidian.apps.cases.models import SchemeAuthority
from shidian.apps.cases.rules import DECIDING
from shidian.core.procedure.types import ActorKind, Verb

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case, Task

DRAFTING = (StaffRole.DRAFTER, StaffRole.SIGNER)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person at their desk. `schemes`: ids of schemes in which each office decides."""

    person: Person
    roles: Roles
    schemes: dict[str, frozenset[int]]

    @property
    def is_officer(self) -> bool:
        """Handles or decides cases; auditors and the national level only read."""
        return bool(self.schemes)

    @property
    def is_of_the_authorities(self) -> bool:
        return self.roles.is_officer

    @property
    def only_reads(self) -> bool:
        return self.roles.is_officer and not self.is_officer

    def has(self, task: Task) -> bool:  # noqa: PLR0911 - one a kind
        """Whether this task is theirs to do."""
        if task.person_id is not None:
            return bool(task.person_id == self.person.pk)
        match ActorKind(task.kind):
            case ActorKind.OFFICER:
                return self._handles(task, OfficerRole.CASE)
            case ActorKind.SIGNING_OFFICER:
                return self._handles(task, OfficerRole.SIGNING)
            case ActorKind.APPLICANT:
                return task.institution_id in self.roles.institutions(*DRAFTING)
            case ActorKind.PARTNER:
                return task.institution_id in self.roles.institutions(StaffRole.SIGNER)
            case ActorKind.ASSESSOR:
                bodies = self.roles.bodies
                return (
                    bool(bodies) if task.institution_id is None else task.institution_id in bodies
                )
        return False

    def _handles(self, task: Task, office: str) -> bool:
        if task.authority_id is not None:
            offices = [office]
            if task.verb == Verb.GIVE_OPINION:
                offices.append(OfficerRole.NATIONAL)
            return task.authority_id in self.roles.authorities(*offices)
        return task.case.scheme_id in self.schemes.get(office, frozenset())

    def mine(self) -> Q:
        """The same question as a filter on tasks."""
        nobody = Q(person__isnull=True)
        found = Q(person=self.person)
        for kind, office in (
            (ActorKind.OFFICER, OfficerRole.CASE),
            (ActorKind.SIGNING_OFFICER, OfficerRole.SIGNING),
        ):
            if held := self.roles.authorities(office):
                anyone = Q(authority__isnull=True, case__scheme__in=self.schemes.get(office, ()))
                found |= nobody & Q(kind=kind) & (anyone | Q(authority__in=held))
        if national := self.roles.authorities(OfficerRole.NATIONAL):
            found |= nobody & Q(verb=Verb.GIVE_OPINION.value, authority__in=national)
        if places := self.roles.institutions(*DRAFTING):
            found |= nobody & Q(kind=ActorKind.APPLICANT, institution__in=places)
        if signed_for := self.roles.institutions(StaffRole.SIGNER):
            found |= nobody & Q(kind=ActorKind.PARTNER, institution__in=signed_for)
        if bodies := self.roles.bodies:
            whose = Q(institution__isnull=True) | Q(institution__in=bodies)
            found |= nobody & Q(kind=ActorKind.ASSESSOR) & whose
        return found


def is_party(case: Case, viewer: Viewer) -> bool:
    """Whether they hold a place in the lead or in a partner that joined."""
    places = viewer.roles.institutions()
    return case.lead_id in places or any(
        party.institution_id in places for party in case.parties.all()
    )


def viewer_of(person: Person) -> Viewer:
    """Read once per request: the roles, and for each office one query of schemes."""
    roles = roles_of(person)
    schemes = {}
    for office in (OfficerRole.CASE, OfficerRole.SIGNING):
        if held := roles.authorities(office):
            parts = SchemeAuthority.objects.filter(authority__in=held, role__in=DECIDING)
            schemes[str(office)] = frozenset(parts.values_list("scheme_id", flat=True))
    return Viewer(person, roles, {office: ids for office, ids in schemes.items() if ids})
