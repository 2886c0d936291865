"""A case's events as the procedure reads them, and the case as they tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.models import Case, CaseEvent
from shidian.core.procedure.fold import fold
from shidian.core.procedure.types import Actor, ActorKind, CaseState, PastEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def person_key(person_id: int | None) -> str:
    """How events name a person: an opaque id; "" for nobody in particular."""
    return "" if person_id is None else str(person_id)


def past_event(row: CaseEvent) -> PastEvent:
    """One stored event as the procedure reads it."""
    actor = Actor(
        kind=ActorKind(row.actor_kind),
        person=person_key(row.person_id),
        authority=row.authority or None,
        institution=str(row.institution_id) if row.institution_id else None,
    )
    return PastEvent(seq=row.seq, kind=row.kind, at=row.at, actor=actor, data=row.data)


def past_events(rows: Iterable[CaseEvent]) -> tuple[PastEvent, ...]:
    """Stored events, in order, as the procedure reads them."""
    return tuple(past_event(row) for row in rows)


def history_of(case: Case) -> tuple[PastEvent, ...]:
    """Everything that happened to the case, in order. One query."""
    return past_events(CaseEvent.objects.filter(case=case).order_by("seq"))


def state_of(case: Case, now: datetime | None = None) -> CaseState:
    """The case as its events tell it: requests, round, sign-offs, clocks with their sums, tasks."""
    rulebook = case.rulebook
    return fold(rulebook, calendar_of(rulebook), history_of(case), now or timezone.now())
