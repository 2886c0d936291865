"""Whether a process can do its work: what it needs is asked, and named where it does not answer.

Names alone are for whoever asks: reasons may say addresses and paths, and go to the log.
"""

from __future__ import annotations

import shutil
import threading
import time
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as NotYetError
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

WITHIN_S = 4.0
"""How long what is needed may take to answer."""
KEPT_S = 1.0
"""How long an answer is given again: anybody may ask, as often as he likes."""
FREE_MIN_SHARE = 0.05
FREE_MIN_BYTES, FREE_MIN_BYTES_MAX = 64 * 2**20, 2**30
"""Bounds of what that share of a disk comes to."""

_log = structlog.get_logger("shidian.health")


class Readiness:
    """What one process needs, by name: each is a function that raises where it is not to be had.

    Each is asked in a thread of its own, since what hangs cannot be ended; while it hangs it is not
    asked again, and counts as failing. Usable from any thread.
    """

    def __init__(
        self,
        needs: Mapping[str, Callable[[], object]],
        *,
        within_s: float = WITHIN_S,
        kept_s: float = KEPT_S,
    ) -> None:
        self._needs = dict(needs)
        self._within_s, self._kept_s = within_s, kept_s
        self._lock = threading.Lock()
        self._asked: dict[str, Future[None]] = {}
        self._found: dict[str, str] = {}
        self._at_s: float | None = None

    def failing(self) -> list[str]:
        """Names of what is not to be had, sorted; takes `within_s` at most.

        While somebody waits for answers, others are given those before.
        """
        if self._lock.acquire(blocking=self._at_s is None):
            try:
                if self._at_s is None or time.monotonic() - self._at_s >= self._kept_s:
                    self._ask()
                    self._at_s = time.monotonic()
            finally:
                self._lock.release()
        return sorted(self._found)

    def _ask(self) -> None:
        for name, need in self._needs.items():
            if name not in self._asked:
                self._asked[name] = _started(name, need)
        wait(self._asked.values(), timeout=self._within_s)
        found = {}
        for name in self._needs:
            try:
                self._asked[name].result(timeout=0)
            except NotYetError:
                found[name] = f"no answer within {self._within_s:g} s"
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not to be had
                found[name] = f"{type(error).__name__}: {error}"
            del self._asked[name]
        for name in sorted(found.keys() - self._found.keys()):
            _log.error("not ready", need=name, why=found[name])
        for name in sorted(self._found.keys() - found.keys()):
            _log.warning("ready again", need=name)
        self._found = found


def _started(name: str, need: Callable[[], object]) -> Future[None]:
    answer: Future[None] = Future()

    def ask() -> None:
        try:
            need()
        except BaseException as error:  # noqa: BLE001 - it is the answer
            answer.set_exception(error)
        else:
            answer.set_result(None)

    threading.Thread(target=ask, name=f"ready-{name}", daemon=True).start()
    return answer


def room_needed(total_bytes: int) -> int:
    """How much of a disk of this size must be free to work in."""
    share = int(total_bytes * FREE_MIN_SHARE)
    return min(max(share, FREE_MIN_BYTES), FREE_MIN_BYTES_MAX)


def room_in(folder: Path) -> None:
    """Raises OSError where the folder is not there, or its disk has no room to work in."""
    disk = shutil.disk_usage(folder)
    needed = room_needed(disk.total)
    if disk.free < needed:
        raise OSError(f"{disk.free} bytes are free where {folder} lies; {needed} are needed")


def files_in(folder: Path) -> None:
    """Raises OSError where the folder is not there, cannot be read, or has nothing in it."""
    if next(folder.iterdir(), None) is None:
        raise OSError(f"{folder} is empty")
