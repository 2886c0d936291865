"""Two authorities disagree, the batch is told, the firm objects, another authority decides."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, serve
from tests.looks import LOOKS
from tests.web.decision_seed import PASSWORD, titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = [pytest.mark.browser, pytest.mark.prove]

NOT_OUT = {"zh-hans": "目前尚未公布", "en": "they are not out yet"}
OBJECT = {"zh-hans": "如何提出异议", "en": "How to object"}
STANDS_NO_MORE = {"zh-hans": "改变原决定", "en": "the decision is changed"}
AGAINST, REFUSED = "规模过大，限额不足以控制损失", "会签未通过"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("batch") / "h", seed="tests.web.decision_seed:seed")
    with serve(home) as running:
        yield running


def reference(site: Site, title: str) -> str:
    with closing(sqlite3.connect(site.home / "app.sqlite3")) as db:
        [(found,)] = db.execute("SELECT reference FROM cases_case WHERE title_zh = ?", [title])
    return str(found)


class Person:
    """Someone at their browser, in one language and width."""

    def __init__(self, site: Site, browser: Browser, username: str, look: tuple[str, int]) -> None:
        self.visitor = Visitor(browser, site.url, language=look[0], width=look[1])
        self.page = self.visitor.sign_in(username, PASSWORD)

    def look(self, path: str) -> str:
        self.visitor.open(path)
        self.visitor.check_accessible()
        assert self.visitor.fits(), path
        return self.page.inner_text("body")

    def act(self, path: str, *, choose: str = "", **texts: str) -> str:
        """Fill in the page of an act and do it; what the next page says."""
        self.look(path)
        if choose:
            self.page.check(f"input[value='{choose}']")
        for name, text in texts.items():
            self.page.fill(f"[name={name}]", text)
        self.page.click("main .actions button")
        self.page.locator("ul.messages, .messages, [role=status]").first.wait_for()
        assert path not in self.page.url, self.page.inner_text("main")
        self.visitor.check_accessible()
        return self.page.inner_text("body")

    def leave(self) -> None:
        self.visitor.check_clean()
        self.visitor.close()


@pytest.mark.parametrize("look", LOOKS, ids=lambda one: f"{one[0]}-{one[1]}")
def test_split_decision_batch_release_refusal_and_objection(
    site: Site, browser: Browser, look: tuple[str, int]
) -> None:
    language = look[0]
    good, bad = (reference(site, title) for title in titles(*look))

    bureau = Person(site, browser, "sign-bureau", look)
    for case in (good, bad):
        bureau.act(f"/cases/{case}/do/sign-off/", choose="yes")
    bureau.leave()
    finance = Person(site, browser, "sign-finance", look)
    finance.act(f"/cases/{good}/do/sign-off/", choose="yes")
    finance.act(f"/cases/{bad}/do/sign-off/", choose="no", reason=AGAINST)
    finance.leave()

    officer = Person(site, browser, "case-bureau", look)
    assert AGAINST in officer.look(f"/cases/{bad}/"), "dissent is shown to those who decide"
    officer.act(f"/cases/{bad}/do/reject/", reason=REFUSED)

    firm = Person(site, browser, "signer", look)
    for case in (good, bad):
        before = firm.look(f"/cases/{case}/")
        assert NOT_OUT[language] in before
        assert AGAINST not in before
        assert REFUSED not in before

    officer.look("/cases/")
    officer.page.click("a[href$='/release/']")
    shown = officer.page.inner_text("main")
    assert titles(*look)[1] in shown
    for value in officer.page.locator("input[name=chosen]").all():
        chosen = value.get_attribute("value") or ""
        value.set_checked(chosen.startswith((f"{good}@", f"{bad}@")))
    officer.visitor.check_accessible()
    assert officer.visitor.fits()
    officer.page.click("main .actions button")
    officer.page.get_by_text("2").first.wait_for()
    officer.visitor.check_accessible()
    officer.leave()

    assert NOT_OUT[language] not in firm.look(f"/cases/{good}/")
    told = firm.look(f"/cases/{bad}/")
    assert REFUSED in told
    assert AGAINST not in told, "who dissented and why is the authorities' own"
    assert OBJECT[language] in told
    firm.act(f"/cases/{bad}/do/file-objection/", grounds="规模已按要求缩减，见补充材料。")

    province = Person(site, browser, "case-province", look)
    assert titles(*look)[1] in province.look("/cases/"), "it is on the desk"
    assert "规模已按要求缩减" in province.look(f"/cases/{bad}/")
    province.act(f"/cases/{bad}/do/decide-objection/", choose="changed", reason="事实已变化。")
    province.leave()

    after = firm.look(f"/cases/{bad}/")
    assert STANDS_NO_MORE[language] in after
    assert NOT_OUT[language] in after, "it waits for a new decision of the batch"
    firm.leave()
