"""Which roles a person holds today. Roles say in which capacity; access rows say on which case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, Value
from django.utils import timezone

from shidian.apps.accounts.models import (
    Assessor,
    Expert,
    Officer,
    OfficerRole,
    Person,
    Staff,
)

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet


_CACHE = "_roles_today"
"""Attribute of a person object that remembers, for one request, what was read."""


def held_on(day: date) -> Q:
    """Condition on a tenure: held on that day."""
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gte=day))


@dataclass(frozen=True, slots=True)
class Roles:
    """Ids of authorities by office, of institutions by place, and whether an expert."""

    offices: dict[str, frozenset[int]] = field(default_factory=dict)
    """`OfficerRole` → authority ids."""
    places: dict[str, frozenset[int]] = field(default_factory=dict)
    """`StaffRole` → institution ids."""
    bodies: frozenset[int] = frozenset()
    """Institutions for which the person assesses."""
    expert: int | None = None
    """Id of their `Expert` row."""

    def authorities(self, *roles: str) -> frozenset[int]:
        """Authorities in which one of these offices is held; any office where none is named."""
        chosen = roles or tuple(self.offices)
        return frozenset[int]().union(*(self.offices.get(role, frozenset()) for role in chosen))

    def institutions(self, *roles: str) -> frozenset[int]:
        """Institutions in which one of these places is held; any place where none is named."""
        chosen = roles or tuple(self.places)
        return frozenset[int]().union(*(self.places.get(role, frozenset()) for role in chosen))

    @property
    def is_officer(self) -> bool:
        return bool(self.offices)

    @property
    def is_auditor(self) -> bool:
        return OfficerRole.AUDITOR in self.offices

    @property
    def is_staff(self) -> bool:
        return bool(self.places)

    @property
    def is_expert(self) -> bool:
        return self.expert is not None

    @property
    def is_assessor(self) -> bool:
        return bool(self.bodies)

    @property
    def has_any(self) -> bool:
        return self.is_officer or self.is_staff or self.is_expert or self.is_assessor


def roles_of(person: Person | AnonymousUser) -> Roles:
    """The roles held today; none for the anonymous. One query, once per person object."""
    if not isinstance(person, Person):
        return Roles()
    today = timezone.localdate()
    known: tuple[date, Roles] | None = getattr(person, _CACHE, None)
    if known is None or known[0] != today:
        known = (today, _read(person, today))
        setattr(person, _CACHE, known)
    return known[1]


def forget_roles(person: Person) -> None:
    """Read the roles anew: call it where a role is given or ended."""
    if hasattr(person, _CACHE):
        delattr(person, _CACHE)


def _read(person: Person, today: date) -> Roles:
    """One statement of four parts: which register, the role in it, whose it is."""
    held = held_on(today)
    rows = _part(Officer.objects.filter(held, person=person), "office", F("role"), "authority")
    rows = rows.union(
        _part(Staff.objects.filter(held, person=person), "place", F("role"), "institution"),
        _part(Assessor.objects.filter(held, person=person), "body", Value(""), "institution"),
        _part(Expert.objects.filter(person=person, active=True), "expert", Value(""), "pk"),
        all=True,
    )
    found: dict[str, dict[str, set[int]]] = {}
    for register, role, number in rows:
        found.setdefault(register, {}).setdefault(role, set()).add(number)
    none: dict[str, set[int]] = {}
    return Roles(
        offices={role: frozenset(ids) for role, ids in found.get("office", none).items()},
        places={role: frozenset(ids) for role, ids in found.get("place", none).items()},
        bodies=frozenset(found.get("body", none).get("", ())),
        expert=min(found.get("expert", none).get("", ()), default=None),
    )


def _part(rows: QuerySet[Any], register: str, role: F | Value, number: str) -> QuerySet[Any, Any]:
    return rows.order_by().values_list(Value(register), role, number)
