"""A real server on a database of its own, and a real Chromium, for tests that walk through pages.

The append-only triggers refuse Django's `flush`, so no test empties a database: a folder of stores
(`SHIDIAN_HOME`) is migrated and seeded once a run, and each server gets a copy of it.

    home = build_home(tmp / "home", seed="tests.web.seed:seed")
    with serve(home) as site, chromium() as browser:
        visitor = Visitor(browser, site.url, language="zh-hans")
        visitor.sign_in("chen", PASSWORD)
        visitor.open("/cases/")
        visitor.page.get_by_role("link", name="…").click()
        visitor.check_accessible()
        visitor.check_clean()          # no console error, no CSP violation, no request elsewhere

Fixtures `seeded_site` and `browser` in `tests/web/conftest.py` show the use under pytest. Playwright
keeps an event loop running while it is open, and Django refuses its ORM in such a thread: keep
`chromium()` in a fixture of module scope or less, and leave the ORM to the seed.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.second_factor import fresh_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("SHIDIAN_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
START_SECONDS_MAX = 90
REFUSED_FORM = re.compile(r"status of (409|422)")
"""A form shown again with its errors: Chromium logs the status, which is no fault of the page."""
MIGRATE = "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"
AXE_GRAVE = ("serious", "critical")
AXE_OPTIONS = {"resultTypes": ["violations"]}
"""What passes is not listed node by node: on a long page that takes ten times the looking."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """Environment of a process whose stores lie in `home`: SQLite, whatever the suite runs on."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHIDIAN_")}
    return {
        **kept,
        "SHIDIAN_HOME": str(home),
        # What a test publishes is looked at in the same second.
        "SHIDIAN_PAGE_CACHE_S": "0",
        "DJANGO_SETTINGS_MODULE": "shidian.web.settings",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def run_python(code: str, home: Path, **more: str) -> str:
    """Run `code` with Django set up on the stores in `home`; returns what it printed."""
    result = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        env=environment(home, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if result.returncode:
        raise RuntimeError(f"exit {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def build_home(home: Path, *, seed: str | None = None) -> Path:
    """A new folder of stores: migrated, then seeded by the function that `module:function` names.

    Either is done once for all workers of a run of tests; each caller has a copy to itself.
    """
    return copy_home(_template(seed), home)


def _template(seed: str | None) -> Path:
    if seed is None:
        return made_once("migrated", _migrate)
    return made_once(re.sub(r"\W", "-", seed), partial(_seed, seed))


def _migrate(home: Path) -> None:
    home.mkdir()
    run_python(MIGRATE, home)


def _seed(seed: str, home: Path) -> None:
    module, _, function = seed.partition(":")
    run_python(f"from {module} import {function}\n{function}()\n", build_home(home))


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` makes, once for all workers: the first makes it, the others wait."""
    base = _base()
    folder, draft = base / name, base / f"{name}.draft"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(draft, ignore_errors=True)
            make(draft)
            draft.rename(folder)
    return folder


@cache
def _base() -> Path:
    """A folder that goes when the run of tests ends, or, without one, this process."""
    if (given := os.environ.get("SHIDIAN_MADE_ONCE")) is not None:
        return Path(given)
    folder = Path(tempfile.mkdtemp(prefix="shidian-made-once-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_home(template: Path, home: Path) -> Path:
    """A copy of the folder; its database is copied through SQLite so that no WAL is left behind."""
    shutil.copytree(
        template, home, ignore=shutil.ignore_patterns("app.sqlite3*"), dirs_exist_ok=True
    )
    source = sqlite3.connect(template / "app.sqlite3")
    target = sqlite3.connect(home / "app.sqlite3")
    with source, target:
        source.backup(target)
    source.close()
    target.close()
    return home


@dataclass(frozen=True)
class Site:
    """A running web process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(home: Path, *, waits_for: str = "/account/sign-in/", **more: str) -> Iterator[Site]:
    """Serve the pages of `home` under gunicorn on a free port until the block ends.

    It is up once `waits_for` is answered, whatever the answer.
    """
    port = free_port()
    log = (home / "web.log").open("wb")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "1", "--threads", "4", "--log-level", "warning"),
            "shidian.web.wsgi:application",
        ],
        env=environment(home, **more),
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(f"{url}{waits_for}", process, home / "web.log")
        yield Site(url, home, process)
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the web process did not come up:\n{log.read_text()[-4000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    """Go through the sign-in pages, with or without scripts."""
    answer = page.goto(f"{url}/account/sign-in/")
    assert answer is not None
    server_time_s = parsedate_to_datetime(str(answer.header_value("date"))).timestamp()
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.click("main form >> nth=0 >> button")
    if page.url.endswith("/account/sign-in/code/"):
        page.fill("#id_code", fresh_code(url, username, server_time_s))
        page.click("main form >> nth=0 >> button")
    assert "/account/" not in page.url, f"{username} could not sign in"


class Visitor:
    """One person at one browser: own cookies, own complaints."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        language: str = "zh-hans",
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
    ) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.context.add_cookies([{"name": "django_language", "value": language, "url": url}])
        self.page: Page = self.context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED_FORM.search(message.text):
            self.complaints.append(f"console: {message.text} ({self.page.url})")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:", "http://127.0.0.1:")):
            self.complaints.append(f"request elsewhere: {request.url}")

    def open(self, path: str) -> Page:
        """Go to a path of the site."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, username: str, password: str) -> Page:
        """Sign in through the page, by password and, where it is asked for, a code."""
        sign_in(self.page, self.url, username, password)
        return self.page

    def check_accessible(self) -> None:
        """No serious or critical finding of axe on the page at hand."""
        findings = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
        grave = [
            f"{finding['id']}: {finding['help']}: "
            + "; ".join(node["html"][:160] for node in finding["nodes"][:3])
            for finding in findings
            if finding["impact"] in AXE_GRAVE
        ]
        assert not grave, f"{self.page.url}\n" + "\n".join(grave)

    def check_clean(self) -> None:
        """Nothing was complained of so far: no console error, no foreign request."""
        assert not self.complaints, "\n".join(self.complaints)

    def fits(self) -> bool:
        """Whether the page needs no sideways scrolling."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        )

    def close(self) -> None:
        """Leave."""
        self.context.close()
