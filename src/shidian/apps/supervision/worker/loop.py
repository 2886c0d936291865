"""The loop: each duty on its own rhythm; one that fails waits longer and holds up no other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import Error as DatabaseTrouble
from django.db import connections

from shidian.apps.supervision.worker.gate_client import GateUnreachableError
from shidian.logs import named
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 15.0
_log = structlog.get_logger("shidian.worker")


@dataclass
class Duty:
    """Something to be done every `every_s` seconds. `run` may raise: it is then tried later."""

    name: str
    every_s: float
    run: Callable[[], None]
    due: float = 0.0
    failures: int = field(default=0)

    def attempt(self, now: float) -> None:
        """Run it and set when it is due next."""
        try:
            self.run()
        except Exception as error:  # noqa: BLE001 - a duty's failure is logged, and must not end the loop
            self._failed(error, now)
            return
        if self.failures:
            _log.info("works again", duty=self.name, after=self.failures)
        self.failures = 0
        self.due = now + self.every_s

    def _failed(self, error: Exception, now: float) -> None:
        self.failures += 1
        wait = min(BACKOFF_FIRST_S * 2 ** (self.failures - 1), BACKOFF_MAX_S)
        self.due = now + max(wait, self.every_s)
        expected = _nobody_answers(error)
        if self.failures == 1 or not expected:
            say = _log.warning if expected else _log.error
            # The message of what nobody expected may quote what somebody typed.
            said = f"{type(error).__name__}: {error}" if expected else named(error)
            say("failed", duty=self.name, error=said, again_in_s=wait)
        if isinstance(error, DatabaseTrouble):
            connections.close_all()


def _nobody_answers(error: Exception) -> bool:
    """Whether another process is only not there now; that is said once, and less loudly."""
    if isinstance(error, RecordError):
        return error.name is Refusal.NOT_REACHABLE
    return isinstance(error, GateUnreachableError)


def run_duties(duties: Sequence[Duty], stop: threading.Event) -> None:
    """Run the duties until `stop` is set, the first that is due first; one in hand is finished.

    So the first ones wait for one other at most, however many are due. Each has its pause when it
    is done, in which the others have their turn.
    """
    while not stop.is_set():
        now = time.monotonic()
        due = next((duty for duty in duties if duty.due <= now), None)
        if due is not None:
            due.attempt(now)
            due.due += time.monotonic() - now
            continue
        next_due = min(duty.due for duty in duties)
        stop.wait(max(0.001, min(next_due - now, 1.0)))
