"""Figures of cases that someone may see: how long stages take, who is waited for, what is wanting.

Read from events, so that they are what the histories say; six queries, however many cases.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db.models import Count, Min
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseEvent, Task
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person

Ids: TypeAlias = "QuerySet[Case, Any]"

SECONDS_A_DAY = 86_400
TENTHS = 9
"""Of ten stays, so many were over by then."""


@dataclass(frozen=True, slots=True)
class Stays:
    """How long cases stayed in a stage, in days. Only stays that have ended since the day asked."""

    stage: str
    ended: int
    median_days: float
    tenth_longest_days: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open cases in a stage that wait for one kind of addressee. `since`: the oldest task's day."""

    stage: str
    kind: str
    cases: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Month:
    """`submitted`: cases filed for the first time in that month. `closed`: cases that ended."""

    first: date
    submitted: int
    closed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page and its exports show."""

    stays: tuple[Stays, ...]
    waiting: tuple[Waiting, ...]
    months: tuple[Month, ...]
    unmet: tuple[tuple[str, int], ...]
    """Criterion → how often it was found unmet."""
    requests: tuple[tuple[str, int], ...]
    """Stage → how often information was asked for in it."""


def figures_for(person: Person, since: date, scheme: str = "") -> Figures:
    """The figures from `since` on, over the cases that `person` may see."""
    seen = Case.objects.visible_to(person)
    if scheme:
        seen = seen.filter(scheme__slug=scheme)
    ids = seen.order_by().values("pk")
    moves = _events(ids, EventKind.STAGE_ENTERED, EventKind.CASE_CLOSED)
    unmet, requests = _deficiencies(ids, since)
    waiting = (
        Task.objects.open()
        .filter(case__in=ids)
        .order_by()
        .values_list("case__stage", "kind")
        .annotate(Count("case", distinct=True), Min("opened_at"))
    )
    return Figures(
        stays=_stays(moves, since),
        waiting=tuple(sorted((Waiting(*row) for row in waiting), key=lambda one: -one.cases)),
        months=_months(ids, moves, since),
        unmet=unmet,
        requests=requests,
    )


Move: TypeAlias = "tuple[int, str, datetime, dict[str, Any]]"


def _events(ids: Ids, *kinds: EventKind) -> list[Move]:
    rows = CaseEvent.objects.filter(kind__in=[one.value for one in kinds], case__in=ids)
    return list(rows.order_by("case", "seq").values_list("case", "kind", "at", "data"))


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def _stays(moves: list[Move], since: date) -> tuple[Stays, ...]:
    lengths: dict[str, list[float]] = defaultdict(list)
    for (case, kind, entered, data), (after, _kind, left, _data) in pairwise(moves):
        if case == after and kind == EventKind.STAGE_ENTERED and _day(left) >= since:
            lengths[str(data["to"])].append((left - entered).total_seconds() / SECONDS_A_DAY)
    return tuple(
        Stays(stage, len(days), median(days), sorted(days)[len(days) * TENTHS // 10])
        for stage, days in lengths.items()
    )


def _months(ids: Ids, moves: Iterable[Move], since: date) -> tuple[Month, ...]:
    first = (
        CaseEvent.objects.filter(kind=EventKind.CASE_SUBMITTED.value, case__in=ids)
        .order_by()
        .values("case")
        .annotate(at=Min("at"))
        .values_list("at", flat=True)
    )
    filed = Counter(_day(at).replace(day=1) for at in first)
    ended = Counter(
        _day(at).replace(day=1) for _, kind, at, _ in moves if kind == EventKind.CASE_CLOSED
    )
    return tuple(Month(one, filed[one], ended[one]) for one in _months_since(since))


def _months_since(since: date) -> list[date]:
    month, last = since.replace(day=1), timezone.localdate()
    found = []
    while month <= last:
        found.append(month)
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return found


def _deficiencies(
    ids: Ids, since: date
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    rows = CaseEvent.objects.filter(
        case__in=ids,
        kind__in=[
            EventKind.CHECKLIST_FILED.value,
            EventKind.REQUEST_OPENED.value,
            EventKind.STAGE_ENTERED.value,
        ],
    )
    unmet: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    stage = ""
    ordered = rows.order_by("case", "seq").values_list("kind", "at", "data")
    for kind, at, data in ordered.iterator():
        if kind == EventKind.STAGE_ENTERED:
            stage = str(data["to"])
        elif _day(at) < since:
            continue
        elif kind == EventKind.REQUEST_OPENED:
            requests[stage] += 1
        else:
            unmet.update(key for key, one in data["findings"].items() if not one["met"])
    return tuple(unmet.most_common()), tuple(requests.most_common())
