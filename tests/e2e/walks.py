"""How each part of the demonstration's tour is walked: who goes where, and what they do there.

Who to be and where to go is read from the home page; every page on the way is judged: accessible
wide and narrow, nothing on the console, nothing fetched from elsewhere.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.urls import resolve

from tests.browser import Visitor
from tests.e2e.forms import fill
from tests.e2e.people import follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from tests.e2e.demo_city import DemoCity

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 780}
WIDTHS = (WIDE, NARROW)
"""A person's first page of a kind is judged wide, the second narrow."""
LANGUAGES = {"officer-bureau": "en", "expert-1": "en", "": "en"}
"""The tours not named here are walked in Chinese."""

EFFECTIVE_S_MAX = 60.0
PROPOSED_S_MAX = 240.0
"""From an alarm that is still early to the proposal: a tile and the lateness, and what is slow."""
NUMBER = r"91999900DEM\d{6}[0-9A-Z]-\d{4}-\d{4}"
"""What an admitted project is numbered by: its lead institution's code, the year, a serial."""
ON_TOUR = {
    "applicant": {
        "cases:case",
        "cases:application",
        "cases:partners",
        "cases:sign",
        "cases:act",
        "cases:section",
        "cases:check",
        "cases:receipt",
        "supervision:pilot",
    },
    "cloud-signer": {"cases:desk", "cases:invitation", "cases:application"},
    "officer-bureau": {
        "cases:desk",
        "cases:act",
        "notices:comments",
        "notices:comment",
        "supervision:board",
        "supervision:orders",
        "supervision:order",
        "supervision:order-approve",
        "supervision:order-end",
    },
    "signer-bureau": {"cases:act"},
    "expert-1": {"review:sheet"},
    "assessor": {"review:assessment"},
    "": {"notice", "comment-received", "pilot", "rulebook"},
}
"""Kinds of page that each tour passes."""


@dataclass
class Part:
    """One part of the tour, as the home page has it."""

    username: str
    password: str
    steps: list[str] = field(default_factory=list)


class Guest:
    """Someone at a browser, whose every page is looked at."""

    def __init__(
        self, browser: Browser, city: DemoCity, username: str, password: str, language: str
    ) -> None:
        self.city = city
        self.seen: Counter[str] = Counter()
        self.visitor = Visitor(browser, city.url, language=language, **WIDE)
        if username:
            self.visitor.sign_in(username, password)

    @property
    def page(self) -> Page:
        return self.visitor.page

    def open(self, path: str) -> Page:
        """Go there; it must exist for this reader."""
        answer = self.page.goto(self.city.url + path)
        assert answer is not None
        assert answer.status == 200, path
        self.look()
        return self.page

    def follow(self, selector: str) -> Page:
        """Click on a link or button that leads to another page, and look at that."""
        before = self.page.url
        self.page.locator(selector).first.click()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.look()
        return self.page

    def look(self) -> None:
        """No serious finding on the page; a narrow one needs no sideways scrolling."""
        self.page.wait_for_load_state()
        kind = resolve(urlsplit(self.page.url).path).view_name
        if self.seen[kind] < len(WIDTHS):
            self.look_at_width(WIDTHS[self.seen[kind]])
            self.page.set_viewport_size(WIDE)
        self.seen[kind] += 1

    def look_at_width(self, size: dict[str, int]) -> None:
        self.page.set_viewport_size(size)
        assert self.visitor.fits(), self.page.url
        self.visitor.check_accessible()

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def leave(self) -> None:
        self.visitor.check_clean()
        self.visitor.close()


class Tours:
    """All parts; each is walked once, by whichever test needs it first."""

    def __init__(self, browser: Browser, city: DemoCity) -> None:
        self.browser, self.city = browser, city
        self.parts = read_tours(browser, city)
        self._walked: set[str] = set()

    def guest(self, username: str, *, language: str = "zh-hans") -> Guest:
        """Someone signed in; every account has the password that the home page shows."""
        password = self.parts["applicant"].password
        return Guest(self.browser, self.city, username, password, language)

    def walk(self, username: str) -> None:
        """Walk a part's steps to the end, unless that is done."""
        if username in self._walked:
            return
        self._walked.add(username)
        guest = self.guest(username, language=LANGUAGES.get(username, "zh-hans"))
        WALKS[username](self, guest, self.parts[username].steps)
        assert ON_TOUR[username] <= set(guest.seen)
        guest.leave()


def read_tours(browser: Browser, city: DemoCity) -> dict[str, Part]:
    """The parts by account; the public has none."""
    visitor = Visitor(browser, city.url)
    page = visitor.open("/")
    parts = {}
    for box in page.locator(".tour .part").all():
        shown = [code.inner_text() for code in box.locator(".account code").all()] or ["", ""]
        part = Part(*shown)
        steps = box.locator("li")
        part.steps = [link.get_attribute("href") or "" for link in steps.locator("a").all()]
        assert len(part.steps) == steps.count(), "a step without a link"
        parts[part.username] = part
    visitor.check_clean()
    visitor.close()
    return parts


def confirm(guest: Guest, **answers: str) -> None:
    """Fill in an act's form and do it."""
    fill(guest.page, **answers)
    guest.follow("main .actions button")


def walk_applicant(tours: Tours, guest: Guest, steps: list[str]) -> None:
    draft, last_section, signing, submission, pilot = steps
    guest.open(draft)
    guest.follow('a[href$="/application/"]')
    guest.follow('main a[href$="/partners/"]')
    guest.page.go_back()
    sections = guest.page.locator('main a[href*="/application/s/"]')
    last = sections.nth(sections.count() - 1).get_attribute("href")
    guest.open(last_section)
    guest.follow('a[href$="/application/"]')
    guest.follow(f'main a[href="{last}"]')
    fill(guest.page, promises="没有出处的回答不展示。\n每日人工抽检不少于一百条。")
    guest.follow('main button[value="list"]')
    guest.follow('main a[href$="/application/check/"]')
    assert "项未填写" not in guest.text()
    guest.follow('main a[href$="/do/request-signatures/"]')
    confirm(guest)

    partner = tours.guest("ai-signer")
    partner.open(signing)
    partner.follow('a[href$="/application/sign/"]')
    confirm(partner)
    guest.seen += partner.seen
    partner.leave()

    signer = tours.guest("applicant-signer")
    signer.open(submission)
    signer.follow('a[href$="/application/"]')
    signer.follow('main a[href$="/application/check/"]')
    confirm(signer)
    assert signer.page.url.endswith("/receipt/")
    signer.open(submission)
    assert "等待示范证监局" in signer.text()
    assert "初审" in signer.text()
    guest.seen += signer.seen
    signer.leave()

    guest.open(pilot)
    assert guest.page.locator(".headroom").count() >= 3


def walk_partner(_tours: Tours, guest: Guest, steps: list[str]) -> None:
    desk, _joined = steps
    guest.open(desk)
    guest.follow('main a[href$="/invitation/"]')
    assert "区域股权市场企业数字画像" in guest.text()
    guest.page.locator('input[name="join"][value="yes"]').check()
    guest.follow("main .actions button")
    assert guest.page.url.endswith("/application/")


def walk_officer(tours: Tours, guest: Guest, steps: list[str]) -> None:
    desk, screening, notice, board, orders = steps
    guest.open(desk)
    assert screening in guest.page.eval_on_selector_all(
        "main a", "all => all.map(one => one.getAttribute('href'))"
    )
    guest.open(screening)
    guest.page.locator("aside summary").first.click()
    assert "Paused" in guest.text()
    guest.follow('a[href$="/do/advance/"]')
    confirm(guest)
    assert urlsplit(guest.page.url).path == screening
    assert "review" in guest.text().lower()

    guest.open(notice)
    guest.follow('main a[href$="/comments/"]')
    guest.follow('main a[href*="/notices/comments/"]')
    comment = guest.page.url
    guest.page.locator('main input[type=radio][value="show"], main input[type=radio]').first.check()
    with guest.page.expect_navigation():
        guest.page.locator("main form").first.locator("button").click()
    guest.open(urlsplit(comment).path)
    guest.page.locator('textarea[name="answer"]').fill("每月在试点页面公布。")
    guest.page.locator('main form:has(textarea[name="answer"]) button').click()
    guest.page.wait_for_url("**/comments/")
    assert "not answered" not in guest.text()
    guest.open(board)
    follow(guest.page.locator(".tile.critical h2 a").first)
    guest.look()
    guest.page.locator("details summary").first.click()
    assert guest.page.locator("details[open] table tr").count() >= 2
    # Once the breach is no longer early it proposes an order; a code of this very moment gives it.
    guest.open(orders)
    proposal = 'main th a[href*="/orders/"]'
    until = time.monotonic() + PROPOSED_S_MAX
    while not guest.page.locator(proposal).count():
        assert time.monotonic() < until, "no order was proposed"
        guest.page.wait_for_timeout(1000)
        guest.page.reload()
    guest.follow(proposal)
    order = urlsplit(guest.page.url).path
    guest.follow('main a[href$="/end/"]')
    guest.open(order)
    guest.follow('main a[href$="/approve/"]')
    guest.page.locator("input[name=code]").fill(guest.page.inner_text("#demo-code"))
    guest.follow("main form button")
    assert "lapses in" in guest.text()
    # The simulated pilot takes it, obeys it and says so.
    guest.open(order)
    until = time.monotonic() + EFFECTIVE_S_MAX
    while "by the institution's clock" not in guest.text():
        assert time.monotonic() < until, "the order did not come into effect"
        guest.page.wait_for_timeout(1000)
        guest.page.reload()


def walk_signing_officer(tours: Tours, guest: Guest, steps: list[str]) -> None:
    case, decision = steps
    guest.open(case)
    guest.open(decision)
    guest.follow('a[href$="/do/sign-off/"]')
    confirm(guest, consent="yes")
    assert re.search(NUMBER, guest.text())


def walk_expert(tours: Tours, guest: Guest, steps: list[str]) -> None:
    desk, sheet = steps
    page = guest.open(desk)
    assert page.locator(f'main a[href="{sheet}"]').count() == 1
    guest.open(sheet)
    confirm_in_place(guest, conflict="no", reason="")
    fill(guest.page)
    follow(guest.page.locator('button[value="submit"]'))
    assert "submitted" in guest.text()
    guest.look()


def confirm_in_place(guest: Guest, **answers: str) -> None:
    """Like `confirm`, where the same address then shows the next form."""
    fill(guest.page, **answers)
    follow(guest.page.locator("main .actions button").first)
    guest.look()


def walk_assessor(tours: Tours, guest: Guest, steps: list[str]) -> None:
    (case,) = steps
    guest.open(case)
    guest.follow('a[href$="/assessment/"]')
    confirm(guest)
    assert urlsplit(guest.page.url).path == case
    assert "符合要求" in guest.text()


def walk_public(tours: Tours, guest: Guest, steps: list[str]) -> None:
    notice, pilot, rulebook = steps
    guest.open(notice)
    fill(guest.page, body="Who answers for what the voice service mishears?", name="", contact="")
    guest.page.locator('button[value="preview"]').click()
    guest.page.wait_for_selector('button[value="send"]')
    guest.look()
    guest.follow('button[value="send"]')
    assert re.search(r"C-\d{4}-[0-9A-Z-]+", guest.text())
    page = guest.open(pilot)
    assert page.locator("main .headroom").count() >= 3
    assert page.locator("main svg").count() >= 1
    page = guest.open(rulebook)
    page.locator("main button", has_text="○").first.click()


WALKS: dict[str, Callable[[Tours, Guest, list[str]], None]] = {
    "applicant": walk_applicant,
    "cloud-signer": walk_partner,
    "officer-bureau": walk_officer,
    "signer-bureau": walk_signing_officer,
    "expert-1": walk_expert,
    "assessor": walk_assessor,
    "": walk_public,
}
