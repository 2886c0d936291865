"""The walks of casework in a real browser, each kind of page in both languages, wide and narrow.

A joint application by three firms, one of which is replaced; a request for information and its
answer; a panel that hears the applicant, meets, and votes; a split decision, told in a batch with
another, and the objection to it.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.browser import build_home, chromium
from tests.e2e import forms
from tests.e2e.people import People, attach, follow
from tests.e2e.seed import ASKED, GOOD, HEARD, JOINT, SPLIT
from tests.e2e.travel import serve_at
from tests.factories import loaded, uscc
from tests.looks import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.prove]

SHANGHAI = timezone(timedelta(hours=8))
NOW = datetime(2025, 4, 7, 10, 0, tzinfo=SHANGHAI)
TITLE = "三家机构的联合项目"
ON_DAY = "2025-05-06"
PLACE = "示范路一号三层会议室"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_home(tmp_path_factory.mktemp("work") / "home", seed="tests.e2e.seed:seed_casework")


@pytest.fixture(scope="module")
def people(home: Path) -> Iterator[People]:
    with serve_at(home, NOW) as site, chromium() as browser:
        yield _people(browser, site.url)


def _people(browser: Browser, url: str) -> People:
    return People(browser, url, looks=LOOKS)


def reference_of(home: Path, title: str) -> str:
    with closing(sqlite3.connect(home / "app.sqlite3")) as db:
        [(found,)] = db.execute("SELECT reference FROM cases_case WHERE title_zh = ?", [title])
    return str(found)


def read(people: People, username: str, path: str) -> str:
    with people.of(username) as page:
        page.goto(f"{people.url}{path}")
        return page.locator("main").inner_text()


def opens(people: People, username: str, path: str) -> bool:
    """Whether the page is there for them; the visit leaves no complaint behind."""
    with people.of(username) as page:
        return page.request.get(f"{people.url}{path}").status == 200


def draft(people: People) -> str:
    """The lead begins; returns the case's reference."""
    with people.of("drafter") as page:
        page.goto(f"{people.url}/cases/")
        follow(page.get_by_role("link", name="第一批").first)
        people.look("drafter")
        forms.fill(page, title=TITLE, title_en="A project of three firms")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/application/")
        return str(re.search(r"/cases/([^/]+)/", page.url)[1])


def invite(people: People, reference: str, whom: str, *, replaces: str = "") -> None:
    with people.of("drafter") as page:
        page.goto(f"{people.url}/cases/{reference}/application/partners/")
        people.look("drafter")
        forms.fill(page, whom=whom, task="建模与测试")
        if replaces:
            page.locator('select[name="replaces"]').select_option(label=replaces)
        page.locator("main .actions button").first.click()
        page.wait_for_url(f"**/cases/{reference}/")


def join(people: People, username: str, reference: str) -> None:
    """From their desk: until they join they see their part, and not the application."""
    assert not opens(people, username, f"/cases/{reference}/application/")
    with people.of(username) as page:
        page.goto(f"{people.url}/cases/")
        follow(page.locator(f'a[href="/cases/{reference}/invitation/"]').first)
        people.look(username)
        assert "建模与测试" in page.locator("main").inner_text()
        page.locator('input[name="join"][value="yes"]').check()
        page.locator("main .actions button").first.click()
        page.wait_for_url("**/application/")


def fill_in(people: People, username: str, reference: str, sections: list[str]) -> None:
    with people.of(username) as page:
        for section in sections:
            page.goto(f"{people.url}/cases/{reference}/application/s/{section}/")
            people.look(username)
            forms.fill(page, on_day=ON_DAY, promises="一秒内处理\n五日内答复")
            attach(page)
            page.get_by_role("button", name="Save and go to the list").click()
            page.wait_for_url("**/application/")


def sign(people: People, username: str, reference: str) -> None:
    with people.of(username) as page:
        page.goto(f"{people.url}/cases/")
        follow(page.locator(f'a[href="/cases/{reference}/application/sign/"]').first)
        people.look(username)
        forms.fill(page)
        page.locator("main .actions button").first.click()
        page.wait_for_url(f"**/cases/{reference}/")


def submit(people: People, reference: str) -> None:
    with people.of("signer") as page:
        page.goto(f"{people.url}/cases/{reference}/application/check/")
        people.look("signer")
        forms.fill(page)
        page.get_by_role("button", name="Submit the application").click()
        page.wait_for_url("**/receipt/")


def test_three_firms_apply_jointly_and_one_is_replaced(people: People) -> None:
    names = {username: f"测试机构{number}" for username, number in JOINT.items()}
    reference = draft(people)
    invite(people, reference, uscc(JOINT["partner-signer"]))
    invite(people, reference, "rival-signer@firm.example")
    join(people, "partner-signer", reference)
    join(people, "rival-signer", reference)
    first, *others = [section.id for section in loaded().rulebook.form]
    fill_in(people, "partner-drafter", reference, [first])
    fill_in(people, "drafter", reference, others)
    with people.of("drafter") as page:
        page.goto(f"{people.url}/cases/{reference}/application/check/")
        follow(page.get_by_role("link", name="Ask the partners to sign"))
        people.look("drafter")
        page.locator("main .actions button").first.click()
        page.wait_for_url(f"**/cases/{reference}/")
    sign(people, "partner-signer", reference)

    # One of them gives way to another before it has signed.
    newcomer = uscc(JOINT["newcomer-signer"])
    invite(people, reference, newcomer, replaces=names["rival-signer"])
    assert opens(people, "rival-signer", f"/cases/{reference}/")
    join(people, "newcomer-signer", reference)
    assert not opens(people, "rival-signer", f"/cases/{reference}/")
    assert TITLE not in read(people, "rival-signer", "/cases/")
    unsigned = read(people, "signer", f"/cases/{reference}/application/check/")
    assert "Submit the application" not in unsigned
    sign(people, "newcomer-signer", reference)
    submit(people, reference)

    seen = read(people, "case-bureau", f"/cases/{reference}/")
    for username in ("partner-signer", "newcomer-signer"):
        assert names[username] in seen
    assert "signature missing" not in seen


def test_information_is_asked_for_and_given(people: People, home: Path) -> None:
    reference = reference_of(home, ASKED)
    question, answer = "服务部署在何处？", "部署在牵头机构自有机房。"
    people.act("case-bureau", reference, "do/request-information", question=question)
    assert question in read(people, "drafter", f"/cases/{reference}/")
    people.act("drafter", reference, "do/answer-information", answer=answer)
    seen = read(people, "case-bureau", f"/cases/{reference}/")
    assert question in seen
    assert answer in seen


def declare_and_score(people: People, username: str, reference: str, points: str) -> None:
    """From the desk to the end of the sheet; the application stands beside it."""
    with people.of(username) as page:
        page.goto(f"{people.url}/cases/")
        follow(page.locator(f'a[href="/review/{reference}/"]').first)
        people.look(username, part="declaring")
        forms.fill(page, conflict="no", reason="")
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        people.look(username, part="scoring")
        for box in page.locator("main input[type=number]").all():
            box.fill(points)
        forms.fill(page)
        page.locator('button[value="submit"]').click()
        assert "submitted" in page.locator("body").inner_text()
        people.look(username, part="submitted")


def call(people: People, reference: str, kind: str, day: str) -> None:
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        follow(page.locator('a[href$="/sessions/call/"]').first)
        people.look("case-bureau", part=kind)
        page.locator(f'input[name="kind"][value="{kind}"]').check()
        page.fill("input[name=starts_at]", f"{day}T14:00")
        page.fill("input[name=ends_at]", f"{day}T16:00")
        page.fill("input[name=place]", PLACE)
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        assert "/sessions/call/" not in page.url, page.locator("main").inner_text()[:800]


def sees_sessions(people: People, username: str, reference: str, *, part: str) -> str:
    """The page of the panel's sessions as that reader has it, judged in every look."""
    with people.of(username) as page:
        page.goto(f"{people.url}/review/{reference}/sessions/")
        people.look(username, part=part)
        return page.locator("main").inner_text()


def vote(people: People, reference: str, dissents: str) -> None:
    """All for it but the last, who says why."""
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        follow(page.locator('a[href$="/vote/"]').first)
        people.look("case-bureau")
        page.locator("main input[name=chair]").first.check()
        for choice in page.locator('main input[value="for"]').all():
            choice.check()
        page.locator('main input[value="against"]').last.check()
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        assert "Give the reason for this vote." in page.locator("main").inner_text()
        page.locator('main textarea[name^="reason-"]').last.fill(dissents)
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        assert "/vote/" not in page.url, page.locator("main").inner_text()[:800]


def test_a_panel_hears_the_applicant_meets_and_votes(people: People, home: Path) -> None:
    reference = reference_of(home, HEARD)
    minutes, dissents = "讨论了分歧较大的标准。", "模型未经压力测试"
    people.act("case-bureau", reference, "open-round", experts="0")
    panel = [f"expert-{number}" for number in range(3)]
    for username in panel:
        declare_and_score(people, username, reference, "80")
    call(people, reference, "defence", "2025-04-14")
    with people.of("signer") as page:
        page.goto(f"{people.url}/cases/{reference}/")
        follow(page.get_by_role("link", name="Sessions of the panel").first)
        people.look("signer", part="applicant")
        follow(page.get_by_role("link", name="Name who presents"))
        people.look("signer")
        page.fill("textarea[name=people]", "张三，项目负责人\n李四")
        page.locator("main .actions button").first.click()
        page.wait_for_url("**/sessions/")
    assert "项目负责人" in sees_sessions(people, panel[0], reference, part="expert")

    people.act("case-bureau", reference, "close-round")
    call(people, reference, "meeting", f"{NOW:%Y-%m-%d}")
    people.act("case-bureau", reference, "minutes", text=minutes, present="3")
    vote(people, reference, dissents)
    seen = sees_sessions(people, "case-bureau", reference, part="officer")
    with people.of("case-bureau") as page:  # the defence is still to come: nothing to minute yet
        assert page.locator('a[href*="/sessions/minutes/"]').count() == 1
    assert minutes in seen
    assert dissents in seen
    assert "2 for, 1 against" in read(people, "case-bureau", f"/cases/{reference}/")
    # The firm reads when and where, and nothing of what was said.
    for path in (f"/review/{reference}/sessions/", f"/cases/{reference}/"):
        told = read(people, "signer", path)
        assert minutes not in told
        assert dissents not in told
    assert PLACE in read(people, "signer", f"/review/{reference}/sessions/")


def test_a_split_decision_is_released_in_a_batch_and_objected_to(
    people: People, home: Path
) -> None:
    good, split = reference_of(home, GOOD), reference_of(home, SPLIT)
    why, dissent, grounds = "会签未通过", "规模过大", "规模已按意见缩减"
    for username in ("sign-bureau", "sign-finance"):
        people.act(username, good, "do/sign-off", consent="yes")
    people.act("sign-bureau", split, "do/sign-off", consent="yes")
    people.act("sign-finance", split, "do/sign-off", consent="no", reason=dissent)
    assert dissent in read(people, "case-bureau", f"/cases/{split}/")
    people.act("case-bureau", split, "do/reject", reason=why)
    # Kept: the firm reads of neither which way it went.
    for reference in (good, split):
        told = read(people, "signer", f"/cases/{reference}/")
        assert why not in told
        assert dissent not in told
    with people.of("case-bureau") as page:
        page.goto(f"{people.url}/cases/{split}/")
        follow(page.locator('a[href$="/release/"]').first)
        people.look("case-bureau")
        forms.fill(page, chosen="2")
        page.locator("main .actions button").first.click()
        page.wait_for_load_state()
        assert "2 decisions were released" in page.locator("body").inner_text()

    told = read(people, "signer", f"/cases/{split}/")
    assert why in told
    people.act("signer", split, "do/file-objection", grounds=grounds)
    assert grounds in read(people, "case-province", f"/cases/{split}/")
    people.act(
        "case-province", split, "do/decide-objection", outcome="sent-back", reason="应再行核对"
    )
    assert "应再行核对" in read(people, "signer", f"/cases/{split}/")
