"""A notary as its own process, to be asked, killed and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

from shidian.notary.client import NotaryClient
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from pathlib import Path

START_S_MAX = 60.0


class RunningNotary:
    """`shidian notary` on a home of the test's own."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.tiles = home / "record" / "tiles"
        self.socket = home / "record" / "notary.sock"
        variables = {f"SHIDIAN_{name.upper()}": value for name, value in settings.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shidian", "notary"],
            env={**os.environ, "SHIDIAN_HOME": str(home), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self) -> NotaryClient:
        """A client, once the notary answers."""
        deadline = time.monotonic() + START_S_MAX
        while True:
            client = NotaryClient(self.socket)
            try:
                client.checkpoint()
            except RecordError:
                client.close()
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(self.output()) from None
                time.sleep(0.01)
            else:
                return client

    def kill(self) -> None:
        self._process.kill()
        self.output()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        self.output()
        return self._process.returncode

    def output(self) -> str:
        """What it said until its end."""
        if self._process.stdout is None or self._process.stdout.closed:
            return ""
        told = self._process.communicate(timeout=START_S_MAX)[0]
        return str(told)
