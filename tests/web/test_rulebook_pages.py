"""Rulebook, comparison and difference in a real Chromium: accessible, fitting, clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser

PAGES = (
    "/rulebooks/",
    "/rulebooks/demo-city/2026.1/",
    "/rulebooks/compare/?r=demo-city&r=eu-dlt",
    "/rulebooks/difference/?from=demo-city/2026.1&to=demo-city/2026.2",
)


@pytest.fixture(scope="module")
def library_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(
        tmp_path_factory.mktemp("library") / "home", seed="tests.web.rulebook_seed:seed"
    )
    with serve(home) as site:
        yield site


@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [
        ("en", 360, True),
        pytest.param("zh-hans", 1440, False, marks=pytest.mark.prove),
    ],
)
def test_rulebook_pages_are_accessible_and_fit(
    library_site: Site, browser: Browser, language: str, width: int, dark: bool
) -> None:
    visitor = Visitor(browser, library_site.url, language=language, width=width, dark=dark)
    for address in PAGES:
        visitor.open(address)
        assert visitor.fits(), address
        visitor.check_accessible()
    visitor.check_clean()
    visitor.close()


def test_mark_opens_its_source_and_choice_leads_to_the_table(
    library_site: Site, browser: Browser
) -> None:
    visitor = Visitor(browser, library_site.url, language="en")
    page = visitor.open("/rulebooks/demo-city/")
    page.locator("#general-principles button.source").click()
    shown = page.locator(".source-text:popover-open")
    assert "Shanghai notice" in shown.inner_text()

    visitor.open("/rulebooks/")
    page.check("#r-demo-city")
    page.check("#r-eu-dlt")
    with page.expect_navigation():
        page.get_by_role("button", name="Compare the chosen rulebooks").click()
    assert page.locator("table.compared thead th").count() == 3
    visitor.check_clean()
    visitor.close()
