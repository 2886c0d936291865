"""Pages in a real Chromium: accessible, within the window, no console error, no CSP violation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, sign_in
from tests.web.seed import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Browser, Route

    from tests.browser import Site

pytestmark = pytest.mark.browser


def links(visitor: Visitor, start: str) -> list[str]:
    """Addresses of the cases on the desk."""
    visitor.open(start)
    found = visitor.page.eval_on_selector_all(
        "main a[href^='/cases/demo']", "all => all.map(one => one.getAttribute('href'))"
    )
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(
    ("username", "language", "width", "dark"),
    [
        ("case-bureau", "en", 360, True),
        pytest.param("case-bureau", "zh-hans", 1440, False, marks=pytest.mark.prove),
        pytest.param("signer", "zh-hans", 360, False, marks=pytest.mark.prove),
    ],
)
def test_desk_and_case_pages_are_accessible_and_fit(  # noqa: PLR0917 - fixtures
    seeded_site: Site, browser: Browser, username: str, language: str, width: int, dark: bool
) -> None:
    visitor = Visitor(browser, seeded_site.url, language=language, width=width, dark=dark)
    visitor.sign_in(username, PASSWORD)
    pages = links(visitor, "/cases/")
    assert len(pages) >= 4
    for address in ["/cases/", *pages]:
        visitor.open(address)
        assert visitor.fits(), address
        visitor.check_accessible()
    visitor.check_clean()
    visitor.close()


def test_a_section_saves_itself_while_one_types(seeded_site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, seeded_site.url, language="en")
    visitor.sign_in("signer", PASSWORD)
    draft = visitor.page.get_by_role("link", name="草稿").first.get_attribute("href")
    address = f"{draft}application/s/schedule/"
    page = visitor.open(address)
    page.fill("#id_milestones", "saved by itself")
    page.wait_for_selector("#save-state.saved")
    assert page.input_value("#base-version") == "1"
    visitor.open(address)
    assert visitor.page.input_value("#id_milestones") == "saved by itself"
    visitor.check_clean()
    visitor.close()


def test_who_saves_while_the_page_saves_itself_is_not_told_of_another_person(
    seeded_site: Site, browser: Browser
) -> None:
    visitor = Visitor(browser, seeded_site.url, language="en")
    visitor.sign_in("signer", PASSWORD)
    draft = visitor.page.get_by_role("link", name="草稿").first.get_attribute("href")
    page = visitor.open(f"{draft}application/s/schedule/")
    kept: list[tuple[Route, APIResponse]] = []

    def keep(route: Route) -> None:
        """The section is saved; the page is not told yet."""
        if route.request.headers.get("hx-request"):
            kept.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/s/schedule/", keep)
    page.fill("#id_milestones", "typed")
    page.wait_for_selector("#save-state.saving")
    page.fill("#id_milestones", "typed on")
    page.get_by_role("button", name="Save and go to the list").click()
    for _ in range(500):
        if kept:
            break
        page.wait_for_timeout(20)
    assert page.url.endswith("/s/schedule/")
    for route, answer in kept:
        route.fulfill(response=answer)
    page.wait_for_url("**/application/")
    visitor.open(f"{draft}application/s/schedule/")
    assert visitor.page.input_value("#id_milestones") == "typed on"
    visitor.check_clean()
    visitor.close()


def test_a_wrong_file_is_named_before_it_is_sent(seeded_site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, seeded_site.url, language="en")
    visitor.sign_in("signer", PASSWORD)
    draft = visitor.page.get_by_role("link", name="草稿").first.get_attribute("href")
    page = visitor.open(f"{draft}application/s/compliance/")
    page.set_input_files(
        "#id_opinion", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    assert "not accepted" in page.inner_text("#problem-opinion")
    visitor.check_clean()
    visitor.close()


def test_a_form_works_without_scripts(seeded_site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "django_language", "value": "en", "url": seeded_site.url}])
    page = context.new_page()
    sign_in(page, seeded_site.url, "signer", PASSWORD)
    page.get_by_role("link", name="草稿").first.click()
    page.get_by_role("link", name="Submit application").click()
    page.get_by_role("link", name="Scale and caps").click()
    page.fill("#id_expected", "without scripts")
    page.get_by_role("button", name="Save and continue").click()
    assert page.url.endswith("/s/compliance/")
    context.close()
