"""Two cases on other regimes' rules, each from the call to its closing, in a real browser.

One authority asks another, and decides; a firm abroad asks for a rule to be relaxed, and tests in
two stages. The people are the demonstration's (`demo.abroad`); nothing is written but by the pages.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.browser import build_home, chromium
from tests.e2e import forms
from tests.e2e.people import People, attach
from tests.e2e.travel import deliver_at, serve_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.prove]

ZONE = ZoneInfo("Asia/Shanghai")
APPLIED = datetime(2025, 4, 7, 17, 0, tzinfo=ZONE)
STAGE_ONE_OVER = datetime(2025, 7, 21, 17, 0, tzinfo=ZONE)
ENDED = datetime(2025, 10, 20, 17, 0, tzinfo=ZONE)
fill = partial(forms.fill, on_day="2025-05-06")
DLT, TWO_STAGE = "demo-dlt", "demo-two-stage"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("abroad") / "home"
    return build_home(home, seed="tests.e2e.seed:seed_abroad")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def start(people: People, username: str, scheme: str, title: str) -> str:
    """The signer starts an application under the scheme's open call; returns its reference."""
    with people.of(username) as page:
        page.goto(f"{people.url}/cases/start/{scheme}-1/")
        fill(page, title=title, title_en=title)
        page.get_by_role("button", name="Start").click()
        return re.search(r"/cases/([^/]+)/", page.url)[1]


def answer(page: Page, people: People, reference: str, section: str, **answers: str) -> None:
    """Fill in one section, by the list."""
    page.goto(f"{people.url}/cases/{reference}/application/s/{section}/")
    fill(page, **answers)
    attach(page)
    page.get_by_role("button", name="Save and go to the list").click()
    page.wait_for_url("**/application/")


def hand_in_and_submit(page: Page, people: People, reference: str) -> None:
    page.goto(f"{people.url}/cases/{reference}/application/check/")
    assert "still missing" in page.locator("main").inner_text()
    page.goto(f"{people.url}/cases/{reference}/materials/")
    attach(page)
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_load_state()
    assert "handed in" in page.locator("body").inner_text(), page.locator("main").inner_text()
    page.goto(f"{people.url}/cases/{reference}/application/check/")
    assert "still missing" not in page.locator("main").inner_text()
    fill(page)
    page.get_by_role("button", name="Submit the application").click()
    page.wait_for_url("**/receipt/")


def instruments(page: Page, people: People, reference: str) -> None:
    """Questions come as their condition holds; answers that do not fit are named, and mended."""
    page.goto(f"{people.url}/cases/{reference}/application/s/instruments/")
    assert not page.locator("#id_bond-issue-size").is_visible()
    page.locator('input[name="kinds"][value="bonds"]').check()
    page.locator("#id_bond-issue-size").wait_for(state="visible")
    assert not page.locator("#id_fund-assets").is_visible()
    page.fill("#id_bond-issue-size", "1500000000")
    page.check("#id_no-derivative")
    page.fill("#id_cap", "2000000000")
    page.fill("#id_expected", "300000000")
    page.get_by_role("button", name="Save and continue").click()
    warned = page.locator("#checks a", has_text="below EUR 1 billion")
    warned.wait_for()
    page.goto(f"{people.url}/cases/{reference}/application/")
    assert "Needs correction" in page.locator("main").inner_text()
    page.goto(f"{people.url}/cases/{reference}/application/s/instruments/")
    page.fill("#id_bond-issue-size", "400000000")
    page.get_by_role("button", name="Save and go to the list").click()
    page.wait_for_url("**/application/")


def exemptions(page: Page, people: People, reference: str) -> None:
    """A rule to relax is picked with reason and measure; direct access brings up a section."""
    page.goto(f"{people.url}/cases/{reference}/application/s/exemptions/")
    page.locator('input[name="requested"][value="intermediation"]').check()
    page.fill('textarea[name="requested-reason-intermediation"]', "Holders settle at once.")
    page.fill('textarea[name="requested-measure-intermediation"]', "Each holder is identified.")
    page.locator('input[name="access"][value="retail"]').check()
    page.get_by_role("button", name="Save and go to the list").click()
    page.wait_for_url("**/application/")
    assert "Conditions of direct access" in page.locator("main").inner_text()


def apply_for_permission(people: People) -> str:
    reference = start(people, "meridian-signer", DLT, "Ledger for bonds")
    with people.of("meridian-signer") as page:
        answer(page, people, reference, "infrastructure", kind="mtf")
        answer(page, people, reference, "business")
        instruments(page, people, reference)
        exemptions(page, people, reference)
        for section in ("retail", "technology", "protection", "transition"):
            answer(page, people, reference, section)
        answer(page, people, reference, "undertakings", promises="Books are open\nClaims are paid")
        hand_in_and_submit(page, people, reference)
    return reference


def consult(people: People, reference: str) -> None:
    """The union authority sees the case only once it is asked; its word is part of the file."""
    with people.of("union-officer") as page:
        page.goto(f"{people.url}/cases/")
        assert reference not in page.content()
    people.act("dlt-officer", reference, "do/consult", consultation="esma-opinion")
    with people.of("union-officer") as page:
        page.goto(f"{people.url}/cases/")
        page.locator(f'a[href="/cases/{reference}/"]').first.click()
        assert "Reject" not in page.locator(".actions").first.inner_text()
    people.act("union-officer", reference, "do/give-opinion", position="support", text="Agreed.")
    with people.of("meridian-signer") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        assert "Agreed." not in page.content()


def apply_for_test(people: People) -> str:
    reference = start(people, "banyan-signer", TWO_STAGE, "Small regular saving")
    with people.of("banyan-signer") as page:
        for section in ("applicant", "solution"):
            answer(page, people, reference, section)
        page.goto(f"{people.url}/cases/{reference}/application/s/relaxations/")
        assert "Know your customer" in page.locator(".never").inner_text()
        assert page.locator('input[value="kyc"]').count() == 0
        answer(page, people, reference, "relaxations", requested="0")
        plan = {"users_one": "100", "amount_one": "5000", "users_two": "400", "amount_two": "9000"}
        answer(page, people, reference, "test-plan", months="12", **plan)
        page.goto(f"{people.url}/cases/{reference}/application/s/test-plan/")
        assert "300" in page.locator("#q-added").inner_text()
        for section in ("users", "exit-plan"):
            answer(page, people, reference, section)
        answer(page, people, reference, "undertakings", promises="Refunds in 15 days")
        hand_in_and_submit(page, people, reference)
    return reference


def grade(people: People, reference: str) -> None:
    """What follows from the findings is shown first; then the officer sets the tier."""
    with people.of("board-officer") as page:
        page.goto(f"{people.url}/cases/{reference}/do/grade-risk/")
        fill(page, tier="raised", found_autonomy="alone")
        page.locator("#id_reason").fill("")
        page.get_by_role("button", name="See what the rulebook proposes").click()
        page.get_by_text("From your findings the rulebook proposes: Raised").wait_for()
        page.locator("main .actions button").first.click()
        page.wait_for_url(f"**/{reference}/")
        assert "The rulebook proposes: Raised" in page.locator("aside").inner_text()


def end(people: People, reference: str, officer: str, promises: int, doers: list[str]) -> None:
    """Evaluate every promise and dimension, take every step by whom it is for, and close."""
    people.act(officer, reference, "do/begin-evaluation")
    for _ in range(promises):
        people.act(officer, reference, "do/judge-promise", judgement="kept")
    people.act(officer, reference, "do/file-evaluation")
    for doer in doers:
        people.act(doer, reference, "do/complete-step")
    people.act(officer, reference, "do/close", outcome="graduated")


def test_cases_on_other_regimes_walk_from_the_call_to_their_closing(
    home: Path, browser: Browser
) -> None:
    with serve_at(home, APPLIED) as site:
        people = People(browser, site.url)
        permission, sandbox = apply_for_permission(people), apply_for_test(people)
        people.act("dlt-officer", permission, "do/advance", to="assessment")
        consult(people, permission)
        people.act("dlt-officer", permission, "assessment")
        people.act("dlt-officer", permission, "do/advance", to="admission")
        people.act("dlt-signer", permission, "do/sign-off", consent="yes")
        grade(people, sandbox)
        people.act("board-officer", sandbox, "do/advance", to="admission")
        people.act("board-signer", sandbox, "do/sign-off", consent="yes")
        with people.of("dlt-officer") as page:
            page.goto(f"{site.url}/cases/{permission}/")
            assert re.search(r"DEMO00ABROAD\d{8}-2025-0001", page.locator("body").inner_text())
        with people.of("board-officer") as page:
            page.goto(f"{site.url}/cases/{sandbox}/do/advance/")
            fill(page, to="stage-two")
            page.locator("main .actions button").first.click()
            page.get_by_text("minimum time has not passed").first.wait_for()
    with serve_at(home, STAGE_ONE_OVER) as site:
        people = People(browser, site.url)
        people.act("board-officer", sandbox, "do/advance", to="stage-two")
    with serve_at(home, ENDED) as site:
        people = People(browser, site.url)
        end(people, permission, "dlt-officer", 2, [*["meridian-signer"] * 3, "dlt-officer"])
        end(people, sandbox, "board-officer", 1, [*["banyan-signer"] * 2, "board-signer"])
        deliver_at(home, ENDED + timedelta(hours=1))
        with people.of(None) as page:
            for reference in (permission, sandbox):
                page.goto(f"{site.url}/timeline/{reference}/")
                assert "closed" in page.locator("main").inner_text().lower()
