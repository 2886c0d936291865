"""Figures of cases that someone may see: how long stages take, who is waited for, what is wanting.

Counted from the marks that events leave, in three queries, however many cases and events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Exists, Min, OuterRef, Sum
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseMark, MarkKind, Task

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person

HOURS_A_DAY = 24
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
    wanting: tuple[tuple[str, int], ...]
    """Stage, `/`, section or document → how often a request named it as wanting there."""


class Counted(NamedTuple):
    """So many marks of a kind and key; of stays, so many of that length."""

    kind: str
    key: str
    hours: int
    times: int


def figures_for(person: Person, since: date, scheme: str = "") -> Figures:
    """The figures from `since` on, over the cases that `person` may see. Months are whole ones."""
    seen = Case.objects.visible_to(person)
    if scheme:
        seen = seen.filter(scheme__slug=scheme)
    marks = CaseMark.objects.filter(case__in=seen.order_by().values("pk")).order_by()
    kinds = (MarkKind.STAY, MarkKind.REQUESTED, MarkKind.UNMET, MarkKind.WANTING)
    lengths = marks.filter(kind__in=kinds, day__gte=since).values_list("kind", "key", "hours")
    counted = [Counted(*row) for row in lengths.annotate(Sum("times"))]
    flow = marks.filter(kind__in=(MarkKind.FILED, MarkKind.CLOSED), day__gte=since.replace(day=1))
    days = flow.values_list("kind", "day").annotate(Sum("times"))
    waiting = (
        Task.objects.open()
        .filter(Exists(seen.filter(pk=OuterRef("case"))))
        .order_by()
        .values_list("case__stage", "kind")
        .annotate(Count("case", distinct=True), Min("opened_at"))
    )
    return Figures(
        stays=_stays(counted),
        waiting=tuple(sorted((Waiting(*row) for row in waiting), key=lambda one: -one.cases)),
        months=_months(days, since),
        unmet=_most(counted, MarkKind.UNMET),
        requests=_most(counted, MarkKind.REQUESTED),
        wanting=_most(counted, MarkKind.WANTING),
    )


def _stays(counted: Iterable[Counted]) -> tuple[Stays, ...]:
    lengths: dict[str, Counter[int]] = defaultdict(Counter)
    for one in counted:
        if one.kind == MarkKind.STAY:
            lengths[one.key][one.hours] += one.times
    return tuple(
        Stays(stage, hours.total(), _median(hours), _at(hours, hours.total() * TENTHS // 10))
        for stage, hours in lengths.items()
    )


def _median(hours: Counter[int]) -> float:
    """In days; of an even number of stays the mean of the two in the middle."""
    number = hours.total()
    return (_at(hours, (number - 1) // 2) + _at(hours, number // 2)) / 2


def _at(hours: Counter[int], place: int) -> float:
    """The stay at a place in order of length, counted from 0, in days."""
    passed = 0
    for length in sorted(hours):
        passed += hours[length]
        if passed > place:
            return length / HOURS_A_DAY
    raise LookupError(place)


def _months(days: Iterable[tuple[str, date, int]], since: date) -> tuple[Month, ...]:
    found: dict[str, Counter[date]] = defaultdict(Counter)
    for kind, day, times in days:
        found[kind][day.replace(day=1)] += times
    filed, ended = found[MarkKind.FILED], found[MarkKind.CLOSED]
    return tuple(Month(one, filed[one], ended[one]) for one in _months_since(since))


def _months_since(since: date) -> list[date]:
    month, last = since.replace(day=1), timezone.localdate()
    found = []
    while month <= last:
        found.append(month)
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return found


def _most(counted: Iterable[Counted], kind: MarkKind) -> tuple[tuple[str, int], ...]:
    """How often each key was counted, the commonest first."""
    found: Counter[str] = Counter()
    for one in counted:
        if one.kind == kind:
            found[one.key] += one.times
    return tuple(found.most_common())
