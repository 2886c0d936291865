"""How much each officer of an authority has on their desk. Two queries, however many cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseHandler
from shidian.apps.cases.queue import SOON_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from typing import Any

    from shidian.apps.accounts.models import Authority, Person


@dataclass(frozen=True, slots=True)
class Load:
    """One officer's open cases; `officer` None: what nobody is in charge of.

    `since`: when the case that has lain with them longest was given to them.
    """

    officer: Person | None
    cases: int = 0
    late: int = 0
    soon: int = 0
    since: datetime | None = None


def workload_of(
    authority: Authority, officers: Iterable[Person], viewer: Person
) -> tuple[Load, ...]:
    """Per officer, and last for nobody; only cases that `viewer` may see are counted."""
    today = timezone.localdate()
    seen = Case.objects.visible_to(viewer).filter(outcome="")
    standing = CaseHandler.objects.filter(authority=authority, ends=None)
    counted = (
        standing.filter(case__in=seen)
        .order_by()
        .values("officer")
        .annotate(since=Min("starts"), **_counts("case__", today))
    )
    by_officer: dict[int, dict[str, Any]] = {
        row["officer"]: {key: value for key, value in row.items() if key != "officer"}
        for row in counted
    }
    loads = [Load(one, **by_officer.pop(one.pk, {})) for one in officers]
    gone = [Load(one, **by_officer[one.pk]) for one in _people(by_officer)]
    free = seen.filter(~Exists(standing.filter(case=OuterRef("pk"))))
    nobodys = free.aggregate(**_counts("", today))
    return (*loads, *gone, Load(None, **nobodys))


def _people(ids: Iterable[int]) -> list[Person]:
    """Officers who have left and still have cases."""
    from shidian.apps.accounts.models import Person

    return list(Person.objects.filter(pk__in=list(ids)).order_by("name_zh"))


def _counts(prefix: str, today: date) -> dict[str, Any]:
    due = f"{prefix}due"
    soon = Q(**{f"{due}__gte": today, f"{due}__lte": today + timedelta(days=SOON_DAYS)})
    return {
        "cases": Count("pk"),
        "late": Count("pk", filter=Q(**{f"{due}__lt": today})),
        "soon": Count("pk", filter=soon),
    }
