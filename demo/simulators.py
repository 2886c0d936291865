"""The three pilot systems, in a process of their own: `python -m demo.simulators`.

They send through the kit, as an institution's system would. What a pilot must remember between two
runs (when it first started, how long it has lived) lies beside its key.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shidian_kit.client import Client

from demo.behaviour import (
    BEHAVIOURS,
    FAULT_AFTER_S,
    FAULT_LASTS_S,
    HISTORY_DAYS,
    Behaviour,
    Sent,
)
from shidian.config import settings
from shidian_kit.wire.keys import load_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HISTORY_CHUNK = 500
RETRY_S = 1.0


def folder() -> Path:
    """Where the simulated institutions keep keys, spools and memory."""
    return settings().home / "simulators"


@dataclass(frozen=True)
class Registration:
    """Under what a simulated system is registered; written by the seed."""

    project: str
    """Id in `demo.projects`."""
    public_id: str
    source: str

    @property
    def key_path(self) -> Path:
        return folder() / f"{self.project}.pem"


def save_registrations(registrations: Iterable[Registration]) -> None:
    """Tell the simulators under what they are registered."""
    folder().mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(registration) for registration in registrations], indent=1)
    (folder() / "pilots.json").write_text(text)


def load_registrations() -> list[Registration]:
    """Raises FileNotFoundError before the seed has run."""
    return [Registration(**row) for row in json.loads((folder() / "pilots.json").read_text())]


@dataclass
class Memory:
    """What one system remembers. `lived_s`: seconds it has run live, over all its runs."""

    path: Path
    first_start: float
    history_sent: int = 0
    history_done: bool = False
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
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(kept))
        draft.replace(self.path)


class System:
    """One pilot system at work."""

    def __init__(self, behaviour: Behaviour, registration: Registration) -> None:
        self.behaviour = behaviour
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
        self._send_history(stop)
        while not stop.is_set():
            began = time.monotonic()
            self._live_second()
            stop.wait(max(0.0, 1.0 - (time.monotonic() - began)))
        self.memory.save()

    def _send_history(self, stop: threading.Event) -> None:
        """The days before the first start. A system stopped midway goes on where it was."""
        memory = self.memory
        if memory.history_done:
            return
        end = datetime.fromtimestamp(memory.first_start, UTC) - timedelta(minutes=1)
        sent = list(self.behaviour.history(end - timedelta(days=HISTORY_DAYS), end))
        while memory.history_sent < len(sent) and not stop.is_set():
            chunk = sent[memory.history_sent : memory.history_sent + HISTORY_CHUNK]
            self._spool(chunk)
            self._flush_until_taken(stop)
            memory.history_sent += len(chunk)
            memory.save()
        memory.history_done = memory.history_sent >= len(sent)
        memory.save()

    def _live_second(self) -> None:
        memory = self.memory
        fault = time.time() >= memory.first_start + FAULT_AFTER_S and memory.fault_s < FAULT_LASTS_S
        self._spool(self.behaviour.live(datetime.now(UTC), memory.lived_s, fault=fault))
        memory.lived_s += 1
        memory.fault_s += fault
        if memory.lived_s % 5 == 0:
            memory.save()
        self._flush()

    def _spool(self, events: Iterable[Sent]) -> None:
        for event in events:
            self.client.event(event.type, event.data, time=event.at)

    def _flush(self) -> bool:
        """Send what lies in the spool. A gate that does not answer gets it next time."""
        try:
            self.client.flush()
        except OSError as error:
            self._say(f"{error}; trying again")
            return False
        return True

    def _flush_until_taken(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self._flush():
            stop.wait(RETRY_S)

    def _say(self, what: str) -> None:
        print(f"{self.behaviour.project}: {what}", flush=True)


def main() -> int:
    """Run all systems until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    registered = {registration.project: registration for registration in load_registrations()}
    threads = [
        threading.Thread(target=System(behaviour, registered[behaviour.project]).run, args=(stop,))
        for behaviour in BEHAVIOURS
    ]
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
