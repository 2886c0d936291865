"""A plan changed at the browser: tightened and signed, loosened by two officers and the firm."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve
from tests.second_factor import fresh_code
from tests.web.lab_seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a seeded database with a pilot that runs."""
    home = build_home(tmp_path_factory.mktemp("plan") / "home", seed="tests.web.lab_seed:seed")
    with serve(home) as site:
        yield site


def visit(site: Site, browser: Browser, username: str, **options: object) -> Visitor:
    visitor = Visitor(browser, site.url, **{"language": "en", **options})  # type: ignore[arg-type]
    visitor.sign_in(username, PASSWORD)
    return visitor


def look(visitor: Visitor) -> None:
    visitor.check_accessible()
    assert visitor.fits(), visitor.page.url


def plan_of(visitor: Visitor) -> str:
    """The page of the plan of the pilot that runs, by way of its case."""
    visitor.open("/cases/").get_by_role("link", name="运行中的试点").first.click()
    address = visitor.page.locator("a[href^='/supervision/pilots/']").first.get_attribute("href")
    return "/".join((address or "").split("/")[:4]) + "/plan/"


def approve(visitor: Visitor, site: Site, username: str) -> None:
    visitor.page.get_by_role("link", name="Approve", exact=True).click()
    look(visitor)
    visitor.page.fill("#id_code", fresh_code(site.url, username, time.time()))
    visitor.page.get_by_role("button", name="Approve").click()
    visitor.page.locator("[role=status]").first.wait_for()


def test_a_plan_is_tightened_at_once_and_loosened_by_both_sides(
    site: Site, browser: Browser
) -> None:
    officer = visit(site, browser, "case-bureau")
    plan = plan_of(officer)
    page = officer.open(plan)
    look(officer)
    page.get_by_role("link", name="Change the plan").click()
    look(officer)
    page.fill("#id_investors_max", "10")
    page.fill("#id_reason", "投诉较多")
    page.get_by_role("button", name="Change the plan").click()
    page.get_by_role("heading", name="Tighten the plan").wait_for()
    look(officer)
    page.fill("#id_code", fresh_code(site.url, "case-bureau", time.time()))
    page.get_by_role("button", name="Tighten the plan").click()
    page.get_by_text("Version 2").first.wait_for()

    page.get_by_role("link", name="Change the plan").click()
    page.fill("#id_investors_max", "20")
    page.fill("#id_reason", "运行平稳")
    page.fill("#id_basis", "试点协议第九条")
    page.get_by_role("button", name="Change the plan").click()
    page.get_by_text("This loosens the plan").wait_for()
    look(officer)
    proposal = page.url
    approve(officer, site, "case-bureau")

    second = visit(site, browser, "sign-finance", width=360, height=780, dark=True)
    second.page.goto(proposal)
    look(second)
    second.open(proposal.removeprefix(site.url) + "end/")
    look(second)
    second.page.goto(proposal)
    approve(second, site, "sign-finance")

    signer = visit(site, browser, "signer", language="zh-hans", width=360, height=780)
    signer.open(plan)
    look(signer)
    signer.page.get_by_role("link", name="签署本版本").first.click()
    look(signer)
    signer.page.goto(proposal)
    look(signer)
    signer.page.get_by_role("link", name="代表机构签署").click()
    look(signer)
    signer.page.get_by_role("button", name="签署").click()
    signer.page.get_by_text("已签署").first.wait_for()
    assert "20 人" in signer.open(plan).inner_text("main")
    for one in (officer, second, signer):
        one.check_clean()
