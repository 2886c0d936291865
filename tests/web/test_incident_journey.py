"""An incident at the browser: filed by the firm, asked about, closed, tolerated by two officers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.browser import Visitor, build_home, serve
from tests.web.lab_seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser import Site

pytestmark = pytest.mark.browser
LOSSES = "inv-1, 120.50, 120.50\ninv-2, 0.01, 0.01"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a seeded database with a pilot that runs."""
    home = build_home(tmp_path_factory.mktemp("incident") / "home", seed="tests.web.lab_seed:seed")
    with serve(home) as site:
        yield site


def visit(site: Site, browser: Browser, username: str, **options: object) -> Visitor:
    visitor = Visitor(browser, site.url, **{"language": "en", **options})  # type: ignore[arg-type]
    visitor.sign_in(username, PASSWORD)
    return visitor


def look(visitor: Visitor) -> None:
    visitor.check_accessible()
    assert visitor.fits(), visitor.page.url


def pilot_of(visitor: Visitor) -> str:
    """The page of the pilot that runs, by way of its case."""
    visitor.open("/cases/").get_by_role("link", name="运行中的试点").first.click()
    address = visitor.page.locator("a[href^='/supervision/pilots/']").first.get_attribute("href")
    return "/".join((address or "").split("/")[:4]) + "/"


def send(page: Page, form: str, **texts: str) -> None:
    """Unfold an act, fill it in and send it."""
    found = page.locator(f'form[action$="/{form}/"]')
    fold = page.locator(f'details:has(form[action$="/{form}/"]):not([open]) > summary')
    if fold.count():
        fold.click()
    for name, value in texts.items():
        field = found.locator(f'[name="{form}-{name}"], [name="{name}"]').first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        found.locator("button").click()


def ago(minutes: int) -> str:
    moment = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M")


def file_report(firm: Visitor) -> str:
    """The firm reports: a line that cannot be taken is named, and nothing is lost."""
    page = firm.open(f"{pilot_of(firm)}incidents/new/")
    look(firm)
    page.fill("#id_title", "行情延迟致重复下单")
    page.get_by_label("较大事件").check()
    page.fill("#id_text", "行情延迟，系统重复下单，已暂停。")
    page.fill("#id_occurred_at", ago(20))
    page.fill("#id_known_at", ago(10))
    page.fill("#id_losses", "inv-1, -5, 0")
    page.get_by_role("button", name="提交报告").click()
    page.get_by_text("第1行").first.wait_for()
    look(firm)
    page.fill("#id_losses", "")
    page.fill("#id_investors", "2")
    page.get_by_role("button", name="提交报告").click()
    page.get_by_role("heading", name="报告步骤").wait_for()
    look(firm)
    return page.url.removeprefix(firm.url)


def test_an_incident_is_filed_asked_about_closed_and_tolerated(
    site: Site, browser: Browser
) -> None:
    firm = visit(site, browser, "signer", language="zh-hans")
    incident = file_report(firm)

    officer = visit(site, browser, "case-bureau", width=360, height=780, dark=True)
    officer.open("/supervision/incidents/")
    look(officer)
    officer.open(incident)
    look(officer)
    send(officer.page, "ask", text="影响了哪些投资者？")
    officer.page.get_by_text("影响了哪些投资者？").first.wait_for()

    page = firm.open(incident)
    look(firm)
    closing = {
        "losses": LOSSES,
        "market": "none",
        "cause": "cyber",
        "cause_text": "接口遭受攻击",
        "over_at": ago(1),
        "lessons": "增加备用行情源",
    }
    send(page, "close", **closing)
    assert "尚未答复" in page.inner_text("main")
    look(firm)
    send(page, "answer", text="两名，差价已退。")
    send(page, "close", **closing)
    assert "已结案" in page.inner_text("main")
    assert "120.51" in page.inner_text("main")
    look(firm)

    tolerate(officer, visit(site, browser, "sign-bureau"), incident)
    assert "予以容错" in firm.open(incident).inner_text("main")
    for one in (firm, officer):
        one.check_clean()


def tolerate(officer: Visitor, signing: Visitor, incident: str) -> None:
    """One officer finds, condition by condition; another decides."""
    conditions = ("made-good", "market", "cyber")
    parts = ("facts", "causation", "compensation", "opinion")
    page = officer.open(incident)
    page.locator('details:has(form[action$="/finding/"]) > summary').click()
    for one in conditions:
        page.locator(f'input[name="met_{one}"][value="yes"]').check()
    page.locator('input[name="proposal"][value="tolerated"]').check()
    look(officer)
    told = (*parts, *(f"reason_{one}" for one in conditions))
    send(page, "finding", **dict.fromkeys(told, "理由充分"))
    look(officer)

    page = signing.open(incident)
    look(signing)
    page.locator('input[name="decision"][value="tolerated"]').check()
    send(page, "decision", reason="同意")
    assert "Tolerated" in page.inner_text("main")
    look(signing)
    signing.check_clean()
