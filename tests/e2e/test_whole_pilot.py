"""One new case, from the call to its closing, in a real browser, through every role, over half a year.

The people sign in, read what their page asks of them and do it; nothing is written but by the pages.
Days pass between two servers on the same stores (`travel.py`).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, chromium
from tests.e2e import forms
from tests.e2e.people import People, attach
from tests.e2e.travel import deliver_at, serve_at
from tests.factories import loaded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.prove]

SHANGHAI = timezone(timedelta(hours=8))
APPLIED = datetime(2025, 4, 7, 10, 0, tzinfo=SHANGHAI)
"""A Monday: the day after Qingming's holidays."""
NOTICE_OVER = datetime(2025, 4, 21, 10, 0, tzinfo=SHANGHAI)
EVALUATED = datetime(2025, 10, 20, 10, 0, tzinfo=SHANGHAI)
CALL, CALL_EN = "第二批征集", "Second call"
fill = partial(forms.fill, on_day="2025-05-06")
TITLE = "Order routing with explanations"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_home(tmp_path_factory.mktemp("walk") / "home", seed="tests.e2e.seed:seed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def open_call(people: People, home: Path) -> None:
    """The officer opens a call after a preview; everyone can read it."""
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/")
        page.get_by_role("link", name="Open a call").first.click()
        fill(page, title=CALL, title_en=CALL_EN, opens_on="2025-04-07", closes_on="2025-06-30")
        page.locator('button[value="preview"]').click()
        assert CALL in page.locator("main").inner_text()
        page.locator('button[value="publish"]').click()
        page.wait_for_url("**/cases/")
    deliver_at(home, APPLIED + timedelta(minutes=1))
    with people.of(None) as page:
        page.goto(f"{people.url}/calls/")
        page.get_by_role("link", name=CALL_EN).first.click()
        assert CALL_EN in page.locator("h1").inner_text()


def apply(people: People) -> str:
    """Drafter starts and fills in, signer submits. Returns the case's reference."""
    with people.of("drafter") as page:
        page.goto(f"{people.url}/cases/")
        page.get_by_role("link", name=CALL_EN).first.click()
        fill(page, title="可解释的委托路由", title_en=TITLE)
        page.get_by_role("button", name="Start").click()
        reference = re.search(r"/cases/([^/]+)/", page.url)[1]
        for section in loaded().rulebook.form:
            page.goto(f"{people.url}/cases/{reference}/application/s/{section.id}/")
            fill(page, promises="No order waits over one second\nComplaints answered in five days")
            attach(page)
            page.get_by_role("button", name="Save and go to the list").click()
            assert page.url.endswith("/application/"), page.locator("main").inner_text()[:600]
    with people.of("signer") as page:
        page.goto(f"{people.url}/cases/{reference}/application/check/")
        assert "still missing" not in page.locator("main").inner_text()
        fill(page)
        page.get_by_role("button", name="Submit the application").click()
        page.wait_for_url("**/receipt/")
    return reference


def screen(people: People, reference: str) -> None:
    """The officer asks once, the applicant answers, the officer finds the criteria met."""
    people.act(
        "case-bureau", reference, "do/request-information", question="Who hosts the service?"
    )
    people.act("drafter", reference, "do/answer-information", answer="The lead institution itself.")
    people.act("case-bureau", reference, "do/advance", to="review")


def review(people: People, reference: str) -> None:
    """Three experts: each declares, each scores; the officer closes the round."""
    people.act("case-bureau", reference, "open-round", experts="3")
    for number in range(3):
        with people.of(f"expert-{number}") as page:
            page.goto(f"{people.url}/cases/")
            page.locator(f'a[href="/review/{reference}/"]').first.click()
            fill(page, conflict="no", reason="")
            page.locator("main .actions button").first.click()
            fill(page)
            page.locator('button[value="submit"]').click()
            assert "submitted" in page.locator("body").inner_text()
    people.act("case-bureau", reference, "close-round")
    people.act("case-bureau", reference, "do/advance", to="assessment")


def assess(people: People, reference: str) -> None:
    """The officer commissions the body, which finds every area in order."""
    people.act("case-bureau", reference, "commission")
    people.act("assessor", reference, "assessment")
    people.act("case-bureau", reference, "do/advance", to="publicity")


def publish(people: People, reference: str, home: Path) -> None:
    """The officer publishes after a preview; the public comments; the officer answers."""
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        page.locator(f'a[href="/notices/{reference}/open/"]').first.click()
        page.locator('button[value="preview"]').click()
        page.locator('button[value="publish"]').click()
        page.wait_for_url(f"**/cases/{reference}/")
    deliver_at(home, APPLIED + timedelta(hours=1))
    with people.of(None) as page:
        page.goto(f"{people.url}/public-notices/")
        page.locator("main h3 a, main td a, main li a").first.click()
        fill(page, body="Who answers for errors of the assistant?", name="", contact="")
        page.locator('button[value="preview"]').click()
        page.locator('button[value="send"]').click()
        page.wait_for_url("**/received/**")
        receipt = re.search(r"C-\d{4}-[0-9A-Z-]+", page.locator("main").inner_text())[0]
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/notices/comments/{receipt}/")
        page.locator('textarea[name="answer"]').fill("The lead institution does.")
        page.get_by_role("button", name="Publish the answer").click()
        page.wait_for_url("**/comments/")


def drill(people: People, reference: str) -> None:
    """The firm writes its exit plan, fails its drill on it, mends it, and passes."""
    for share in ("90", "100"):
        with people.of("drafter") as page:
            page.goto(f"{people.url}/cases/{reference}/")
            page.locator('main a[href$="/exit/' + reference + '/"]').first.click()
            page.locator('a[href$="/plan/"]').click()
            page.locator('textarea[name="payers"]').fill(f"Lead {share}")
            page.locator('select[name="fallback"]').select_option("post")
            for box in page.locator('input[name^="told-"]').all():
                box.fill("desk@example.org")
            for step in ("notices", "run_off", "refunds"):
                page.locator(f'input[name="{step}-days"]').fill("10")
                page.locator(f'input[name="{step}-per_day"]').fill("5000")
            for box in page.locator('input[name$="-fees"]').all():
                box.fill("66.67")
            page.get_by_role("button", name="Keep the exit plan").click()
            page.get_by_role("button", name="Run the drill").click()
            page.wait_for_url("**/drills/*/")
            text = page.locator("main").inner_text()
            assert ("come to 90.00%" in text) == (share == "90"), text


def leave_lessons(people: People, reference: str) -> None:
    """The officer writes what was learnt, the firm agrees that it is published."""
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/supervision/exit/{reference}/report/write/")
        page.locator('textarea[name="summary_zh"]').fill("试点期满，转为常规业务。")
        page.locator('textarea[name="lessons_zh"]').fill("客服须提前培训")
        page.locator('textarea[name="lessons_en"]').fill("Support staff train beforehand")
        page.get_by_role("button", name="Keep the exit report").click()
        page.wait_for_url("**/report/")
    with people.of("signer") as page:
        page.goto(f"{people.url}/supervision/exit/{reference}/report/")
        page.get_by_role("button", name="Agree to publication").click()
        page.wait_for_load_state()
        assert "Agreed by" in page.locator("body").inner_text()


def release(people: People, reference: str) -> None:
    """The call was opened with its decisions kept: they are told together."""
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        page.locator('a[href$="/release/"]').first.click()
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        assert "1 decision was released" in page.locator("body").inner_text()


def test_one_case_walks_from_draft_to_closed(home: Path, browser: Browser) -> None:
    with serve_at(home, APPLIED) as site:
        people = People(browser, site.url)
        open_call(people, home)
        reference = apply(people)
        screen(people, reference)
        review(people, reference)
        assess(people, reference)
        publish(people, reference, home)
    with serve_at(home, NOTICE_OVER) as site:
        people = People(browser, site.url)
        people.act("case-finance", reference, "do/advance", to="admission")
        drill(people, reference)
        people.act("sign-bureau", reference, "do/sign-off", consent="yes")
        people.act("sign-finance", reference, "do/sign-off", consent="yes")
        release(people, reference)
    with serve_at(home, EVALUATED) as site:
        people = People(browser, site.url)
        people.act("case-bureau", reference, "do/begin-evaluation")
        for judgement in ("kept", "broken"):
            people.act("case-bureau", reference, "do/judge-promise", judgement=judgement)
        people.act("case-bureau", reference, "do/file-evaluation")
        for doer in ("signer", "assessor", "case-bureau", "sign-bureau"):
            people.act(doer, reference, "do/complete-step")
        people.act("case-bureau", reference, "do/close", outcome="graduated")
        leave_lessons(people, reference)
        deliver_at(home, EVALUATED + timedelta(hours=1))
        with people.of(None) as page:
            page.goto(f"{site.url}/timeline/{reference}/")
            text = page.locator("main").inner_text()
            assert TITLE in text
            assert "Graduated" in text
        for language, broken in (("en", "Broken"), ("zh-hans", "未兑现")):
            visitor = Visitor(browser, site.url, language=language)
            visitor.open(f"/library/{reference}/")
            visitor.check_accessible()
            assert broken in visitor.page.locator("main").inner_text()
            visitor.close()
