"""The three pilot systems, in a process of their own: `python -m demo.simulators`.

They send through the kit, as an institution's system would; they do business under its permits
and obey the orders that reach them. What a pilot must remember between two
runs (when it first started, how long it has lived) lies beside its key.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from demo.behaviour import (
    BEHAVIOURS,
    FAULT_AFTER_S,
    FAULT_LASTS_S,
    HISTORY_DAYS,
    Behaviour,
)
from demo.registration import Registration, folder, load_registrations
from demo.taking_orders import obeying
from shidian.config import settings
from shidian_kit.client import Client, GateRefusedError, GateUnreachableError, draft
from shidian_kit.permits import Business, PermitHolder
from shidian_kit.wire.keys import load_private
from shidian_kit.wire.permit import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TELL_AFTER = 30
FAULT_AFTER_VARIABLE = "SHIDIAN_DEMO_FAULT_AFTER_S"
"""Environment variable that moves the planted fault, for those who cannot wait two minutes."""
GIVE_UP_S = 2.0
"""A gate that does not answer for so long gets the events next time."""


@dataclass
class Memory:
    """What one system remembers. `lived_s`: seconds it has run live, over all its runs."""

    path: Path
    first_start: float
    lived_s: int = 0
    fault_s: int = 0

    @classmethod
    def load(cls, path: Path) -> Memory:
        """The memory at `path`, or that of a system that starts for the first time now."""
        if path.exists():
            return cls(path=path, **json.loads(path.read_text()))
        return cls(path=path, first_start=time.time())

    def save(self) -> None:
        """Write it whole, or not at all."""
        kept = {name: value for name, value in asdict(self).items() if name != "path"}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(self.path)


class System:
    """One pilot system at work."""

    def __init__(
        self, behaviour: Behaviour, registration: Registration, permits: PermitHolder
    ) -> None:
        self.behaviour = behaviour
        self._permits = permits
        self._failures = 0
        self._fault_after_s = float(os.environ.get(FAULT_AFTER_VARIABLE, FAULT_AFTER_S))
        self.memory = Memory.load(folder() / f"{registration.project}.json")
        self.client = Client(
            settings().gate_url,
            registration.public_id,
            registration.source,
            load_private(registration.key_path),
            folder() / f"{registration.project}.spool",
        )

    def run(self, stop: threading.Event) -> None:
        """Send the past, then the present, until told to stop."""
        self.memory.save()
        self._spool_history()
        while not stop.is_set():
            began = time.monotonic()
            self._live_second()
            stop.wait(max(0.0, 1.0 - (time.monotonic() - began)))
        self.memory.save()

    def _spool_history(self) -> None:
        """The days before the first start. The label keeps a second run from spooling them again."""
        end = datetime.fromtimestamp(self.memory.first_start, UTC) - timedelta(minutes=1)
        past = self.behaviour.history(end - timedelta(days=HISTORY_DAYS), end)
        drafts = [draft(event.type, event.data, event.at) for event in past]
        self.client.events(drafts, label="history")

    def _live_second(self) -> None:
        memory = self.memory
        if not self._permits.may(Business.NEW):
            if memory.fault_s and self._permits.status.state is OrderState.SUSPENDED:
                memory.fault_s = int(FAULT_LASTS_S)  # stopped, they take the bad release back
            self._flush()
            return
        due = time.time() >= memory.first_start + self._fault_after_s
        fault = due and memory.fault_s < FAULT_LASTS_S
        events = self.behaviour.live(datetime.now(UTC), memory.lived_s, fault=fault)
        self.client.events(draft(event.type, event.data, event.at) for event in events)
        memory.lived_s += 1
        memory.fault_s += fault
        if memory.lived_s % 5 == 0:
            memory.save()
        self._flush()

    def _flush(self) -> None:
        """Send what lies in the spool. What a gate does not take now it gets next time."""
        try:
            result = self.client.flush(give_up_after_s=GIVE_UP_S)
        except (GateUnreachableError, GateRefusedError) as error:
            self._failures += 1
            # In its first seconds a gate may not have heard of the key yet.
            if self._failures % TELL_AFTER == 0:
                self._say(f"{error}; trying again")
            return
        self._failures = 0
        for outcome in result.refused:
            self._say(f"refused: {outcome}")

    def _say(self, what: str) -> None:
        print(f"{self.behaviour.project}: {what}", flush=True)


def main() -> int:
    """Run all systems until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    registered = {registration.project: registration for registration in load_registrations()}
    # The firms report on the past as soon as it is in the journal.
    reporting = subprocess.Popen([sys.executable, "-m", "demo.reporting"])
    with obeying(stop) as permits, ended_with(reporting):
        return _run_all(
            [
                System(behaviour, registered[behaviour.project], permits[behaviour.project])
                for behaviour in BEHAVIOURS
            ],
            stop,
        )


@contextmanager
def ended_with(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process go on no longer than this one."""
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _run_all(systems: Sequence[System], stop: threading.Event) -> int:
    threads = [threading.Thread(target=system.run, args=(stop,)) for system in systems]
    for thread in threads:
        thread.start()
    # A thread that fell must not leave a process that looks alive.
    while not stop.wait(0.5):
        if not all(thread.is_alive() for thread in threads):
            stop.set()
            for thread in threads:
                thread.join()
            return 1
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
