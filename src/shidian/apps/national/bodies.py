"""National bodies: which authority is one, of which schemes, with which powers by their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import RulebookVersion, SchemeAuthority
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.core.rulebook.model import AuthorityRole, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.core.rulebook.model import Rulebook

FILING, OPINION, RISK_TIP, BASE_RULES = "filing", "opinion", "risk-tip", "base-rules"
"""Powers that a rulebook can give an authority (`verbs`)."""


def national_parts(person: Person | AnonymousUser) -> QuerySet[SchemeAuthority]:
    """Parts of national bodies in which `person` holds an office; an auditor: of all of them."""
    parts = SchemeAuthority.objects.filter(role=AuthorityRole.NATIONAL.value)
    roles = roles_of(person)
    if not roles.is_auditor:
        parts = parts.filter(authority__in=roles.authorities())
    return parts.select_related("scheme", "authority").order_by("scheme__slug", "pk")


def acting_parts(person: Person | AnonymousUser) -> list[SchemeAuthority]:
    """Parts of national bodies for which `person` may act as their national officer."""
    held = roles_of(person).authorities(OfficerRole.NATIONAL)
    if not held:
        return []
    parts = SchemeAuthority.objects.filter(role=AuthorityRole.NATIONAL.value, authority__in=held)
    return list(parts.select_related("scheme", "authority").order_by("scheme__slug", "pk"))


def newest_versions(schemes: Iterable[int]) -> dict[int, RulebookVersion]:
    """The newest version of each scheme that is no sketch, without its document. One query."""
    rows = RulebookVersion.objects.filter(scheme__in=list(schemes)).exclude(status=Status.SKETCH)
    return {one.scheme_id: one for one in rows.defer("document").order_by("pk")}


def rules_of(version: RulebookVersion) -> Rulebook:
    """Its rules, without another query for what the row says already."""
    return rulebook_of(version.pk, version.digest)


def has_power(part: SchemeAuthority, rulebook: Rulebook, power: str) -> bool:
    """Whether these rules give the authority of the part that power."""
    return any(one.id == part.local_id and power in one.verbs for one in rulebook.authorities)


def parts_with(person: Person | AnonymousUser, power: str) -> list[SchemeAuthority]:
    """Parts for which `person` may act with that power, by each scheme's newest rules."""
    parts = acting_parts(person)
    versions = newest_versions({one.scheme_id for one in parts})
    return [
        one
        for one in parts
        if one.scheme_id in versions and has_power(one, rules_of(versions[one.scheme_id]), power)
    ]
