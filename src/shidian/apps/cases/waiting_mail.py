"""Mail of an officer's cases that waits: drafts nobody released, letters that do not get out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, Mail, NewsItem, SchemeAuthority
from shidian.apps.cases.rules import DECIDING

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person

ATTEMPTS_SHOWN = 3
"""A letter that failed so often is no passing trouble of the line."""


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """Of one case, how many drafts wait and how many letters failed."""

    case: Case
    drafts: int
    failed: int


def stuck_mail() -> QuerySet[Mail]:
    """Letters that failed several times and are not out: still tried, or given up."""
    return Mail.objects.filter(
        sent_at__isnull=True, dropped_at__isnull=True, attempts__gte=ATTEMPTS_SHOWN
    ).exclude(error="")


def waiting_mail(person: Person) -> list[WaitingMail]:
    """Of each case that the person handles as a case officer; three queries, failures first."""
    held = roles_of(person).authorities(OfficerRole.CASE)
    if not held:
        return []
    handled = SchemeAuthority.objects.filter(authority__in=held, role__in=DECIDING)
    cases = Case.objects.visible_to(person).filter(scheme__in=handled.values("scheme"))
    # Two questions, each with an index of the few rows that it is about; who may see is asked of
    # each of these, not of all cases first.
    seen = Exists(cases.filter(pk=OuterRef("case")))
    drafts = _by_case(NewsItem.objects.filter(seen, held=True))
    failed = _by_case(NewsItem.objects.filter(seen, mail__in=stuck_mail()))
    found = Case.objects.in_bulk({*drafts, *failed})
    lines = [WaitingMail(one, drafts[pk], failed[pk]) for pk, one in found.items()]
    return sorted(lines, key=lambda one: (-one.failed, -one.drafts, one.case.pk))


def _by_case(news: QuerySet[NewsItem]) -> Counter[int]:
    counted = news.order_by().values_list("case").annotate(n=Count("pk"))
    return Counter(dict(counted))
