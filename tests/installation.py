"""One running pilot and all processes over it: gate, monitor, worker, web."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian_kit.wire import keys
from tests.browser import ROOT, Site, build_home, environment, free_port, run_python, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shidian.apps.accounts.models import Person

SOURCE = "orders-1"
_SEED = """
import json
from {world} import pilot_and_officer
from tests.installation import signed_in
from shidian.apps.supervision.domain.keys import register_machine_key
pilot, officer = pilot_and_officer()
register_machine_key(pilot=pilot, source={source!r}, public_key={key!r}, by=None)
print(json.dumps(dict(pilot=pilot.public_id, cookie=signed_in(officer))))
"""


@dataclass(frozen=True)
class Installation:
    """Where it is reached: `gate` and `site` as addresses, `cookie` an officer's session."""

    home: Path
    pilot: str
    cookie: str
    key: Ed25519PrivateKey
    site: Site
    gate: str

    def fetch(self, path: str) -> str:
        """A page as the officer sees it, in English. Raises urllib.error.URLError."""
        request = urllib.request.Request(
            self.site.url + path,
            headers={"Cookie": f"sessionid={self.cookie}", "Accept-Language": "en"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())


@contextmanager
def installed(home: Path, *, world: str) -> Iterator[Installation]:
    """The stores in `home`, new, with all processes over them.

    `world`: a module whose `pilot_and_officer()` makes a running pilot and who looks at it.
    """
    key = keys.generate()
    build_home(home)
    code = _SEED.format(world=world, source=SOURCE, key=keys.public_text(key.public_key()))
    seeded = json.loads(run_python(code, home))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    more = {"SHIDIAN_GATE_BIND": f"127.0.0.1:{port}", "SHIDIAN_GATE_URL": address}
    with ExitStack() as stack:
        # The worker first: it has to get on without gate and monitor for a while.
        for name in ("worker", "gate", "monitor"):
            stack.enter_context(process(name, home, **more))
        site = stack.enter_context(serve(home, **more))
        found = Installation(home, seeded["pilot"], seeded["cookie"], key, site, address)
        page = f"/supervision/pilots/{found.pilot}/"
        until(lambda: found.fetch(page).count("in force from entry") == 2, 15)
        yield found


@contextmanager
def process(name: str, home: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of the installation's processes; its output in `<name>.log`."""
    with (home / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "shidian", name],
            env=environment(home, **more),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield child
        finally:
            child.terminate()
            status = child.wait(timeout=20)
            assert status == 0, (home / f"{name}.log").read_text()


def until(what: Callable[[], bool], within_s: float) -> float:
    """Wait for a true answer; how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if what():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s")


def signed_in(officer: Person) -> str:
    """A session in which the officer has used a second factor; its key."""
    from allauth.account.internal.flows.login import record_authentication
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.http import HttpRequest

    from shidian.web.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    request = HttpRequest()
    request.session = session
    record_authentication(request, officer, "mfa", type="totp")
    session.create()
    return str(session.session_key)
