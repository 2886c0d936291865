"""An institution at the browser: registered, its people invited, checked by an officer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.apps.accounts.uscc import uscc_check_character
from tests.browser import Visitor, build_home, serve
from tests.web.seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser
CODE = "91999900NEWF00042"
NAME = "一家名称特别长的示范证券投资咨询与资产管理及金融科技服务股份有限公司（筹）𠮷龘"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demonstration, where the page shows the links that would be mailed."""
    home = build_home(tmp_path_factory.mktemp("firms") / "home", seed="tests.web.seed:seed")
    with serve(home, SHIDIAN_DEMO="true") as site:
        yield site


def linked(visitor: Visitor) -> str:
    """The link that the page shows in place of a mail."""
    words = visitor.page.locator("[role=status]").inner_text()
    return "/account/invitation/" + words.rsplit("/account/invitation/", 1)[1].split()[0]


def join(visitor: Visitor, link: str, username: str) -> None:
    """Open the link and make an account."""
    page = visitor.open(link)
    visitor.check_accessible()
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/cases/")


def register(boss: Visitor) -> str:
    """Register a firm; returns its first signer's link."""
    page = boss.open("/account/sign-in/")
    page.get_by_role("link", name="Register an institution").click()
    boss.check_accessible()
    assert boss.fits()
    page.fill("#id_name_zh", NAME)
    page.fill("#id_uscc", CODE + "0")
    page.select_option("#id_kind", "securities-firm")
    page.fill("#id_contact", "签某")
    page.fill("#id_email", "boss@new.example")
    page.get_by_role("button", name="Register").click()
    assert "does not fit the others" in page.inner_text(".errors")
    page.fill("#id_uscc", CODE + uscc_check_character(CODE))
    page.get_by_role("button", name="Register").click()
    boss.check_accessible()
    return linked(boss)


def manage(boss: Visitor) -> None:
    """A signer changes a colleague's roles, records a licence, and cannot leave as the last."""
    page = boss.page
    page.reload()
    page.get_by_role("link", name="起草人").click()
    boss.check_accessible()
    page.get_by_label("technical contact").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Record a licence").click()
    boss.check_accessible()
    page.fill("#id_title", "许可")
    page.fill("#id_number", "42")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("link", name="Leave the institution").click()
    boss.check_accessible()
    page.get_by_role("button", name="Leave").click()
    assert "name another signer first" in page.inner_text(".errors")


@pytest.mark.prove
def test_a_firm_registers_invites_its_people_and_is_checked(site: Site, browser: Browser) -> None:
    boss = Visitor(browser, site.url, language="en", width=360)
    join(boss, register(boss), "new-boss")
    page = boss.page
    page.get_by_role("link", name="My institution").click()
    assert "to be checked" in page.inner_text("main")
    page.fill("#id_name", "起草人")
    page.fill("#id_email", "hand@new.example")
    page.get_by_role("button", name="Send the link").click()
    assert boss.fits()
    boss.check_accessible()
    hand = Visitor(browser, site.url, language="en")
    join(hand, linked(boss), "new-hand")
    manage(boss)

    officer = Visitor(browser, site.url, language="en")
    officer.sign_in("case-bureau", PASSWORD)
    officer.page.get_by_role("link", name="Institutions").click()
    officer.check_accessible()
    officer.page.get_by_role("link", name=NAME).click()
    officer.check_accessible()
    officer.page.get_by_role("button", name="Confirm", exact=True).click()
    assert "is confirmed" in officer.page.inner_text("[role=status]")
    boss.open("/account/institutions/")
    assert "An officer's check" in page.inner_text("main")

    hand.page.get_by_role("link", name="My institution").click()
    hand.page.get_by_role("link", name="Leave the institution").click()
    hand.page.get_by_role("button", name="Leave").click()
    assert "no place in an institution" in hand.page.inner_text("main")
    hand.check_accessible()
    for one in (boss, hand, officer):
        one.check_clean()
        one.close()
