"""Attested returns from the outbox to the gate, each until the gate has said what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from django.db import transaction
from django.utils import timezone

from shidian.apps.supervision.journals import in_journal
from shidian.apps.supervision.models import IndicatorReturn, Pilot, ReturnState
from shidian.apps.supervision.worker.gate_client import GateRefusedError
from shidian.config import MAIN_JOURNAL
from shidian.core.journal.controls import RETURNS_SOURCE
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EVENTS_MAX = 10_000
"""Events in one request, which is one entry of the journal: more than most returns have."""
EPOCH = 1
PROBLEM_MAX_CHARS = 500
_log = structlog.get_logger("shidian.worker")


class ReturnGate(Protocol):
    """Where attested events go."""

    def returns(self, project: str, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Have events taken. Raises GateUnreachableError, GateRefusedError."""


def send_returns(gate: ReturnGate, journal: str = MAIN_JOURNAL) -> dict[str, int]:
    """Send every attested return of a journal's pilots that has no answer; pilots → newest entry.

    In the order of attestation, since a later one may correct an earlier one. The events carry
    numbers that were given when they were attested, so that what was sent before a crash is a
    repeat. Raises GateUnreachableError, which stops the pass.
    """
    concerned: dict[str, int] = {}
    waiting = IndicatorReturn.objects.filter(
        state=ReturnState.ATTESTED,
        delivered_at=None,
        pilot__in=Pilot.objects.filter(in_journal(journal)),
    )
    for pk in list(waiting.filter(problem="").order_by("outbox_id").values_list("pk", flat=True)):
        found = IndicatorReturn.objects.select_related("pilot").defer("rows").get(pk=pk)
        try:
            answers = [gate.returns(found.pilot.public_id, part) for part in _parts(found)]
        except GateRefusedError as refusal:
            _log.error("return refused by the gate", ret=found.pk, reason=str(refusal))
            _store(pk, problem=str(refusal)[:PROBLEM_MAX_CHARS])
            continue
        told = _told(answers)
        _store(pk, **told)
        concerned[found.pilot.public_id] = told["last_entry"] or 0
        _log.info("return in the journal", ret=found.pk, **told["counts"])
    return concerned


def _parts(found: IndicatorReturn) -> Iterator[list[dict[str, object]]]:
    events = [_event(found, one) for one in found.events or ()]
    for first in range(0, len(events), EVENTS_MAX):
        yield events[first : first + EVENTS_MAX]


def _event(found: IndicatorReturn, given: Sequence[Any]) -> dict[str, object]:
    seqno, rev, op, time_us, values = given
    return envelope.to_dict(
        envelope.Event(
            project=found.pilot.public_id,
            source=RETURNS_SOURCE,
            epoch=EPOCH,
            seqno=seqno,
            type=found.stream,
            time_us=time_us,
            data=values,
            rev=rev,
            op=envelope.Op(op),
        )
    )


def _told(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    entries: list[int] = []
    problems: list[str] = []
    for answer in answers:
        counts.update(answer["counts"])
        entries += answer["entries"]
        problems += [f"{one['field']}: {one['reason']}" for one in answer["problems"]]
    return {
        "counts": dict(counts),
        "first_entry": min(entries, default=None),
        "last_entry": max(entries, default=None),
        "problem": "; ".join(problems)[:PROBLEM_MAX_CHARS],
        "delivered_at": timezone.now(),
    }


@transaction.atomic
def _store(pk: int, **values: Any) -> None:
    IndicatorReturn.objects.filter(pk=pk).update(**values)
