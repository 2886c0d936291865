"""The board with five hundred pilots in Chromium: how soon it is there, and what an update costs."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve
from tests.web.seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

    from tests.browser import Site

pytestmark = [pytest.mark.browser, pytest.mark.prove]
FIRST_PAINT_MS_MAX = 1000
"""Of server and main thread together, each by its own clock: on a machine that does nothing else a
page is painted no later than both have done with it. What the clock on the wall says is printed."""
UPDATE_MS_MAX = 100
"""Of the main thread, by its own clock: what else the machine does does not count."""
ROUNDS = 5
REFRESHED = """() => new Promise((done) => {
  const part = document.querySelector("[data-live]");
  part.addEventListener("shidian:refreshed", () =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))), { once: true });
  document.dispatchEvent(new Event("visibilitychange"));
})"""
PAINTED = """() => new Promise((done) => {
  const found = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => found() ? done(found().startTime) : setTimeout(look, 20);
  look();
})"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("board") / "home", seed="tests.web.board_seed:seed")
    with serve(home) as served:
        yield served


@pytest.fixture
def visitor(site: Site, browser: Browser) -> Iterator[Visitor]:
    visitor = Visitor(browser, site.url, width=1440)
    visitor.sign_in("case-bureau", PASSWORD)
    yield visitor
    visitor.close()


def write(site: Site, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(site.home / "app.sqlite3", timeout=30)) as db, db:
        db.execute(statement, values)


def busy_ms(cdp: CDPSession) -> float:
    """How long the main thread has worked so far, by its own clock."""
    found = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"]) * 1000


def served_ms(site: Site) -> float:
    """How long the web processes have worked so far."""
    pid = site.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for one in (str(pid), *children):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def rows(page: Page) -> list[str]:
    return list(page.evaluate("[...document.querySelectorAll('tr[data-mark]')].map((r) => r.id)"))


def test_the_first_paint_is_soon(site: Site, visitor: Visitor) -> None:
    worked, walls = [], []
    for _ in range(ROUNDS):
        page = visitor.context.new_page()
        cdp = visitor.context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        served = served_ms(site)
        page.goto(f"{site.url}/supervision/")
        walls.append(page.evaluate(PAINTED))
        worked.append(served_ms(site) - served + busy_ms(cdp))
        assert len(rows(page)) == 500
        page.close()
    sys.stdout.write(f"board: painted in {min(walls):.0f} ms, {min(worked):.0f} ms of work\n")
    assert min(worked) <= FIRST_PAINT_MS_MAX


def test_an_update_takes_little_of_the_main_thread(site: Site, visitor: Visitor) -> None:
    page = visitor.open("/supervision/")
    cdp = visitor.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(REFRESHED)
    taken = []
    for n in range(ROUNDS):
        # An alert that nobody has seen: its pilot's row says something else, and moves to the top.
        pilot = f"P-2027-{300 + n:04d}"
        write(
            site,
            "UPDATE supervision_alertepisode SET state = 'open', level = 'critical', rank = 4,"
            " seen_rank = 0 WHERE pilot_id = (SELECT id FROM supervision_pilot WHERE public_id = ?)",
            pilot,
        )
        began = busy_ms(cdp)
        page.evaluate(REFRESHED)
        taken.append(busy_ms(cdp) - began)
        assert f"tile-{pilot}" in rows(page)[: n + 1]
    sys.stdout.write(f"board: an update {min(taken):.0f} ms of the main thread\n")
    assert min(taken) <= UPDATE_MS_MAX


def test_an_update_leaves_what_a_whole_page_would_show(site: Site, visitor: Visitor) -> None:
    page = visitor.open("/supervision/")
    page.evaluate(REFRESHED)
    page.evaluate("document.getElementById('tile-P-2027-0007').kept = true")
    closed = "UPDATE supervision_pilot SET state = ? WHERE public_id IN (?, ?)"
    changes: list[tuple[str, tuple[object, ...]]] = [
        ("UPDATE supervision_currentreading SET value = 119 WHERE pilot_id % 7 = 0", ()),
        (closed, ("closed", "P-2027-0100", "P-2027-0200")),
        ("UPDATE supervision_alertepisode SET seen_rank = 4 WHERE pilot_id % 5 = 0", ()),
        (closed, ("suspended", "P-2027-0100", "P-2027-0401")),
        ("UPDATE supervision_pilot SET state = 'closed' WHERE id % 2 = 0", ()),
        ("UPDATE supervision_pilot SET state = 'running' WHERE id % 2 = 0", ()),
    ]
    shown = "[...document.querySelectorAll('[data-live] tr')].map((r) => (r.classList.remove('changed'), r.outerHTML))"
    for statement, values in changes:
        write(site, statement, *values)
        page.evaluate(REFRESHED)  # may have been on its way when this was written
        page.evaluate(REFRESHED)
        updated = page.evaluate(shown)
        other = visitor.context.new_page()
        other.goto(f"{visitor.url}/supervision/")
        assert other.evaluate(shown) == updated
        other.close()
    assert not [one for one in visitor.complaints if one.startswith("script:")]  # no gate is up
