"""The browser works before it sends; without scripts, or without WebCrypto, one is heard as well."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("work") / "home", seed="tests.web.work_seed:seed")
    with serve(home, SHIDIAN_SENDING_WORK_BITS="8") as served:
        yield served


def sent(site: Site, page: Page, body: str) -> bool:
    """Comment through the page; returns whether the site saw the work done."""
    page.goto(f"{site.url}/public-notices/")
    page.click("main .stack a")
    page.fill("#id_body", body)
    page.click("button[value=preview]")
    page.click("button[value=send]")
    page.wait_for_url("**/received/**", timeout=120_000)
    assert re.search(r"C-\d{4}-", page.inner_text("main"))
    with closing(sqlite3.connect(site.home / "app.sqlite3")) as db:
        [[proven]] = db.execute(
            "SELECT proven FROM notices_comment WHERE body = ?", [body]
        ).fetchall()
    return bool(proven)


def test_a_browser_works_and_is_believed(site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, site.url, language="en", width=360)
    assert sent(site, visitor.page, "算过的意见")
    visitor.check_clean()
    visitor.close()


def test_without_scripts_a_comment_is_taken_and_read_first(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    assert not sent(site, context.new_page(), "没有脚本的意见")
    context.close()


def test_without_web_crypto_a_comment_is_taken_and_read_first(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    assert not sent(site, context.new_page(), "没有加密接口的意见")
    context.close()
