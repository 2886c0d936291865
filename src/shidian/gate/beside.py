"""The monitor's store beside the gate, for the worker of another zone. Read only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from shidian.core.monitor.line import Question, answered
from shidian.core.monitor.store import StoreReader
from shidian.gate.http import HttpProblemError, not_found

if TYPE_CHECKING:
    from pathlib import Path


class Beside:
    """Opens the store once the monitor has made it. Usable from any thread, one at a time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._store: StoreReader | None = None

    def answer(self, question: Question) -> Any:
        """As JSON has it. Raises HttpProblemError while there is no store, sqlite3.Error."""
        if self._path is None:
            raise not_found()
        with self._lock:
            if self._store is None:
                try:
                    self._store = StoreReader(self._path)
                except FileNotFoundError as error:
                    raise HttpProblemError(409, "no-monitor", f"{error}.") from None
            return answered(self._store, question)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
