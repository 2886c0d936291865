"""The firm's pilot system under test: a command that is started, killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING

from shidian_kit.contract.stand import PROJECT, SOURCE, Stand
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STOP_S = 15
PLACES = "{gate}, {project}, {source}, {key}, {spool}, {gate_key}, {order_key}, {listen}, {folder}"


class Firm:
    """A command over a folder of its own. `{…}` in its arguments stand for what it must know."""

    def __init__(self, command: Sequence[str], stand: Stand, folder: Path, path: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{probe.getsockname()[1]}"
        known = {
            "gate": stand.url,
            "project": PROJECT,
            "source": SOURCE,
            "key": str(folder / "pilot.key"),
            "spool": str(folder / "pilot.spool"),
            "gate_key": keys.public_text(stand.key.public_key()),
            "order_key": keys.public_text(stand.order_key.public_key()),
            "listen": listen,
            "folder": str(folder),
        }
        self.url = f"http://{listen}{path}"
        self.log = folder / "pilot.log"
        self._command = [_filled(part, known) for part in command]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. Raises OSError where there is no such command."""
        with self.log.open("ab") as log:
            # The command is the caller's own: running it is what they asked for.
            self._process = subprocess.Popen(  # noqa: S603
                self._command, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S)

    def stop(self) -> None:
        """End it as an operator would, and else as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()


def _filled(part: str, known: dict[str, str]) -> str:
    # Not str.format: an argument may be JSON, whose braces mean something else.
    for name, value in known.items():
        part = part.replace(f"{{{name}}}", value)
    return part
