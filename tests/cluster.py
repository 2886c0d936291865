"""One machine as several: processes that are started again when they fall, a PostgreSQL of their
own, a balancer before the web processes, and a line to the database that can be cut.

What falls is written down with its time (`Outage`), so that a test can say of each request whether
it had a reason to fail.
"""

from __future__ import annotations

import http.client
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import psycopg

from tests.browser import ROOT, free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

RESTART_S = 0.5
"""How soon what fell is started again; the units in `deploy/` take two seconds."""
PATIENCE_S = 240.0
FOREVER = float("inf")
NO_LINGER = struct.pack("ii", 1, 0)
POSTGRES_FALLS = ("fast", "immediate", "backend", "postmaster")


@dataclass
class Outage:
    """From when until when something was away, on the monotonic clock."""

    since_s: float
    until_s: float = FOREVER

    def meets(self, began_s: float, ended_s: float) -> bool:
        """Whether the time between has a part of it."""
        return began_s <= self.until_s and ended_s >= self.since_s


class Unit:
    """A process with all that it starts, as its systemd unit keeps it: `Restart=always`."""

    def __init__(
        self, name: str, *words: str, env: Mapping[str, str], log: Path, ready: str = ""
    ) -> None:
        self.name, self._words, self._env = name, words, dict(env)
        self._log, self._ready = log, ready
        self.outages: list[Outage] = []
        self.falls: list[int] = []
        """Exit statuses of ends that nobody asked for."""
        self.up = threading.Event()
        self._asked = False
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"unit-{name}")

    def __enter__(self) -> Self:
        self._keeper.start()
        assert self.up.wait(PATIENCE_S), f"{self.name} did not come up: {self.said()}"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it as an operator does; it has to end by itself."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self.process.poll() is None:
            self.process.terminate()
        self._keeper.join(30)
        assert not self._keeper.is_alive(), f"{self.name} did not stop: {self.said()}"

    def kill(self) -> None:
        """`kill -9` of all of it, as when its machine goes."""
        self._falls_at(time.monotonic())
        _end(self.process.pid)

    def kill_one(self, rng: random.Random) -> None:
        """`kill -9` of one process that it has started: gunicorn's workers, say."""
        pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        now_s = time.monotonic()
        os.kill(int(rng.choice(pids.split())), signal.SIGKILL)
        self.outages.append(Outage(now_s, now_s + 1))

    def said(self) -> str:
        """Its log over all its lives."""
        return self._log.read_text() if self._log.exists() else ""

    def _falls_at(self, now_s: float) -> None:
        self._asked = True
        self.up.clear()
        self.outages.append(Outage(now_s))

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._asked = False
            with self._log.open("ab") as out:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "shidian", *self._words],
                    env=self._env,
                    cwd=ROOT,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            if self._answers():
                if self.outages and self.outages[-1].until_s == FOREVER:
                    self.outages[-1].until_s = time.monotonic()
                self.up.set()
            status = self.process.wait()
            _end(self.process.pid)
            if not self._asked and not self._stop.is_set():
                self.falls.append(status)
                self._falls_at(time.monotonic())
            self._stop.wait(RESTART_S)

    def _answers(self) -> bool:
        """Wait until it is ready; False where it ended before."""
        settled_s = time.monotonic() + 1
        while self.process.poll() is None and not self._stop.is_set():
            if self._ready:
                with suppress(OSError), urllib.request.urlopen(self._ready, timeout=5) as answer:
                    return bool(answer.status == 200)
            elif time.monotonic() > settled_s:
                return True
            time.sleep(0.05)
        return False


def _end(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


class Postgres:
    """A server of the test's own, as durable as PostgreSQL is by default."""

    def __init__(self) -> None:
        found = shutil.which("initdb") or ""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        self._bin = Path(found).parent if found else folders[0]
        self.home = Path(tempfile.mkdtemp(prefix="shidian-postgres-"))
        self.port = free_port()
        self.url = f"postgresql://shidian@127.0.0.1:{self.port}/postgres"
        self.outages: list[Outage] = []

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres")
        data = self.home / "data"
        self._run("initdb", "-D", data, "-U", "shidian", "-A", "trust", "-E", "UTF8", "--locale=C")
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.home / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.home, ignore_errors=True)

    def fall(self, how: str) -> None:
        """Be restarted in an orderly way or not, or crash; returns once it answers again."""
        data = self.home / "data"
        with psycopg.connect(self.url, autocommit=True) as watch:
            outage = Outage(time.monotonic())
            self.outages.append(outage)
            match how:
                case "fast" | "immediate":
                    self._run("pg_ctl", "-D", data, "-m", how, "-w", "stop")
                    self._start()
                case "postmaster":
                    leader = int((data / "postmaster.pid").read_text().split()[0])
                    os.kill(leader, signal.SIGKILL)
                    self._start()
                case "backend":
                    row = watch.execute(
                        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                        " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
                    ).fetchone()
                    if row:
                        os.kill(row[0], signal.SIGKILL)
                        self._until_broken(watch)
        self._until_up()
        outage.until_s = time.monotonic()

    def _start(self) -> None:
        """Until it starts: the processes of one that crashed take a moment to go."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self.home} -c max_connections=80"
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._run(
                    *("pg_ctl", "-D", self.home / "data", "-l", self.home / "server.log", "-w"),
                    *("-o", options, "start"),
                )
            except subprocess.CalledProcessError:
                assert time.monotonic() < until_s, (self.home / "server.log").read_text()[-2000:]
                time.sleep(0.1)
            else:
                return

    @staticmethod
    def _until_broken(watch: psycopg.Connection[tuple[object, ...]]) -> None:
        """The others are ended a moment after the one that crashed."""
        with suppress(psycopg.OperationalError):
            for _ in range(100):
                watch.execute("SELECT 1")
                time.sleep(0.05)

    def _until_up(self) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=5) as db:
                    db.execute("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < until_s, "PostgreSQL is not back"
                time.sleep(0.05)
            else:
                return

    def _run(self, program: str, *words: str | Path) -> None:
        command = [str(self._bin / program), *map(str, words)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL)


class Line:
    """A TCP line to a server that can be cut: what is open breaks, what is new is refused."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, free_port()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening: socket.socket | None = None

    def mend(self) -> None:
        """Let through what comes from now on."""
        self._listening = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Nothing goes through any more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(1 << 16):
                target.sendall(said)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


class BrokenOffError(Exception):
    """A request that changes something broke off: whether it was done is to be looked at."""


@dataclass(frozen=True)
class Attempt:
    """One request to one server. `status` None: the connection broke or was refused."""

    server: str
    method: str
    path: str
    began_s: float
    ended_s: float
    status: int | None
    said: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back to whoever asked the balancer."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Balancer:
    """As a proxy before several web processes: in turn, and to the next where one is away.

    What only reads is asked anew where the answer breaks off; what changes something is passed on
    only while nothing of it was sent.
    """

    servers: Mapping[str, str]
    attempts: list[Attempt] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Raises BrokenOffError."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            name = list(self.servers)[next(self._turn) % len(self.servers)]
            answer, sent = self._ask(name, method, path, headers, body)
            if answer is not None:
                return answer
            if sent and method != "GET":
                raise BrokenOffError(f"{method} {path}")
            time.sleep(0.02)
        raise AssertionError(f"nobody answers {method} {path}")

    def _ask(
        self, name: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Answer | None, bool]:
        """The answer if there was one, and whether anything may have been sent."""
        began_s, sent, status, said = time.monotonic(), False, None, ""
        connection = http.client.HTTPConnection(urlsplit(self.servers[name]).netloc, timeout=60)
        try:
            connection.connect()
            sent = True
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            said = f"{type(error).__name__}: {error}"
            return None, sent
        else:
            status = response.status
            told = {key.lower(): value for key, value in response.getheaders()}
            told["set-cookie"] = "\n".join(response.headers.get_all("set-cookie") or ())
            said = told.get("retry-after", "")
            return Answer(status, told, text), True
        finally:
            connection.close()
            self.attempts.append(
                Attempt(name, method, path, began_s, time.monotonic(), status, said)
            )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server for the time of the block."""
    with Postgres() as server:
        yield server
