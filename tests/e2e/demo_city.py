"""The demonstration as `make demo` runs it, on ports and in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import ROOT, environment, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

UP_S_MAX = 180
STOP_S_MAX = 20
FAULT_AFTER_S = 30
"""Time enough to open the board before."""


@dataclass(frozen=True)
class DemoCity:
    """A running demonstration."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def descendants(self) -> set[int]:
        """Process ids of everything that it started and that still runs."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    state = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:  # it ended while we looked
                    continue
                if state[0] != "Z":
                    parents[int(entry.name)] = int(state[1])
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def interrupt(self) -> int:
        """Ctrl-C; waits for the end and returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S_MAX)


@contextmanager
def demo_city(home: Path) -> Iterator[DemoCity]:
    """Start the demonstration anew; the planted fault comes early."""
    web, gate = free_port(), free_port()
    log = home.parent / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo"],
            env=environment(
                home,
                SHIDIAN_WEB_BIND=f"127.0.0.1:{web}",
                SHIDIAN_GATE_BIND=f"127.0.0.1:{gate}",
                SHIDIAN_GATE_URL=f"http://127.0.0.1:{gate}",
                SHIDIAN_DEMO="true",
                SHIDIAN_DEMO_FAULT_AFTER_S=str(FAULT_AFTER_S),
            ),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        city = DemoCity(f"http://127.0.0.1:{web}", home, process, log)
        try:
            _wait_until_up(city)
            yield city
        finally:
            left = city.descendants()
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_S_MAX)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for pid in left:
                if Path(f"/proc/{pid}").exists():
                    os.kill(pid, signal.SIGKILL)


def _wait_until_up(city: DemoCity) -> None:
    """Until it has greeted, as it does once every process answers."""
    deadline = time.monotonic() + UP_S_MAX
    while time.monotonic() < deadline and city.process.poll() is None:
        if f"{city.url}/" in city.log.read_text():
            return
        time.sleep(0.1)
    raise RuntimeError(f"the demonstration did not come up:\n{city.log.read_text()[-4000:]}")
