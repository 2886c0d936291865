"""From a planted breach to the weekly review: seen, ordered upon, lifted by two officers, reviewed.

Every page on the way is looked at in both languages, on a telephone and on a desk.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve
from tests.second_factor import fresh_code
from tests.web.alert_seed import EPISODE
from tests.web.lab_seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser import Site

pytestmark = pytest.mark.browser
SIZES = ((360, 780), (1440, 900))
LANGUAGES = ("zh-hans", "en")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("alert") / "home", seed="tests.web.alert_seed:seed")
    with serve(home) as site:
        yield site


def visit(site: Site, browser: Browser, username: str, language: str, width: int) -> Visitor:
    height = dict(SIZES)[width]
    visitor = Visitor(browser, site.url, language=language, width=width, height=height)
    # No gate listens here: live parts are told so, and ask again by themselves.
    visitor.context.route("**/token/", lambda route: route.fulfill(json={}))
    visitor.sign_in(username, PASSWORD)
    return visitor


def look(visitor: Visitor) -> None:
    """At the page at hand in each language and width; it is left as it was found."""
    page = visitor.page
    before, cookies = page.viewport_size, visitor.context.cookies()
    for language in LANGUAGES:
        visitor.context.add_cookies(
            [{"name": "django_language", "value": language, "url": visitor.url}]
        )
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.reload()
            visitor.check_accessible()
            assert visitor.fits(), (page.url, language, width)
            spoken = page.evaluate("document.documentElement.lang")
            assert spoken.startswith("en" if language == "en" else "zh"), page.url
    kept = [one for one in cookies if one["name"] == "django_language"]
    visitor.context.add_cookies(kept)  # type: ignore[arg-type]
    if before is not None:
        page.set_viewport_size(before)
    page.reload()


def send(page: Page, action: str, **texts: str) -> None:
    """Unfold the form whose address ends so, fill it in and send it."""
    fold = page.locator(f'details:has(form[action$="{action}"]):not([open]) > summary')
    if fold.count():
        fold.first.click()
    form = page.locator(f'form[action$="{action}"]')
    for name, value in texts.items():
        form.locator(f'[name="{name}"]').fill(value)
    with page.expect_navigation():
        form.locator("button").click()


def propose(page: Page, kind: str) -> str:
    """Propose an order with its reason and basis; its address."""
    page.locator(f'input[name="kind"][value="{kind}"]').check()
    if not page.locator('[name="reason"]').input_value():
        page.fill('[name="reason"]', "原因已查明，风险已消除。")
    page.fill('[name="basis"]', "试点协议第九条")
    with page.expect_navigation():
        page.locator("main form .button").first.click()
    assert "/supervision/orders/" in page.url, page.inner_text("main")
    return page.url


def approve(visitor: Visitor, site: Site, username: str, order: str) -> None:
    visitor.page.goto(f"{order}approve/")
    look(visitor)
    visitor.page.fill("#id_code", fresh_code(site.url, username, time.time()))
    with visitor.page.expect_navigation():
        visitor.page.locator("form:has(#id_code) button").click()
    assert visitor.page.url == order, visitor.page.inner_text("main")


def test_a_breach_is_seen_ordered_upon_lifted_and_reviewed(site: Site, browser: Browser) -> None:
    officer = visit(site, browser, "case-bureau", "zh-hans", 360)
    page = officer.open("/supervision/")
    look(officer)
    link = page.locator(f'a[href$="/alerts/{EPISODE}/"]').first
    alert = link.get_attribute("href") or ""
    pilot = alert.partition("alerts/")[0]
    page = officer.open(alert)
    look(officer)
    send(page, "/do/acknowledge/", text="已通知机构核查。")
    assert "已通知机构核查。" in page.inner_text("main")

    # The rule itself has proposed to suspend; whether it is done an officer decides.
    page.locator('main a[href^="/supervision/orders/D-"]').first.click()
    page.wait_for_url("**/supervision/orders/D-*/")
    look(officer)
    suspension = page.url
    approve(officer, site, "case-bureau", suspension)
    look(officer)
    assert "暂停" in officer.open(pilot).inner_text("main")
    look(officer)
    page = officer.open(alert)
    assert suspension.rsplit("/", 2)[1] in page.inner_text("main"), "the alert names its order"

    officer.open(f"{pilot}orders/new/?kind=resume")
    resumption = propose(page, "resume")
    approve(officer, site, "case-bureau", resumption)
    second = visit(site, browser, "sign-finance", "en", 1440)
    second.page.goto(resumption)
    look(second)
    approve(second, site, "sign-finance", resumption)
    assert "Suspended" not in second.open(pilot).locator("header.title").inner_text()
    look(second)

    page = second.open("/supervision/alerts/")
    page.get_by_role("link", name="Weekly review").click()
    look(second)
    row = page.locator(f'tr:has(a[href="{alert}"])')
    assert "after" in row.inner_text(), "it says how long it waited"
    by_rule = page.locator("section[aria-labelledby=by-rule-title]").inner_text()
    assert "Surge of failed orders" in by_rule
    page = officer.open(alert)
    send(page, "/do/false-positive/", text="行情源故障所致，规则误报。")
    look(officer)
    review = second.open("/supervision/alerts/?state=all&days=7")
    assert "1 (100.0%)" in review.locator("section[aria-labelledby=by-rule-title]").inner_text()
    for one in (officer, second):
        one.check_clean()


def test_a_stretch_is_marked_on_the_chart_and_seen_closer(site: Site, browser: Browser) -> None:
    officer = visit(site, browser, "sign-bureau", "en", 1440)
    page = officer.open("/supervision/")
    alert = page.locator(f'a[href$="/alerts/{EPISODE}/"]').first.get_attribute("href") or ""
    course = f"{alert.partition('alerts/')[0]}course/failures_5m/"
    page = officer.open(course)
    look(officer)
    assert "highest 150" in page.inner_text("main")
    plot = page.locator("figure.brushed svg.plot")
    box = plot.bounding_box()
    assert box is not None
    # The first third of the day that is shown lies before the breach.
    page.mouse.move(box["x"] + 5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 6, box["y"] + 60)
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 60)
    assert page.locator("svg.plot rect.brush").count() == 1
    with page.expect_navigation():
        page.mouse.up()
    assert "since=" in page.url
    assert "until=" in page.url
    assert "highest 22" in page.inner_text("main")
    look(officer)
    page.get_by_text("The same as a table").click()
    assert page.locator("figure.brushed table tbody tr").count() > 10
    officer.check_accessible()
    page.get_by_role("link", name="Zoom out").click()
    page.get_by_role("link", name="the whole run").click()
    assert "highest 150" in page.inner_text("main")
    page.mouse.click(box["x"] + 100, box["y"] + 60)
    assert page.url.endswith("?span=run"), "a mere click marks nothing"
    officer.check_clean()
