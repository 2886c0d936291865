"""Where pilots' telemetry is kept: the assignment of pilots to journals, as it stands."""

from __future__ import annotations

from django.db.models import Q

from shidian.apps.supervision.models import JournalMove, MoveState, Pilot, PilotJournal
from shidian.config import MAIN_JOURNAL


def journal_of(pilot: Pilot) -> str:
    """The name of the journal that keeps a pilot's telemetry."""
    found = PilotJournal.objects.filter(pilot=pilot).values_list("journal", flat=True).first()
    return found or MAIN_JOURNAL


def in_journal(journal: str) -> Q:
    """Pilots of a journal."""
    kept = Q(placement__journal=journal)
    return kept | Q(placement=None) if journal == MAIN_JOURNAL else kept


def arriving_at(journal: str) -> set[str]:
    """Pilots whose log lies with a gate, and of which it may have been told that they are there."""
    moves = JournalMove.objects.filter(target=journal, state=MoveState.COPIED)
    return set(moves.values_list("pilot__public_id", flat=True))
