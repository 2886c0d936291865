"""A stranger with a telephone and no scripts finds what they came for in four clicks from home.

Each walk is done as a person would who has never been here: only what the page at hand offers is
clicked, and every click is counted. Typing and scrolling are no clicks.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.browser import build_home, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.browser import Site

pytestmark = pytest.mark.browser

CLICKS_MAX = 4
WIDTH, HEIGHT = 360, 740
OFFERED = "P-2027-0011"
"""Of twelve and one that run, and eight that the home page shows: not one of them."""
NAMED = "试点项目 11"


class Stranger:
    """On the home page, without scripts, in one language; `clicks` tells how it went on."""

    def __init__(self, browser: Browser, site: Site, language: str) -> None:
        self.context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, java_script_enabled=False
        )
        self.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
        self.page: Page = self.context.new_page()
        self.page.goto(site.url)
        self.language = language
        self.clicks: list[str] = []

    def click(self, what: str) -> None:
        """Click the first of what the selector finds, if a person could."""
        found = self.page.locator(f"main {what}").first
        assert self.within_reach(found), f"{what} is wider than the telephone"
        self.clicks.append(re.sub(r"\s+", " ", found.inner_text()).strip())
        found.click()
        self.page.wait_for_load_state()

    def within_reach(self, found: Locator) -> bool:
        box = found.bounding_box()
        return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= WIDTH

    def sees(self, what: str) -> Locator:
        found = self.page.locator(f"main {what}").first
        assert found.is_visible(), what
        return found

    def arrived(self) -> None:
        """In as many clicks as were counted, which are told where somebody looks (`-rP`)."""
        sys.stdout.write(f"{len(self.clicks)}: {' → '.join(self.clicks)}\n")
        assert len(self.clicks) <= CLICKS_MAX, self.clicks


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(
        tmp_path_factory.mktemp("stranger") / "home", seed="tests.web.stranger_seed:seed"
    )
    with serve(home) as served:
        yield served


@pytest.fixture(params=["zh-hans", "en"])
def stranger(request: pytest.FixtureRequest, site: Site, browser: Browser) -> Iterator[Stranger]:
    visitor = Stranger(browser, site, request.param)
    assert visitor.page.locator(f"main a[href$='/{OFFERED}/']").count() == 0
    yield visitor
    visitor.context.close()


def test_what_a_pilot_may_do(stranger: Stranger) -> None:
    stranger.page.fill("main #q", NAMED)
    stranger.click("form.query button")
    stranger.click(f"a[href$='/pilots/{OFFERED}/']")
    stranger.sees("#limits-title")
    assert stranger.page.locator("main .headroom").count() > 0
    stranger.arrived()


def test_whether_a_pilot_is_genuine(stranger: Stranger) -> None:
    stranger.click("a[href='/check/']")
    stranger.page.fill("main #q", OFFERED)
    stranger.click("form.query button")
    stranger.sees(".verdict.good")
    stranger.arrived()


def test_whether_an_offer_is_a_fraud(stranger: Stranger) -> None:
    stranger.click("a[href='/check/']")
    stranger.page.fill("main #q", OFFERED.replace("0", "O", 1))
    stranger.click("form.query button")
    stranger.sees(".verdict.bad")
    assert stranger.page.locator("main .verdict.good").count() == 0
    stranger.arrived()


def test_how_to_comment(stranger: Stranger) -> None:
    stranger.click("a[href^='/public-notices/n-']")
    stranger.click("a[href='#comment']")
    stranger.page.fill("#id_body", f"请说明数据如何保存。（{stranger.language}）")
    stranger.click("button[value=preview]")
    stranger.click("button[value=send]")
    assert re.search(r"C-\d{4}-\w{4}-\w{4}", stranger.sees(".receipt").inner_text())
    stranger.arrived()


def test_how_to_complain(stranger: Stranger) -> None:
    stranger.click("a[href='/complaints/']")
    stranger.page.fill("main #q", OFFERED)
    stranger.click("form.query button")
    stranger.click(f"a[href$='/pilots/{OFFERED}/complain/']")
    stranger.page.locator("main input[name=category]").first.check()
    stranger.page.locator("main input[name=channel]").first.check()
    stranger.page.fill("#id_body", "系统重复下单。")
    stranger.click("form button.button")
    assert re.search(r"T(-\w{4}){5}", stranger.sees(".receipt").inner_text())
    stranger.arrived()


@pytest.mark.parametrize(
    "word", ["长" * 5000, "x" * 5000, "W\u200b" * 2500], ids=["zh", "en", "zero width"]
)
def test_a_word_without_end_stays_within_a_telephone(
    site: Site, browser: Browser, word: str
) -> None:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto(site.url)
    page.locator("main a[href^='/public-notices/n-']").first.click()
    page.fill("#id_body", word)
    page.fill("#id_name", word[:100])
    page.locator("main button[value=preview]").click()
    page.wait_for_selector("main button[value=send]")
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    context.close()


def test_the_pages_fit_a_telephone(site: Site, browser: Browser) -> None:
    """Scripts off, nothing is cut off sideways on the pages of the walks."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    pilot = f"/pilots/{OFFERED}/"
    for address in ("/", "/check/", "/complaints/", pilot, f"{pilot}complain/"):
        page.goto(site.url + address)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), address
    context.close()
