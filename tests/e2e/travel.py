"""Serve the pages as if it were another moment: a public notice's window passes between two servers.

python -m tests.e2e.travel PORT 2025-04-01T10:00:00+08:00
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.browser import ROOT, Site, _wait_until_up, environment, free_port, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serve_at(home: Path, moment: datetime) -> Iterator[Site]:
    """Serve `home` on a free port with a clock that starts at `moment` and ticks on."""
    port = free_port()
    log = home / "web.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.travel", str(port), moment.isoformat()],
            env=environment(home),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_up(url, process, log)
            yield Site(url, home, process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def deliver_at(home: Path, moment: datetime) -> None:
    """Let the outbox's consumers work off what waits, as the worker does, at that moment."""
    run_python(
        "import time_machine, datetime\n"
        f"time_machine.travel(datetime.datetime.fromisoformat('{moment.isoformat()}')).start()\n"
        "from shidian.apps.cases.outbox import deliver_pending\n"
        "while deliver_pending(limit=100): pass\n",
        home,
    )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """A request is no news."""


def main(port: str, moment: str) -> None:
    """Serve until killed."""
    import time_machine

    time_machine.travel(datetime.fromisoformat(moment), tick=True).start()
    from shidian.web.wsgi import application

    with make_server(
        "127.0.0.1", int(port), application, server_class=_Server, handler_class=_Quiet
    ) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:3])
