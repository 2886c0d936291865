"""Starts child processes, shows their output, starts the fallen again, and stops them all.

Each child is the leader of a session of its own: Ctrl-C reaches this process alone, which stops the
children in its own way, and nothing a child has started outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GRACE_S = 10.0
"""Time a child has between the request to stop and its end by force."""
BACKOFF_S = (0.5, 1, 2, 4, 8, 15, 30)
"""Waits before a fallen child starts again; a child that lived `STEADY_S` begins anew."""
STEADY_S = 60.0
STARTS_MAX = 4
"""A child that falls this often before the first time all were healthy cannot start at all."""
_LINE_BYTES_MAX = 1 << 20
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process: its name in the log, its command, and the address that answers when it is up.

    Without `health_url` a child counts as healthy once it has run for a second.
    """

    name: str
    argv: Sequence[str]
    health_url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


class CannotStartError(Exception):
    """A child fell again and again before it was ever healthy."""


def _die_with_parent() -> None:
    """In the child, before exec: if the supervisor is killed outright, so are its children."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str) -> bool:
    """Whether something serves there without a server error. Any other failure is 'not yet'."""
    try:
        with urlopen(Request(url), timeout=5):  # noqa: S310 - our own http address
            return True
    except HTTPError as answer:
        return answer.code < HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False


class Supervisor:
    """Runs the children until SIGINT or SIGTERM, or until one proves unable to start."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        on_healthy: Callable[[], None] | None = None,
        write: Callable[[str], None] | None = None,
    ) -> None:
        self._children = children
        self._on_healthy = on_healthy
        self._write = write or self._to_stdout
        self._width = max(len(child.name) for child in (*children, Child(name="up", argv=())))
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._healthy: set[str] = set()
        self._all_healthy = False
        self._failure: str | None = None

    def run(self) -> None:
        """Block until stopped. Raises CannotStartError after everything has been stopped."""
        asyncio.run(self._run())
        if self._failure:
            raise CannotStartError(self._failure)

    async def _run(self) -> None:
        self._stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)
        tasks = [asyncio.create_task(self._keep(child)) for child in self._children]
        await self._stopping.wait()
        await asyncio.gather(*(self._stop(name) for name in list(self._running)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._say("up", "all processes have stopped")

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stopping.is_set():  # asked twice: now
            for process in self._running.values():
                _kill_group(process.pid, signal.SIGKILL)
            return
        self._say("up", f"{number.name}: stopping…")
        self._stopping.set()

    async def _keep(self, child: Child) -> None:
        """Start the child, and again whenever it ends, until everything stops."""
        falls = 0
        while not self._stopping.is_set():
            started_s = time.monotonic()
            status = await self._run_once(child)
            if self._stopping.is_set():
                return
            lived_s = time.monotonic() - started_s
            falls = 1 if lived_s >= STEADY_S else falls + 1
            told = f"{child.name} ended with {_status_words(status)} after {lived_s:.0f} s"
            if not self._all_healthy and falls >= STARTS_MAX:
                self._failure = f"{told}, {falls} times; its last lines above say why"
                self._stopping.set()
                return
            wait_s = BACKOFF_S[min(falls, len(BACKOFF_S)) - 1]
            self._say("up", f"{told}; starting it again in {wait_s:g} s")
            await self._sleep(wait_s)

    async def _run_once(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            *child.argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **child.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            limit=_LINE_BYTES_MAX,
        )
        self._running[child.name] = process
        if self._stopping.is_set():  # asked to stop while this one was starting
            await self._stop(child.name)
        health = asyncio.create_task(self._watch_health(child))
        output = asyncio.create_task(self._show_output(child.name, process))
        try:
            return await process.wait()
        finally:
            health.cancel()
            _kill_group(process.pid, signal.SIGKILL)  # what it started must not outlive it
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(output, timeout=1)
            self._running.pop(child.name, None)
            self._healthy.discard(child.name)

    async def _show_output(self, name: str, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise AssertionError("the child was started with a pipe")
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line past the limit: the reader has dropped it
                self._say(name, "(a line too long to show)")
                continue
            if not line:
                return
            self._say(name, line.decode(errors="replace").rstrip())

    async def _watch_health(self, child: Child) -> None:
        await asyncio.sleep(0.3 if child.health_url else 1)
        while True:
            if not child.health_url or await asyncio.to_thread(_answers, child.health_url):
                break
            await asyncio.sleep(0.2)
        self._healthy.add(child.name)
        if len(self._healthy) == len(self._children) and not self._all_healthy:
            self._all_healthy = True
            self._announce_health()

    def _announce_health(self) -> None:
        self._say("up", "all processes are up")
        if self._on_healthy:
            self._on_healthy()

    async def _stop(self, name: str) -> None:
        process = self._running.get(name)
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), timeout=GRACE_S)
        except TimeoutError:
            self._say("up", f"{name} did not stop within {GRACE_S:g} s; ending it by force")
            _kill_group(process.pid, signal.SIGKILL)
            await process.wait()

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until everything stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), timeout=seconds)

    def _say(self, name: str, line: str) -> None:
        self._write(f"{name:<{self._width}} | {line}")

    @staticmethod
    def _to_stdout(line: str) -> None:
        print(line, flush=True)


def _kill_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _status_words(status: int) -> str:
    if status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"
