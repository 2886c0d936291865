"""A letter in a real browser, from its draft to the receipt; each page in both languages, wide and narrow.

Written by an officer for two authorities, edited, signed by both, released under its number, printed
and stamped; the scan of an earlier print is refused, that of the right one confirmed; served on the
firm here and on a body without an account on paper. And the mail that waits for an officer.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from shidian.core.procedure.letters import check_code
from tests.browser import build_home, chromium
from tests.e2e import forms
from tests.e2e.people import People, attach, follow
from tests.e2e.seed import WRITTEN_ABOUT
from tests.e2e.travel import serve_at
from tests.looks import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.prove]

NOW = datetime(2025, 4, 7, 10, 0, tzinfo=timezone(timedelta(hours=8)))
TITLE, BODY, BETTER = "关于补充材料的函", "请补充下列材料。", "请于十个工作日内补充下列材料。"
PAPER_BODY, COPY = "示范市网信办（演示）", "示范市档案馆（演示）"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_home(tmp_path_factory.mktemp("sent") / "home", seed="tests.e2e.seed:seed_letters")


@pytest.fixture(scope="module")
def people(home: Path) -> Iterator[People]:
    with serve_at(home, NOW) as site, chromium() as browser:
        yield People(browser, site.url, looks=LOOKS)


def asked(home: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(home / "app.sqlite3")) as db:
        return db.execute(sql).fetchall()


def reference_in(home: Path) -> str:
    [(found,)] = asked(home, f"SELECT reference FROM cases_case WHERE title_zh = '{WRITTEN_ABOUT}'")
    return found


def code_of(home: Path, version: int) -> str:
    """As it stands on the print of that version."""
    [(found,)] = asked(home, f"SELECT sha256 FROM cases_letterversion WHERE version = {version}")
    return check_code(found)


def step(people: People, username: str, letter: str, act: str, /, **answers: str) -> str:
    """Follow the letter's link, answer the form, send it; the text of the page that follows."""
    with people.of(username) as page:
        page.goto(f"{people.url}{letter}")
        people.look(username)
        follow(page.locator(f'main a[href$="/do/{act}/"], .actions a[href$="/do/{act}/"]').first)
        people.look(username)
        forms.fill(page, on_day="2025-04-07", **answers)
        if page.locator("main input[type=file]").count():
            attach(page)
        follow(page.locator("main .actions button").first)
        return page.locator("body").inner_text()


def test_a_letter_goes_from_draft_to_confirmed_scan_and_receipt(people: People, home: Path) -> None:
    reference = reference_in(home)
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        follow(page.get_by_role("link", name="Write a letter"))
        people.look("case-bureau")
        forms.fill(page, template="plain", language="zh")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()
        people.look("case-bureau")
        page.locator('select[name="order_finance"]').select_option("2")
        forms.fill(page, title=TITLE, body=BODY, others=PAPER_BODY, annexes="清单", copies=COPY)
        page.locator('textarea[name="body"]').fill(BODY)
        page.locator('input[name="title"]').fill(TITLE)
        page.locator('input[name="on_behalf"]').check()
        page.get_by_role("button", name="Keep the draft").click()
        page.wait_for_url("**/letters/1/")
        letter = f"/cases/{reference}/letters/1/"
        people.look("case-bureau")
        follow(page.get_by_role("link", name="Edit the letter"))
        people.look("case-bureau")
        page.locator('textarea[name="body"]').fill(BETTER)
        page.get_by_role("button", name="Keep the draft").click()
        page.wait_for_url("**/letters/1/")
        assert "Waits for the signature of" in page.locator("body").inner_text()

    for username in ("sign-bureau", "sign-finance"):
        assert "The letter is signed." in step(people, username, letter, "sign")
    out = step(people, "case-bureau", letter, "release")
    assert "示证监函〔2025〕1号" in out
    with people.of("case-bureau") as page:
        answer = page.request.get(f"{people.url}{letter}letter.pdf")
        assert answer.body().startswith(b"%PDF-")

    refused = step(people, "case-bureau", letter, "bind", code=code_of(home, 2))
    assert "This paper is of version 2; version 3 is the one that went out." in refused
    confirmed = step(people, "case-bureau", letter, "bind", code=code_of(home, 3))
    assert "The scan is confirmed" in confirmed

    firm = next(
        key for (key,) in asked(home, "SELECT 'institution-' || lead_id FROM cases_case LIMIT 1")
    )
    step(people, "case-bureau", letter, "serve", recipient=firm, way="online")
    assert "The receipt is confirmed." in step(people, "signer", letter, "acknowledge")
    step(people, "case-bureau", letter, "serve", recipient="other-1", way="post")
    kept = step(
        people,
        "case-bureau",
        letter,
        "receipt",
        recipient="other-1",
        outcome="received",
        name="张三",
    )
    assert "The receipt is on file." in kept
    assert kept.count("receipt confirmed") >= 2


def test_mail_that_is_a_draft_is_released_by_an_officer(people: People, home: Path) -> None:
    reference = reference_in(home)
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        follow(page.locator(f'a[href="/cases/{reference}/mail/"]'))
        people.look("case-bureau")
        page.get_by_role("button", name="Release the mail").click()
        page.wait_for_url(f"**/cases/{reference}/")
        assert "released" in page.locator("body").inner_text()
    assert asked(home, "SELECT id FROM cases_newsitem WHERE held = 1") == []
