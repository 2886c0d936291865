"""The demonstration's tours, each walked to its end as its home page tells it.

One demonstration runs for the whole module. The walks read from the home page who to be and where
to go; what they do there is written here. Every page on the way is judged: accessible wide and
narrow, nothing on the console, nothing fetched from elsewhere. What the tours do not pass is looked
at afterwards, so that no kind of page is left out.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from tests.browser import Visitor, chromium
from tests.e2e.demo_city import DemoCity, demo_city
from tests.e2e.forms import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 780}
WIDTHS = (WIDE, NARROW)
"""A person's first page of a kind is judged wide, the second narrow."""
ALERT_S_MAX = 150
SHOWN_S_MAX = 2.0
LANGUAGES = {"officer-bureau": "en", "expert-1": "en", "": "en"}
"""The tours not named here are walked in Chinese."""

NUMBER = r"91999900DEM\d{6}[0-9A-Z]-\d{4}-\d{4}"
"""What an admitted project is numbered by: its lead institution's code, the year, a serial."""
NOT_PAGES = {
    "accounts:sign-out": "takes posts alone",
    "accounts:language": "takes posts alone",
    "cases:attachment": "a file",
    "supervision:board-live": "a part of the board",
    "supervision:board-token": "a token",
    "supervision:pilot-live": "a part of the pilot's page",
    "supervision:pilot-token": "a token",
    "supervision:acknowledge": "takes posts alone",
    "supervision:revoke-key": "takes posts alone",
    "supervision:series-csv": "a file",
    "pilot-series": "a file",
}
ON_TOUR = {
    "applicant": {
        "cases:case",
        "cases:application",
        "cases:partners",
        "cases:section",
        "cases:check",
        "cases:receipt",
        "supervision:pilot",
    },
    "officer-bureau": {
        "cases:desk",
        "cases:act",
        "notices:comments",
        "notices:comment",
        "supervision:board",
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
    draft, last_section, submission, pilot = steps
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


def walk_officer(tours: Tours, guest: Guest, steps: list[str]) -> None:
    desk, screening, notice, board = steps
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
    guest.page.locator("main form").first.locator("button").click()
    guest.open(urlsplit(comment).path)
    guest.page.locator('textarea[name="answer"]').fill("每月在试点页面公布。")
    guest.page.locator('main form:has(textarea[name="answer"]) button').click()
    guest.page.wait_for_url("**/comments/")
    assert "not answered" not in guest.text()
    guest.open(board)
    guest.page.locator("main a").first.click()
    guest.look()
    guest.page.locator("details summary").first.click()
    assert guest.page.locator("details[open] table tr").count() >= 2


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
    guest.page.locator('button[value="submit"]').click()
    guest.page.wait_for_load_state()
    assert "submitted" in guest.text()
    guest.look()


def confirm_in_place(guest: Guest, **answers: str) -> None:
    """Like `confirm`, where the same address then shows the next form."""
    fill(guest.page, **answers)
    guest.page.locator("main .actions button").first.click()
    guest.page.wait_for_load_state()
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
    "officer-bureau": walk_officer,
    "signer-bureau": walk_signing_officer,
    "expert-1": walk_expert,
    "assessor": walk_assessor,
    "": walk_public,
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCity]:
    with demo_city(tmp_path_factory.mktemp("demo") / "home") as city:
        yield city


@pytest.fixture(scope="module")
def browser(city: DemoCity) -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def tours(city: DemoCity, browser: Browser) -> Tours:
    return Tours(browser, city)


WATCH = """() => {
  const part = document.querySelector("[data-live]");
  const look = () => {
    if (!window.alarmAt && part.querySelector(".tile.critical")) window.alarmAt = Date.now();
  };
  new MutationObserver(look).observe(part, { childList: true, subtree: true });
  look();
}"""


@pytest.fixture(scope="module", autouse=True)
def board(tours: Tours) -> Iterator[Visitor]:
    """An officer's board, opened before anything goes wrong and not touched again."""
    visitor = Visitor(tours.browser, tours.city.url)
    visitor.sign_in("officer-bureau", tours.parts["applicant"].password)
    visitor.open("/supervision/").evaluate(WATCH)
    assert visitor.page.evaluate("window.alarmAt === undefined"), "the alarm was there already"
    yield visitor
    visitor.close()


def test_home_page_leads_every_role(tours: Tours) -> None:
    assert set(tours.parts) == set(WALKS)


@pytest.mark.parametrize("username", WALKS)
def test_tour_can_be_walked_to_its_end(tours: Tours, username: str) -> None:
    tours.walk(username)


@dataclass(frozen=True)
class Place:
    """A kind of page: its name, who looks at it, and its address's argument."""

    name: str
    username: str = ""
    argument: str = ""
    more: tuple[str, ...] = ()

    def path(self, tours: Tours) -> str:
        """`argument` is `part/step`: that step's address ends with the argument."""
        username, _, step = self.argument.partition("/")
        if not step:
            return reverse(self.name, args=self.more)
        return reverse(
            self.name, args=[last_of(tours.parts[username].steps[int(step)]), *self.more]
        )


def last_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


DRAFT, SCREENED, NOTICED, SIGNED = (
    "applicant/0",
    "officer-bureau/1",
    "officer-bureau/2",
    "signer-bureau/0",
)
PILOT, REVIEWED, ASSESSED = "applicant/3", "expert-1/1", "assessor/0"
PLACES = (
    Place("home"),
    Place("about"),
    Place("accounts:sign-in"),
    Place("call-list"),
    Place("call", more=("demo-city-3",)),
    Place("notice-list"),
    Place("notice", argument="/0"),
    Place("pilot-list"),
    Place("pilot", argument="/1"),
    Place("case-timeline", argument=NOTICED),
    Place("rulebook-list"),
    Place("rulebook", argument="/2"),
    Place("rulebook-version", argument="/2", more=("2026.1",)),
    Place("scheme", argument="/2"),
    Place("cases:desk", "applicant"),
    Place("cases:start", "applicant", more=("demo-city-3",)),
    Place("cases:open-call", "officer-bureau", more=("demo-city",)),
    Place("cases:application", "officer-bureau", NOTICED),
    Place("cases:case", "officer-bureau", REVIEWED),
    Place("review:invite-experts", "officer-bureau", REVIEWED),
    Place("review:close-round", "officer-bureau", REVIEWED),
    Place("review:commission", "officer-bureau", ASSESSED),
    Place("supervision:pilot", "officer-bureau", PILOT),
    Place("supervision:plan", "officer-bureau", PILOT),
    Place("supervision:key", "officer-bureau", PILOT),
)


PANEL = Place("review:open-round", "officer-bureau", SCREENED)
NOTICE = Place("notices:open", "officer-bureau", ASSESSED)
"""What the officer does next with the cases that the officer's and the assessor's tours moved on."""
LOOKS = (("zh-hans", WIDE), ("en", NARROW))


def view_names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from view_names(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace
            )
        else:
            yield f"{namespace}{pattern.name}"


def test_no_kind_of_page_is_left_out() -> None:
    looked_at = {place.name for place in (*PLACES, PANEL, NOTICE)}.union(*ON_TOUR.values())
    assert set(view_names(get_resolver().url_patterns)) == looked_at | set(NOT_PAGES)
    assert not looked_at & set(NOT_PAGES)


@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.prove)])
def test_every_other_page_is_accessible_and_clean(tours: Tours, turn: int) -> None:
    """Every second page wide in Chinese, the others narrow in English; the long proof turns it."""
    by_guest: dict[tuple[str, int], list[Place]] = {}
    for number, place in enumerate(PLACES, start=turn):
        by_guest.setdefault((place.username, number % 2), []).append(place)
    for (username, look), places in by_guest.items():
        language, size = LOOKS[look]
        guest = tours.guest(username, language=language)
        for place in places:
            answer = guest.page.goto(tours.city.url + place.path(tours))
            assert answer.status == 200, place
            guest.look_at_width(size)
        guest.leave()


def test_officer_goes_on_where_the_tours_end(tours: Tours) -> None:
    tours.walk("officer-bureau")
    tours.walk("assessor")
    guest = tours.guest("officer-bureau")
    guest.open(PANEL.path(tours))
    guest.open(tours.parts["assessor"].steps[0])
    guest.follow('a[href$="/do/advance/"]')
    confirm(guest)
    guest.open(NOTICE.path(tours))
    guest.leave()


def test_planted_fault_shows_on_the_open_board_by_itself(city: DemoCity, board: Visitor) -> None:
    board.page.wait_for_function("window.alarmAt", timeout=ALERT_S_MAX * 1000)
    tile = board.page.locator(".tile.critical")
    assert "智能交易助手" in tile.inner_text()
    assert "委托失败激增" in tile.inner_text()
    shown_after_s = board.page.evaluate("window.alarmAt") / 1e3 - alarm_came_us(city) / 1e6
    assert 0 < shown_after_s < SHOWN_S_MAX
    board.check_clean()


def alarm_came_us(city: DemoCity) -> int:
    """When the entry reached the journal from which the monitor found the first critical alert."""
    with closing(sqlite3.connect(city.home / "monitor" / "monitor.sqlite3")) as db:
        (entry,) = db.execute("SELECT min(entry) FROM item WHERE level = 'critical'").fetchone()
    with closing(sqlite3.connect(city.home / "gate" / "journal.sqlite3")) as db:
        (ingest_us,) = db.execute(
            "SELECT ingest_us FROM entry WHERE entry = ?", (entry,)
        ).fetchone()
    return int(ingest_us)


def test_interrupt_ends_every_process(city: DemoCity) -> None:
    """Last in the module: nothing answers afterwards."""
    started = city.descendants()
    assert len(started) >= 5
    assert city.interrupt() == 0
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
    assert "all processes have stopped" in city.log.read_text()
