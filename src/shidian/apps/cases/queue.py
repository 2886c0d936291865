"""The queue: cases that someone may see, narrowed by filters that stand in the address.

    ?q=…&scheme=…&stage=…&turn=mine|applicant|authorities|experts|body|public|nobody
    &assigned=me|nobody|<person id>&due=late|today|week|none&tier=…&call=<slug>
    &state=open|closed|all&order=changed|due

A filter only ever narrows what `visible_to` lets through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseHandler, Task
from shidian.apps.cases.search_index import CASES
from shidian.core.procedure.types import ActorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person

SOON_DAYS = 7


class TurnOf(StrEnum):
    """Whose turn it is."""

    MINE = "mine"
    APPLICANT = "applicant"
    AUTHORITIES = "authorities"
    EXPERTS = "experts"
    BODY = "body"
    PUBLIC = "public"
    NOBODY = "nobody"


class DueIn(StrEnum):
    """When the earliest open task of a case is due."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    NONE = "none"


KINDS = {
    TurnOf.APPLICANT: (ActorKind.APPLICANT, ActorKind.PARTNER),
    TurnOf.AUTHORITIES: (ActorKind.OFFICER, ActorKind.SIGNING_OFFICER),
    TurnOf.EXPERTS: (ActorKind.EXPERT,),
    TurnOf.BODY: (ActorKind.ASSESSOR,),
    TurnOf.PUBLIC: (ActorKind.PUBLIC,),
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who looks: the person, the authorities they serve, and which open tasks are theirs."""

    person: Person
    authorities: frozenset[int]
    mine: Q


def queue_of(asker: Asker, wanted: Mapping[str, str]) -> QuerySet[Case]:
    """The cases that `asker` may see and that every filter in `wanted` lets through, in order."""
    cases: QuerySet[Case] = Case.objects.visible_to(asker.person).filter(
        _state(wanted.get("state", ""))
    )
    for name, narrow in _FILTERS.items():
        if value := wanted.get(name, ""):
            cases = narrow(cases, value, asker)
    if wanted.get("order") == "due":
        return cases.order_by(F("due").asc(nulls_last=True), "-changed_at", "-pk")
    return cases.order_by("-changed_at", "-pk")


def _state(state: str) -> Q:
    match state:
        case "closed":
            return ~Q(outcome="")
        case "all":
            return Q()
    return Q(outcome="")


def _text(cases: QuerySet[Case], query: str, _asker: Asker) -> QuerySet[Case]:
    found = CASES.matching(query)
    by_number = Q(number=query.strip())
    return cases.filter(by_number if found is None else by_number | Q(pk__in=found))


def _turn(cases: QuerySet[Case], turn: str, asker: Asker) -> QuerySet[Case]:
    tasks = Task.objects.open().filter(case=OuterRef("pk"))
    match TurnOf(turn):
        case TurnOf.MINE:
            return cases.filter(Exists(tasks.filter(asker.mine)))
        case TurnOf.NOBODY:
            return cases.filter(~Exists(tasks))
        case other:
            return cases.filter(Exists(tasks.filter(kind__in=KINDS[other])))


def _assigned(cases: QuerySet[Case], who: str, asker: Asker) -> QuerySet[Case]:
    """By one's own authorities' officers: whom another authority puts in charge is its own."""
    standing = CaseHandler.objects.filter(
        case=OuterRef("pk"), authority__in=asker.authorities, ends=None
    )
    if who == "nobody":
        return cases.filter(~Exists(standing))
    officer = asker.person.pk if who == "me" else int(who)
    return cases.filter(Exists(standing.filter(officer=officer)))


def _due(cases: QuerySet[Case], due: str, _asker: Asker) -> QuerySet[Case]:
    return cases.filter(due_condition(DueIn(due), timezone.localdate()))


def due_condition(due: DueIn, today: date) -> Q:
    """The condition on a case's day. A week is the seven days after today, today included."""
    match due:
        case DueIn.LATE:
            return Q(due__lt=today)
        case DueIn.TODAY:
            return Q(due=today)
        case DueIn.WEEK:
            return Q(due__gte=today, due__lte=today + timedelta(days=SOON_DAYS))
    return Q(due=None)


_FILTERS: dict[str, Callable[[QuerySet[Case], str, Asker], QuerySet[Case]]] = {
    "q": _text,
    "scheme": lambda cases, slug, _asker: cases.filter(scheme__slug=slug),
    "stage": lambda cases, stage, _asker: cases.filter(stage=stage),
    "turn": _turn,
    "assigned": _assigned,
    "due": _due,
    "tier": lambda cases, tier, _asker: cases.filter(tier=tier),
    "call": lambda cases, slug, _asker: cases.filter(call__slug=slug),
}
