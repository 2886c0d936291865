"""Pilots on their way between journals: each step is written down, and does no harm done again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import structlog
from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.models import OutboxDelivery
from shidian.apps.supervision.domain.control import CONSUMER, post_control
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.journals import tell_elsewhere
from shidian.apps.supervision.models import ControlReceipt, JournalMove, MoveState, PilotJournal
from shidian.apps.supervision.worker.gate_client import GateRefusedError, GateUnreachableError
from shidian.apps.supervision.worker.projection import applied_to
from shidian.core.journal.controls import CLOCKS_APART_MAX_US
from shidian.core.journal.moving import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.journal.moving import Arriving, Left

KEEP_COPY_US = 7 * 86_400_000_000
"""How long the journal that a pilot left keeps its copy of the events."""
MOVED = "moved"
_log = structlog.get_logger("shidian.worker")


class MovingGate(Protocol):
    """A gate that hands out or keeps a project's log. All raise GateUnreachableError."""

    def leaving(self, project: str, after: int, part: str) -> Page:
        """Some of what left, after a number."""

    def left(self, project: str) -> Left:
        """What left as a whole."""

    def arriving(self, project: str, page: Page) -> Arriving:
        """Keep what comes next; how far it has come."""


def advance_moves(gates: Mapping[str, MovingGate]) -> set[str]:
    """Take each move as far as it goes now; public ids of pilots that have arrived.

    Raises nothing: what stands in the way is kept with the move, and tried again.
    """
    arrived = set()
    for move in JournalMove.objects.filter(ended_at=None).select_related("pilot__case"):
        try:
            while _advance(move, gates):
                move.refresh_from_db()
        except (GateUnreachableError, GateRefusedError) as problem:
            _note(move, str(problem))
        if move.state == MoveState.DONE:
            arrived.add(move.pilot.public_id)
    return arrived


def _advance(move: JournalMove, gates: Mapping[str, MovingGate]) -> bool:
    """One step; whether another may follow at once."""
    source, target = gates.get(move.source), gates.get(move.target)
    if source is None or target is None:
        _note(move, "SHIDIAN_GATES no longer names both journals")
        return False
    match move.state:
        case MoveState.ASKED:
            return _fence(move, target)
        case MoveState.FENCED:
            return _drained(move)
        case MoveState.DRAINED:
            return _copy(move, source, target)
        case MoveState.COPIED:
            return _arrived(move)
    return False


def _fence(move: JournalMove, target: MovingGate) -> bool:
    """Look whether the new gate can take it; then have the old one take nothing more."""
    found = target.arriving(move.pilot.public_id, Page())
    apart_us = time.time_ns() // 1000 - found.now_us
    if found.known:
        return _refuse(move, "it is or was in that journal: a journal is not come back to")
    if abs(apart_us) > CLOCKS_APART_MAX_US:
        return _refuse(move, f"that gate's clock is {abs(apart_us) // 1_000_000} s apart")
    with transaction.atomic():
        locked = _locked(move)
        if locked.state != MoveState.ASKED:
            return True
        at = timezone.now()
        body = {"journal": move.source, "to": move.target, "effective_us": to_us(at)}
        locked.departure_outbox = post_control(move.pilot, "departure", body, at=at)
        locked.state = MoveState.FENCED
        locked.save(update_fields=["departure_outbox", "state"])
        PilotJournal.objects.filter(pilot=move.pilot).update(moving_to=move.target)
    return True


def _drained(move: JournalMove) -> bool:
    """Wait until all that the old monitor says of the pilot is in the app database."""
    if (refused := _refusal(move.departure_outbox)) is not None:
        with transaction.atomic():
            PilotJournal.objects.filter(pilot=move.pilot).update(moving_to="")
            return _refuse(move, refused)
    receipt = _receipt(move.departure_outbox)
    if receipt is None or applied_to(move.source) < receipt.entry:
        return False
    JournalMove.objects.filter(pk=move.pk, state=MoveState.FENCED).update(
        entry=receipt.entry, state=MoveState.DRAINED, problem=""
    )
    return True


def _copy(move: JournalMove, source: MovingGate, target: MovingGate) -> bool:
    """Bring over what the new gate does not have yet, then say that it is all."""
    name = move.pilot.public_id
    have = target.arriving(name, Page()).entry
    while (page := source.leaving(name, have, "entries")).entries:
        have = target.arriving(name, page).entry
    code = 0
    while (page := source.leaving(name, code, "codes")).codes:
        target.arriving(name, page)
        code = page.codes[-1][1]
    target.arriving(name, Page(high=page.high))
    left = source.left(name)
    with transaction.atomic():
        locked = _locked(move)
        if locked.state != MoveState.DRAINED:
            return True
        at = timezone.now()
        body = {
            "journal": move.target,
            "came_from": move.source,
            "effective_us": to_us(at),
            "entry": left.entry,
            "ingest_us": left.ingest_us,
            "entries": left.whole.entries,
            "codes": left.whole.codes,
            "digest": left.whole.digest,
        }
        locked.arrival_outbox = post_control(move.pilot, "arrival", body, at=at)
        locked.state, locked.problem = MoveState.COPIED, ""
        locked.save(update_fields=["arrival_outbox", "state", "problem"])
    return True


def _arrived(move: JournalMove) -> bool:
    """Once the new journal has taken it up: it is there, and everybody is told."""
    if (refused := _refusal(move.arrival_outbox)) is not None:
        _note(move, refused)
        return False
    if _receipt(move.arrival_outbox) is None:
        return False
    with transaction.atomic():
        locked = _locked(move)
        if locked.state != MoveState.COPIED:
            return True
        at = timezone.now()
        PilotJournal.objects.filter(pilot=move.pilot).update(journal=move.target, moving_to="")
        tell_elsewhere(move.pilot, at=at)
        body = {
            "journal": move.source,
            "effective_us": to_us(at),
            "outcome": MOVED,
            "keep_until_us": to_us(at) + KEEP_COPY_US,
        }
        post_control(move.pilot, "closing", body, at=at)
        locked.state, locked.ended_at = MoveState.DONE, at
        locked.save(update_fields=["state", "ended_at"])
    _log.info("moved", project=move.pilot.public_id, source=move.source, target=move.target)
    return True


def _locked(move: JournalMove) -> JournalMove:
    return JournalMove.objects.select_for_update().get(pk=move.pk)


def _receipt(outbox_id: int | None) -> ControlReceipt | None:
    """What the journal acknowledged of a control record; None while it has not, or none is sent."""
    if outbox_id is None:
        return None
    return ControlReceipt.objects.filter(outbox_id=outbox_id).first()


def _refusal(outbox_id: int | None) -> str | None:
    found = OutboxDelivery.objects.filter(outbox=outbox_id, consumer=CONSUMER).first()
    return None if found is None else found.error


def _refuse(move: JournalMove, why: str) -> bool:
    JournalMove.objects.filter(pk=move.pk).update(
        state=MoveState.REFUSED, problem=why[:500], ended_at=timezone.now()
    )
    _log.error("not moved", project=move.pilot.public_id, reason=why)
    return False


def _note(move: JournalMove, problem: str) -> None:
    if move.problem != problem[:500]:
        JournalMove.objects.filter(pk=move.pk).update(problem=problem[:500])
        _log.warning("a move waits", project=move.pilot.public_id, reason=problem)
