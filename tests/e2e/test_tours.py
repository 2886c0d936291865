"""The demonstration's tours, each walked to its end as its home page tells it (`walks.py`).

One demonstration runs for these, for who follows the guides after them (`test_tours_guides.py`), and
until it is stopped (`test_tours_stop.py`). What the tours do not pass is looked at afterwards, so
that no kind of page is left out.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from shidian.apps.portal.addresses import address
from shidian.apps.portal.snapshots import Named
from tests.browser import Visitor, chromium, environment
from tests.e2e.demo_city import FAULT_AFTER_S
from tests.e2e.people import follow
from tests.e2e.walks import NARROW, WALKS, WIDE, Tours, confirm
from tests.looks import TURNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.e2e.demo_city import DemoCity

pytestmark = [pytest.mark.browser, pytest.mark.prove]

ALERT_S_MAX = 90
"""From when the test asks to when the board shows the alarm."""
ALARM_S_MAX = 45
"""From the beginning of the planted fault to the alarm: some 18 s, and more where all is slow."""
SHOWN_S_MAX = 2.0
ON_RECORD_S_MAX = 15.0
"""A page says "on its way" for a moment after it was published; 5 s where nothing else runs."""


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
    const tile = part.querySelector(".tile.critical");
    if (!window.alarmAt && tile?.textContent.includes("委托失败激增")) window.alarmAt = Date.now();
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
        if self.argument in SOUGHT:
            found = sought(tours.city.home, self.argument).split()
            return reverse(self.name, args=[*found, *self.more])
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
COMPLAINT = "complaint"
FILED = "filed"
INCIDENT, INCIDENT_PILOT = "incident", "pilot of the incident"
DRILLED = "drilled"
BRIDGED = "bridged"
SEALED = "sealed"
ALERT = "alert"
ON_PAPER, REQUESTED, TIPPED = "drafted", "requested", "tipped"
ASKED, OWN, FINDABLE, WRITTEN = "asked", "own", "findable", "written"
SOUGHT = {
    ASKED: "SELECT id FROM cases_coaching WHERE answered_at IS NULL ORDER BY id LIMIT 1",
    OWN: "SELECT institution_id FROM accounts_staff JOIN accounts_person AS person"
    " ON person.id = person_id WHERE username = 'bank-signer'",
    FINDABLE: "SELECT institution_id FROM cases_partnerprofile ORDER BY id LIMIT 1",
    WRITTEN: "SELECT id FROM cases_partnercontact WHERE answered_at IS NULL LIMIT 1",
    ALERT: "SELECT pilot.public_id || ' ' || episode FROM supervision_alertepisode"
    " JOIN supervision_pilot AS pilot ON pilot.id = pilot_id ORDER BY rank DESC LIMIT 1",
    COMPLAINT: "SELECT reference FROM supervision_complaint ORDER BY id LIMIT 1",
    INCIDENT: "SELECT pilot.public_id || ' ' || number FROM supervision_incident"
    " JOIN supervision_pilot AS pilot ON pilot.id = pilot_id ORDER BY supervision_incident.id LIMIT 1",
    INCIDENT_PILOT: "SELECT public_id FROM supervision_pilot WHERE id IN"
    " (SELECT pilot_id FROM supervision_incident) LIMIT 1",
    DRILLED: "SELECT reference FROM cases_case WHERE outcome = '' AND id IN"
    " (SELECT case_id FROM supervision_exitdrill) ORDER BY id LIMIT 1",
    BRIDGED: "SELECT reference FROM cases_case WHERE id IN"
    " (SELECT case_id FROM supervision_bridgestep) LIMIT 1",
    SEALED: "SELECT reference || ' ' || plan.number FROM supervision_sealedplan AS plan"
    " JOIN cases_case ON cases_case.id = case_id ORDER BY plan.id LIMIT 1",
    ON_PAPER: "SELECT reference FROM national_dispatch WHERE rule = 'special' LIMIT 1",
    REQUESTED: "SELECT reference FROM national_dispatch WHERE rule = 'rule-question' LIMIT 1",
    TIPPED: "SELECT reference FROM national_risktip LIMIT 1",
    FILED: "SELECT public_id FROM supervision_pilot WHERE id IN"
    " (SELECT pilot_id FROM supervision_indicatorreturn) LIMIT 1",
}
"""In place of an address: the first question that waits for an answer; the institution of the bank's
signer; one that wants to be found; a message without an answer; the first complaint that there is; the pilot that has returns; the
gravest alert."""


def sought(home: Path, what: str) -> str:
    with closing(sqlite3.connect(home / "app.sqlite3")) as db:
        [(found,)] = db.execute(SOUGHT[what]).fetchall()
    return str(found)


PILOT, REVIEWED, ASSESSED = "applicant/4", "expert-1/1", "assessor/0"
PLACES = (
    Place("home"),
    Place("about"),
    Place("search"),
    Place("check"),
    Place("similar"),
    Place("open-data"),
    Place("statistics"),
    Place("institutions"),
    Place("news"),
    Place("accounts:sign-in"),
    Place("mfa_index", "officer-bureau"),
    Place("accounts:sessions", "officer-bureau"),
    Place("accounts:password", "officer-bureau"),
    Place("call-list"),
    Place("call", more=("demo-city-3",)),
    Place("call-check", more=("demo-city-3",)),
    Place("notice-list"),
    Place("notice", argument="/0"),
    Place("pilot-list"),
    Place("pilot", argument="/1"),
    Place("complain", argument="/1"),
    Place("complaint-status"),
    Place("supervision:complaints", "officer-bureau"),
    Place("supervision:complaint", "officer-bureau", COMPLAINT),
    Place("supervision:incidents", "officer-bureau"),
    Place("supervision:incident", "officer-bureau", INCIDENT),
    Place("supervision:incident-report", "applicant", INCIDENT_PILOT),
    Place("supervision:incident-phone", "officer-bureau", INCIDENT_PILOT),
    Place("case-timeline", argument=NOTICED),
    Place("supervision:public-view", "officer-bureau", NOTICED),
    Place("rulebook-list"),
    Place("rulebook", argument="/2"),
    Place("rulebook-version", argument="/2", more=("2026.1",)),
    Place("scheme", argument="/2"),
    Place("cases:desk", "applicant"),
    Place("cases:inbox", "applicant"),
    Place("cases:mail-settings", "applicant"),
    Place("cases:coaching", "officer-bureau"),
    Place("cases:coaching-one", "officer-bureau", ASKED),
    Place("cases:coaching-ask", "applicant", more=("demo-city",)),
    Place("risk-tips"),
    Place("risk-tip", argument=TIPPED),
    Place("national:home", "national"),
    Place("national:base-rules", "national"),
    Place("national:dispatches", "officer-bureau"),
    Place("national:dispatch-new", "officer-bureau", more=("demo-city", "quarterly")),
    Place("national:dispatch", "national", REQUESTED),
    Place("national:dispatch-edit", "officer-finance", ON_PAPER),
    Place("national:dispatch-send", "signer-bureau", ON_PAPER),
    Place("national:dispatch-figure", "officer-bureau", ON_PAPER, ("0", "running")),
    Place("national:tips", "officer-bureau"),
    Place("national:tip", "officer-bureau", TIPPED),
    Place("national:tip-new", "national"),
    Place("cases:matching", "applicant"),
    Place("cases:contacts", "bank-signer"),
    Place("cases:contact", "chain-signer", WRITTEN),
    Place("cases:profile", "bank-signer", OWN),
    Place("cases:write-partner", "applicant", FINDABLE),
    Place("review:availability", "expert-2"),
    Place("cases:queue", "officer-bureau"),
    Place("cases:workload", "officer-bureau"),
    Place("cases:numbers", "officer-bureau"),
    Place("cases:statistics", "officer-bureau"),
    Place("cases:deadlines", "officer-bureau"),
    Place("cases:start", "applicant", more=("demo-city-3",)),
    Place("cases:open-call", "officer-bureau", more=("demo-city",)),
    Place("cases:calendars", "officer-bureau"),
    Place("cases:calendar-add", "officer-bureau", more=("cn-working-day",)),
    Place("cases:release", "officer-bureau", more=("demo-city-3",)),
    Place("cases:application", "officer-bureau", NOTICED),
    Place("cases:versions", "officer-bureau", NOTICED),
    Place("cases:case", "officer-bureau", REVIEWED),
    Place("review:invite-experts", "officer-bureau", REVIEWED),
    Place("review:close-round", "officer-bureau", REVIEWED),
    Place("review:extend-round", "officer-bureau", REVIEWED),
    Place("review:enter-sheet", "officer-bureau", REVIEWED),
    Place("review:sessions", "officer-bureau", REVIEWED),
    Place("review:call-session", "officer-bureau", REVIEWED),
    Place("review:conflict", "expert-1", REVIEWED),
    Place("review:commission", "officer-bureau", ASSESSED),
    Place("cases:materials", "applicant", DRAFT),
    Place("lab:home", "officer-bureau"),
    Place("lab:start", "officer-bureau", more=("demo-city",)),
    Place("lab:clauses", "officer-bureau", more=("demo-city",)),
    Place("scheme-clauses", more=("demo-city",)),
    Place("rulebook-compare"),
    Place("record"),
    Place("record-leaf", more=("0",)),
    Place("record-verify"),
    Place("supervision:pilot", "officer-bureau", PILOT),
    Place("supervision:course", "officer-bureau", PILOT, ("failures_5m",)),
    Place("supervision:plan", "officer-bureau", PILOT),
    Place("supervision:plan-change", "officer-bureau", PILOT),
    Place("supervision:plan-step", "officer-bureau", PILOT),
    Place("supervision:order-new", "officer-bureau", PILOT),
    Place("supervision:connection", "officer-bureau", PILOT),
    Place("supervision:reports", "officer-bureau"),
    Place("supervision:pilot-reports", "officer-bureau", PILOT),
    Place("supervision:returns", "officer-bureau", FILED),
    Place("supervision:return", "officer-bureau", FILED, ("1",)),
    Place("supervision:orders", "officer-bureau"),
    Place("supervision:key", "officer-bureau", PILOT),
    Place("supervision:alerts", "officer-bureau"),
    Place("supervision:alert", "officer-bureau", ALERT),
    Place("supervision:alert-events", "officer-bureau", ALERT),
    Place("supervision:alert-rule", "officer-bureau", more=("demo-city", "failing")),
    Place("supervision:exit", "officer-bureau", DRILLED),
    Place("supervision:exit-drill", "officer-bureau", DRILLED, ("1",)),
    Place("supervision:evaluation", "officer-bureau", DRILLED),
    Place("supervision:evaluation-plan", "officer-bureau", SEALED),
    Place("supervision:evaluation-seal", "officer-bureau", DRILLED),
    Place("supervision:exit-report", "officer-bureau", DRILLED),
    Place("supervision:bridge", "officer-bureau", BRIDGED),
    Place("library"),
)


PANEL = Place("review:open-round", "officer-bureau", SCREENED)
NOTICE = Place("notices:open", "officer-bureau", ASSESSED)
"""What the officer does next with the cases that the officer's and the assessor's tours moved on."""
LOOKS = (("zh-hans", WIDE), ("en", NARROW))


@pytest.mark.parametrize("turn", range(TURNS))
def test_every_other_page_is_accessible_and_clean(tours: Tours, turn: int) -> None:
    """Every second page wide in Chinese, the others narrow in English.

    With SHIDIAN_LOOKS=2 then the other way round.
    """
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


def test_a_signer_attests_figures_that_reach_the_journal(tours: Tours) -> None:
    address = Place("supervision:return", argument=FILED, more=("2",)).path(tours)
    signer = tours.guest("bank-signer", language="en")
    signer.open(address).click("main form .button:not(.second)")
    signer.page.wait_for_selector("text=attested")
    for size in (WIDE, NARROW):
        signer.look_at_width(size)
    signer.open(address.removesuffix("2/"))
    signer.look_at_width(NARROW)
    for _ in range(60):
        if "in the journal" in signer.open(address).inner_text("main"):
            break
        signer.page.wait_for_timeout(500)
    assert "in the journal" in signer.page.inner_text("main")
    signer.leave()


def test_a_monthly_report_is_filed_returned_mended_and_accepted(tours: Tours) -> None:
    """The demonstration's returned report: filed and returned in Chinese, filed and accepted in

    English; and the page of a figure, which computes itself again.
    """
    address, username = returned_report(tours.city)
    for language, act in (("zh-hans", "return"), ("en", "accept")):
        signer = tours.guest(username, language=language)
        signer.open(f"{address}draft/")
        signer.page.fill("textarea[name=text-1]", f"一起告警，原因为行情中断（{language}）。")
        # What another attested meanwhile is of this month, too: figures are drawn anew.
        follow(signer.page.locator("button[value=draw]"))
        signer.follow("button[value=sign]")
        signer.follow("main form .button:not(.second)")
        signer.leave()
        officer = tours.guest("officer-bureau", language=language)
        officer.open(reverse("supervision:reports"))
        officer.open(address)
        officer.page.fill(f"textarea[name={act}-text]", "请附原因分析。" if act == "return" else "")
        follow(officer.page.locator(f"form[action$='/{act}/'] button"))
        officer.look()
        shown = officer.page.inner_text("main header")
        assert ("待更正" if act == "return" else "accepted") in shown
        officer.follow(".report-lines a")
        officer.follow("a[href='?again=1']")
        assert officer.page.locator(".chip.done").count() >= 3
        officer.leave()


def returned_report(city: DemoCity) -> tuple[str, str]:
    """Its address, and the account of a signer of its institution; once it is there."""
    for _ in range(300):
        with closing(sqlite3.connect(city.home / "app.sqlite3")) as db:
            rows = db.execute(
                "SELECT pilot.public_id, report.number, person.username"
                " FROM supervision_report AS report"
                " JOIN supervision_pilot AS pilot ON pilot.id = report.pilot_id"
                " JOIN supervision_reportversion AS version ON version.report_id = report.id"
                " JOIN accounts_person AS person ON person.id = version.signer_id"
                " WHERE report.state = 'returned'"
            ).fetchall()
        if rows:
            public_id, number, username = rows[0]
            return reverse("supervision:report", args=[public_id, number]), username
        time.sleep(1)
    raise AssertionError("the demonstration's reports were not filed")


def published_pages(city: DemoCity) -> dict[str, list[str]]:
    """Addresses of all that is published now, by kind."""
    with closing(sqlite3.connect(city.home / "app.sqlite3")) as db:
        rows = db.execute(
            "SELECT kind, key FROM notices_publishedsnapshot AS one WHERE withdrawn_at IS NULL"
            " AND kind <> 'figures' AND version = (SELECT max(version) FROM"
            " notices_publishedsnapshot WHERE kind = one.kind AND key = one.key) ORDER BY key"
        ).fetchall()
    found: dict[str, list[str]] = {}
    for kind, key in rows:
        found.setdefault(kind, []).append(address(Named(kind, key)))
    return found


def test_each_public_page_carries_a_proof_that_the_browser_verifies(tours: Tours) -> None:
    """Three of each kind; all with SHIDIAN_LOOKS=2."""
    visitor = Visitor(tours.browser, tours.city.url, language="en")
    kinds = published_pages(tours.city)
    assert len(kinds) == 10
    pages = [one for some in kinds.values() for one in some[: None if TURNS > 1 else 3]]
    for path in pages:
        visitor.open(path).click(".proof a", timeout=ON_RECORD_S_MAX * 1000)
        visitor.page.wait_for_selector(".verdict.good")
    lists = ("home", "call-list", "notice-list", "pilot-list", "rulebook-list", "about")
    for name in lists:
        visitor.open(reverse(name)).click('.footer a[href$="/record/verify/"]')
        visitor.page.wait_for_selector(".verdict.good")
    visitor.check_clean()
    visitor.close()


def test_the_audit_finds_the_story_on_record(tours: Tours) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shidian", "record", "audit", "--json"],
        env=environment(tours.city.home),
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout)
    assert told["leaves"] > 200
    assert not told["findings"]


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
    assert 0 < alarm_came_us(city) / 1e6 - fault_began_s(city) < ALARM_S_MAX
    board.check_clean()


def alarm_came_us(city: DemoCity) -> int:
    """When the entry reached the journal from which the monitor found the surge of failures."""
    with closing(sqlite3.connect(city.home / "monitor" / "monitor.sqlite3")) as db:
        (entry,) = db.execute(
            "SELECT min(entry) FROM item WHERE level = 'critical' AND rule = 'failure-surge'"
        ).fetchone()
    with closing(sqlite3.connect(city.home / "gate" / "journal.sqlite3")) as db:
        (ingest_us,) = db.execute(
            "SELECT ingest_us FROM entry WHERE entry = ?", (entry,)
        ).fetchone()
    return int(ingest_us)


def fault_began_s(city: DemoCity) -> float:
    """When the trading assistant went wrong, in seconds of Unix time."""
    memory = json.loads((city.home / "simulators" / "trading.json").read_text())
    return float(memory["first_start"]) + FAULT_AFTER_S
