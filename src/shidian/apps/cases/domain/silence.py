"""What the program itself does once the law says so: a clock ran out and nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from django.utils import timezone

from shidian.apps.cases.actors import SYSTEM
from shidian.apps.cases.domain.perform import perform_act
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Task
from shidian.core.procedure.types import Act, ActorKind, Verb

if TYPE_CHECKING:
    from datetime import datetime

BATCH_MAX = 200
_log = structlog.get_logger("shidian.silence")


def record_due_silences(*, at: datetime | None = None) -> int:
    """Record every silence that is due, on each case's own day. Returns how many were recorded.

    Any number may run at once, and again: the case is locked and the procedure asked, so that what
    is done already, or was answered meanwhile, is refused and left. Events: silence.recorded, and
    what follows from it; they name rule, rulebook version and software version.
    """
    moment = at or timezone.now()
    done = 0
    for task in _due(moment):
        clock = task.key.rpartition("/")[2]
        act = Act(Verb.RECORD_SILENCE, SYSTEM, moment, {"clock": clock})
        try:
            perform_act(task.case, act, by=None)
        except DomainError as refusal:
            # Not yet, or no longer: whoever acted on the case meanwhile has renewed its tasks.
            _log.info("silence not recorded", case=task.case.reference, code=refusal.code)
            continue
        done += 1
        _log.info("silence recorded", case=task.case.reference, clock=clock)
    return done


def _due(moment: datetime) -> list[Task]:
    """The program's open tasks whose day has come where the case is at home."""
    # No zone is a day ahead of another's by more than one: the exact day is each case's own.
    latest = moment.astimezone(ZoneInfo("Etc/GMT-14")).date()
    tasks = (
        Task.objects.open()
        .filter(
            kind=ActorKind.SYSTEM.value,
            verb=Verb.RECORD_SILENCE.value,
            not_before__lte=latest,
        )
        .select_related("case", "case__rulebook_version")
        .order_by("pk")[:BATCH_MAX]
    )
    return [
        task
        for task in tasks
        if task.not_before is not None
        and task.not_before <= moment.astimezone(ZoneInfo(task.case.rulebook.zone)).date()
    ]
