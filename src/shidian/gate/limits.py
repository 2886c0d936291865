"""How much the gate takes: of a source at a time, so that one that sends too much waits, not the
others; and of all only while the disk has room.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import structlog

from shidian.gate import options
from shidian.gate.http import HttpProblemError, busy
from shidian.health import room_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shidian.gate.options import GateOptions

Source: TypeAlias = tuple[str, str]
"""Project and source, as the key binds them."""

_SOURCES_KEPT_MAX = 100_000
_log = structlog.get_logger("shidian.gate")


@dataclass(slots=True)
class _Account:
    """`left`: events that may come now, below 0 where the last request was larger than that."""

    left: float
    at_s: float
    waiting: int = 0


class Intake:
    """Counts events by source: those waiting to be written, and those of the last seconds.

    A request is judged before it is decoded, when nobody knows its size yet: it is taken while
    anything is left, and what it had too much is owed by the next. Used from the event loop only.
    """

    def __init__(self, options: GateOptions) -> None:
        self._options = options
        self._accounts: OrderedDict[Source, _Account] = OrderedDict()
        self.waiting = 0

    def admit(self, source: Source, now_s: float) -> None:
        """Before a body is decoded. Raises HttpProblemError 429 with the seconds to wait."""
        if self.waiting >= self._options.waiting_events_max:
            raise busy("The gate is writing what it has; send this again.")
        account = self._account(source, now_s)
        if account.waiting >= self._options.source_waiting_events_max:
            raise busy("What this source sent before is still being written; send this again.")
        if account.left <= 0:
            seconds = math.ceil((1 - account.left) / self._options.source_rate)
            raise busy(
                f"This source sends more than {self._options.source_rate} events a second.",
                after_s=seconds,
            )

    @contextmanager
    def taking(self, source: Source, events: int, now_s: float) -> Iterator[None]:
        """While a decoded batch is written."""
        account = self._account(source, now_s)
        account.left -= events
        account.waiting += events
        self.waiting += events
        try:
            yield
        finally:
            account.waiting -= events
            self.waiting -= events

    def _account(self, source: Source, now_s: float) -> _Account:
        rate = self._options.source_rate
        burst = rate * self._options.source_burst_s
        account = self._accounts.get(source)
        if account is None:
            if len(self._accounts) >= _SOURCES_KEPT_MAX:
                self._accounts.popitem(last=False)
            account = self._accounts[source] = _Account(burst, now_s)
        account.left = min(burst, account.left + rate * max(0.0, now_s - account.at_s))
        account.at_s = now_s
        self._accounts.move_to_end(source)
        return account


class Room:
    """Whether the disk has room for telemetry, looked at once a second at most.

    What is kept free is for what must go on: ticks, control records, permits, firms' words on
    orders, and sealing, which makes room. Used from the event loop only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked_s: float | None = None
        self._full = False

    def require(self, now_s: float) -> None:
        """Raises HttpProblemError 503 where there is none."""
        if self._looked_s is None or now_s - self._looked_s >= options.ROOM_LOOK_S:
            self._looked_s = now_s
            self._look()
        if self._full:
            raise HttpProblemError(
                503,
                "disk-full",
                "The gate's disk is nearly full: nothing of this was stored. Send it again later.",
                {"retry-after": str(options.ROOM_RETRY_S)},
            )

    def _look(self) -> None:
        before = self._full
        try:
            room_in(self._folder)
        except OSError as error:
            self._full = True
            if not before:
                _log.error("telemetry is refused: the disk is nearly full", why=str(error))
        else:
            self._full = False
            if before:
                _log.warning("telemetry is taken again: the disk has room")
