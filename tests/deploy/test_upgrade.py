"""The release before is replaced by this one while pages are read: nobody sees an error."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.browser import ROOT
from tests.deploy import releases
from tests.gate.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = os.environ.get("SHIDIAN_DATABASE_URL", "")
PAGES = ("/", "/pilots/", "/calls/", "/rulebooks/", "/statistics/", "/account/sign-in/")
BAD_GATEWAY = 502
READY_S_MAX = 240
"""The release before is compiled anew, perhaps on a machine that is busy."""

pytestmark = [
    pytest.mark.prove,
    pytest.mark.database,
    pytest.mark.skipif(not URL, reason="an upgrade under load is PostgreSQL's"),
]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The source of the release before."""
    return releases.unpacked(tmp_path / "before")


@pytest.fixture
def database() -> Iterator[str]:
    name = "shidian_upgrade"
    with psycopg.connect(URL, autocommit=True) as db:
        db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        db.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(URL)._replace(path=f"/{name}").geturl()
        db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Installation:
    def __init__(self, home: Path, database: str) -> None:
        self.home = home
        self.database = database

    def environment(self, source: Path) -> dict[str, str]:
        return releases.environment(source, self.home, SHIDIAN_DATABASE_URL=self.database)

    def migrate(self, source: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "shidian", "migrate"],
            cwd=source,
            env=self.environment(source),
            check=True,
        )

    @contextmanager
    def web(self, source: Path) -> Iterator[int]:
        """Serves until left; then ends as a service manager ends it, and has to end by itself."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "shidian", "web", "--bind", f"127.0.0.1:{port}"],
            cwd=source,
            env=self.environment(source),
        )
        try:
            until = time.monotonic() + READY_S_MAX
            while status_of(port, "/readyz") != 200:
                assert time.monotonic() < until, "not ready"
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            assert process.wait(20) == 0


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return BAD_GATEWAY
    except http.client.HTTPException:
        return BAD_GATEWAY
    finally:
        connection.close()


class Readers:
    """As a proxy sends them: to where `port` says, once more where a connection was refused."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.statuses: list[int] = []
        self.bad: list[tuple[str, int]] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(n,)) for n in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number: int) -> None:
        while not self._stop.wait(0.02):
            page = PAGES[number % len(PAGES)]
            number += 1
            status = status_of(self.port, page)
            if status == BAD_GATEWAY:
                status = status_of(self.port, page)
            self.statuses.append(status)
            if status != 200:
                self.bad.append((page, status))


def test_readers_see_no_error_while_a_release_is_replaced(
    tmp_path: Path, before: Path, database: str
) -> None:
    found = Installation(tmp_path / "home", database)
    found.migrate(before)
    with ExitStack() as old, ExitStack() as new:
        readers = Readers(old.enter_context(found.web(before)))
        with readers:
            time.sleep(3)
            found.migrate(ROOT)
            while_both = len(readers.statuses)
            time.sleep(3)
            readers.port = new.enter_context(found.web(ROOT))
            time.sleep(1)
            old.close()
            time.sleep(3)
            readers.stop()
    assert while_both > 20
    assert len(readers.statuses) > while_both + 20
    assert readers.bad == []
