"""A panel of five, drawn by lot, one of whom finds a conflict after scoring: in a real browser.

Wide in English by all who act; then each kind of page narrow in Chinese.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, chromium
from tests.e2e import forms
from tests.e2e.guides import Guide
from tests.e2e.people import People
from tests.e2e.travel import serve_at
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.prove]

SHANGHAI = timezone(timedelta(hours=8))
FIXED = datetime(2025, 3, 10, 10, 0, tzinfo=SHANGHAI)
DRAWN = datetime(2025, 3, 12, 10, 0, tzinfo=SHANGHAI)
FINDS = "My spouse was hired by a party last week"
NARROW = {"width": 360, "height": 740}
GUIDE, DRAWN_BY_LOT = Guide("officer", "en"), "Choosing or drawing a panel"
"""The officer's guide says how a panel is drawn; no scheme of the demonstration draws one."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("panel") / "home"
    return build_home(place, seed="tests.e2e.seed:seed_panel_of_five")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def asked(home: Path, sql: str) -> list[str]:
    with closing(sqlite3.connect(home / "app.sqlite3")) as db:
        return [str(row[0]) for row in db.execute(sql).fetchall()]


def seated(home: Path) -> list[str]:
    """User names of the panel, in the order they were asked."""
    return asked(
        home,
        "SELECT p.username FROM review_assignment a JOIN accounts_expert e ON e.id = a.expert_id"
        " JOIN accounts_person p ON p.id = e.person_id ORDER BY a.id",
    )


def fix_pool(people: People, reference: str) -> None:
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        GUIDE.step(DRAWN_BY_LOT, "1").take(page, "Fix the pool for a draw")
        assert "9 experts can be drawn" in page.locator("main").inner_text()
        forms.fill(page, seats="5", seed_source="Closing index of 11 March", on_day="2025-03-11")
        page.locator("main .actions button").first.click()
        page.wait_for_url(f"**/cases/{reference}/")
        page.goto(f"{people.url}/review/{reference}/pool/")
        assert "Fixed before" in page.locator("main").inner_text()


def score(people: People, reference: str, username: str, points: str) -> None:
    with people.of(username) as page:
        page.goto(f"{people.url}/cases/")
        page.locator(f'a[href="/review/{reference}/"]').first.click()
        forms.fill(page, conflict="no", reason="")
        page.locator("main .actions button").first.click()
        for box in page.locator("main input[type=number]").all():
            box.fill(points)
        forms.fill(page)
        page.locator('button[value="submit"]').click()
        assert "submitted" in page.locator("body").inner_text()


def find_conflict(people: People, reference: str, username: str) -> None:
    """From the sheet that was submitted; afterwards the case is gone."""
    with people.of(username) as page:
        page.goto(f"{people.url}/review/{reference}/")
        page.get_by_role("link", name="Declare a conflict").click()
        assert "Your scores count no more" in page.locator("main").inner_text()
        page.locator('textarea[name="reason"]').fill(FINDS)
        page.get_by_role("button", name="Declare the conflict and step back").click()
        page.wait_for_url("**/cases/")
        assert reference not in page.content()


def officer_reads(people: People, reference: str) -> str:
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        return page.locator("main").inner_text()


def narrow_in_chinese(browser: Browser, url: str, username: str, paths: list[str]) -> None:
    visitor = Visitor(browser, url, width=NARROW["width"], height=NARROW["height"])
    visitor.sign_in(username, PASSWORD)
    for path in paths:
        page = visitor.open(path)
        assert page.locator("html").get_attribute("lang") == "zh-Hans"
        assert visitor.fits(), path
        visitor.check_accessible()
    visitor.check_clean()
    visitor.close()


def test_a_panel_of_five_is_drawn_scores_and_is_refilled_after_a_late_conflict(
    home: Path, browser: Browser
) -> None:
    [reference] = asked(home, "SELECT reference FROM cases_case")
    with serve_at(home, FIXED) as site:
        people = People(browser, site.url)
        fix_pool(people, reference)
        narrow_in_chinese(browser, site.url, "case-bureau", [f"/review/{reference}/pool/"])
    with serve_at(home, DRAWN) as site:
        people = People(browser, site.url)
        with people.of("case-bureau") as page:
            page.goto(f"{site.url}/cases/{reference}/")
            GUIDE.step(DRAWN_BY_LOT, "2").see(page, "Open review round")
        people.act("case-bureau", reference, "open-round", seed="3379.83")
        panel = seated(home)
        assert len(panel) == 5
        for username in panel[:4]:
            score(people, reference, username, "80")
        assert "Review filed" in officer_reads(people, reference)
        find_conflict(people, reference, panel[0])
        after = officer_reads(people, reference)
        # The timeline keeps that there were four.
        assert after.count("Review filed") - after.count("Review filed by an expert") == 3
        assert FINDS in after
        assert "Scores and reasons\n" not in after
        with people.of("case-bureau") as page:
            GUIDE.step(DRAWN_BY_LOT, "3").see(page, "Invite more experts")
        people.act("case-bureau", reference, "invite", experts="1")
        [sixth] = seated(home)[5:]
        narrow_in_chinese(
            browser,
            site.url,
            panel[1],
            [f"/review/{reference}/", f"/review/{reference}/conflict/"],
        )
        narrow_in_chinese(
            browser,
            site.url,
            "case-bureau",
            [f"/cases/{reference}/", f"/review/{reference}/extend-round/"],
        )
        score(people, reference, panel[4], "70")
        score(people, reference, sixth, "90")
        people.act("case-bureau", reference, "close-round")
        closed = officer_reads(people, reference)
        assert re.search(r"Weighted score 80\.00", closed)
        people.act("case-bureau", reference, "do/advance", to="assessment")
    assert not [GUIDE.step(DRAWN_BY_LOT, n).name for n in "123" if GUIDE.step(DRAWN_BY_LOT, n).left]
