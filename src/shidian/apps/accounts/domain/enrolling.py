"""Enrolling people and giving them their places: an operator's acts, for setting up.

Each is repeated without harm: what is there already (by user name, code, USCC, role) is returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from shidian.apps.accounts.models import (
    Assessor,
    Authority,
    Expert,
    Institution,
    Language,
    Officer,
    OfficerRole,
    Person,
    Staff,
    StaffRole,
)
from shidian.apps.accounts.roles import forget_roles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


def enrol_person(
    *,
    username: str,
    name: str,
    name_en: str = "",
    email: str = "",
    password: str | None = None,
    language: str = Language.ZH,
) -> Person:
    """A person with an account; the password is set when the account is made, not later."""
    known = Person.objects.filter(username__iexact=username).first()
    if known is not None:
        return known
    return Person.objects.create_person(
        username, name=name, name_en=name_en, email=email, password=password, language=language
    )


def register_institution(
    *, name: str, kind: str, uscc: str = "", name_en: str = "", lei: str = ""
) -> Institution:
    """A firm, named by its USCC, its LEI or both. Raises ValidationError where one does not check.

    The operator vouches for it: no officer need check it. A firm known by either code is returned
    as it is.
    """
    same = Q(uscc=uscc) if uscc else Q()
    if lei:
        same |= Q(lei=lei)
    known = Institution.objects.filter(same).first() if uscc or lei else None
    if known is not None:
        return known
    institution = Institution(
        uscc=uscc or None,
        lei=lei or None,
        name_zh=name,
        name_en=name_en,
        kind=kind,
        checked_at=timezone.now(),
    )
    institution.full_clean()
    institution.save()
    return institution


def found_authority(*, code: str, name: str, name_en: str = "") -> Authority:
    """An authority, known by its code."""
    authority, _ = Authority.objects.get_or_create(
        code=code, defaults={"name_zh": name, "name_en": name_en}
    )
    return authority


def enrol_staff(
    *,
    person: Person,
    institution: Institution,
    role: StaffRole,
    starts: date | None = None,
    ends: date | None = None,
) -> Staff:
    """Give a person a place in an institution (default: from today)."""
    staff, _ = Staff.objects.get_or_create(
        person=person,
        institution=institution,
        role=role,
        defaults={"starts": starts or timezone.localdate(), "ends": ends},
    )
    forget_roles(person)
    return staff


def appoint_officer(
    *,
    person: Person,
    authority: Authority,
    role: OfficerRole,
    starts: date | None = None,
    ends: date | None = None,
) -> Officer:
    """Give a person an office in an authority (default: from today)."""
    officer, _ = Officer.objects.get_or_create(
        person=person,
        authority=authority,
        role=role,
        defaults={"starts": starts or timezone.localdate(), "ends": ends},
    )
    forget_roles(person)
    return officer


def enrol_expert(*, person: Person, disciplines: Sequence[str] = (), employer: str = "") -> Expert:
    """Put a person on the list of experts."""
    expert, _ = Expert.objects.get_or_create(
        person=person, defaults={"disciplines": list(disciplines), "employer": employer}
    )
    forget_roles(person)
    return expert


def enrol_assessor(
    *,
    person: Person,
    institution: Institution,
    starts: date | None = None,
    ends: date | None = None,
) -> Assessor:
    """Let a person assess for an institution (default: from today)."""
    assessor, _ = Assessor.objects.get_or_create(
        person=person,
        institution=institution,
        defaults={"starts": starts or timezone.localdate(), "ends": ends},
    )
    forget_roles(person)
    return assessor
