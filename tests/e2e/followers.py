"""A project from its call to its notice by people who have nothing but their guides.

The applicant, the officer and the expert each follow `docs/<reader>/README.md`; where one waits for
another, the other goes on. What only a running pilot has is tried on those of the demonstration.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cast import PASSWORD
from demo.days import ZONE
from demo.projects import PROJECTS

from tests.browser import Visitor
from tests.e2e.forms import fill
from tests.e2e.guides import Guide
from tests.e2e.people import attach
from tests.guide_text import READERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.demo_city import DemoCity
    from tests.e2e.guides import Step

CALL = "/calls/demo-city-3/"
PARTNER, ASSESSOR, OFFICER = "chain-signer", "assessor", "officer-bureau"
DRAFTING, STAGES, SESSIONS, EXPERTS = (
    "From draft to running",
    "A case, stage by stage",
    "Defence, meeting, vote",
    "Experts",
)
RUNNING = {"en": ("bond", "bank-signer"), "zh-hans": ("robo", "fund-signer")}
"""In either language a pilot whose evaluation is begun, and who signs for it."""
IDEA = "投资者提出问题，系统只引用公开披露的原文作答，没有出处就说不知道。"
QUESTION, ANSWER = "服务部署在何处？", "部署在牵头机构自有机房。"
COMMENT, REPLY = "答错了找谁？", "由牵头机构负责更正并公布。"
PUBLISHED_S_MAX = 60.0


class Play:
    """The project, and everyone's browser; in one language throughout."""

    def __init__(self, browser: Browser, city: DemoCity, language: str) -> None:
        self.browser, self.city, self.language = browser, city, language
        self.guides = {reader: Guide(reader, language) for reader in READERS}
        self.reference = ""
        self._visitors: dict[str, Visitor] = {}

    @property
    def titles(self) -> dict[str, str]:
        """Of the project, in both languages; another for each play."""
        return {
            "title": f"逐句有据的公告问答（{self.language}）",
            "title_en": f"Answers with their source ({self.language})",
        }

    @property
    def title(self) -> str:
        return self.titles["title_en" if self.language == "en" else "title"]

    def page(self, username: str) -> Page:
        """Where that person is; who has not come yet signs in."""
        visitor = self._visitors.get(username)
        if visitor is None:
            visitor = Visitor(self.browser, self.city.url, language=self.language)
            self._visitors[username] = visitor
            if username:
                visitor.sign_in(username, PASSWORD)
        return visitor.page

    def at(self, username: str, path: str) -> Page:
        page = self.page(username)
        page.goto(self.city.url + path)
        return page

    def at_case(self, username: str) -> Page:
        """As everyone gets there: from their desk, by the project's name."""
        page = self.at(username, "/cases/")
        page.locator("main a").filter(has_text=self.title).first.click()
        page.wait_for_load_state()
        return page

    def asked(self, sql: str) -> list[str]:
        with closing(sqlite3.connect(self.city.home / "app.sqlite3")) as db:
            return [str(row[0]) for row in db.execute(sql, [self.reference]).fetchall()]

    def leave(self) -> None:
        for visitor in self._visitors.values():
            visitor.check_clean()
            visitor.close()

    def to_the_end(self) -> None:
        for part in (apply, screen, convene, review, meet, assess, give_notice, run, make_rules):
            part(self)


def confirm(page: Page, **answers: str) -> None:
    """Answer what the form asks and press its first button."""
    fill(page, **answers)
    page.locator("main .actions button").first.click()
    page.wait_for_load_state()


def act(play: Play, step: Step, label: str, username: str = OFFICER, **answers: str) -> Page:
    """Take the button of that name on the case, and confirm what follows."""
    page = play.at_case(username)
    step.take(page, label)
    confirm(page, **answers)
    done = f"/cases/{play.reference}/" in page.url or "/review/" in page.url
    assert done, (label, page.url, page.locator("main").inner_text()[:600])
    return page


def apply(play: Play) -> None:
    guide = play.guides["applicant"]
    page = play.at("applicant", "/")
    find = guide.step(DRAFTING, "1")
    find.take(page, "Calls")
    page.locator(f'main a[href="{CALL}"]').first.click()
    find.take(page, "Has something like it been tried?")
    page.fill("#text", IDEA)
    page.locator("main form button").first.click()

    write = guide.step(DRAFTING, "2")
    write.take(page, "My desk")
    write.see(page, "Apply")
    page = play.at("applicant", CALL)
    write.take(page, "Start an application")
    confirm(page, **play.titles)
    page.wait_for_url("**/application/")
    [play.reference] = re.findall(r"/cases/([^/]+)/", page.url)
    write.see(page, "Sections", "Documents")
    fill_in(play, page, write)
    invite(play)

    sign = guide.step(DRAFTING, "4")
    page = play.at("applicant", f"/cases/{play.reference}/application/")
    sign.take(page, "Check answers and submit")
    sign.take(page, "Ask the partners to sign")
    confirm(page)
    page = play.at(PARTNER, "/cases/")
    page.locator(f'main a[href="/cases/{play.reference}/application/sign/"]').first.click()
    guide.step("Partner institutions").see(page, "Sign the application")
    confirm(page)
    submit(play)


def fill_in(play: Play, page: Page, write: Step) -> None:
    here = page.url
    links = page.locator('main a[href*="/application/s/"]').all()
    sections = [link.get_attribute("href") for link in links]
    for address in dict.fromkeys(sections):
        page.goto(play.city.url + str(address))
        if str(address).endswith("/innovation/"):
            write.see(page, "Rules to be relaxed")
        fill(page, promises="没有出处的回答不展示\n每日人工抽检不少于一百条")
        attach(page)
        page.locator('main button[value="list"]').click()
        page.wait_for_url(here)


def invite(play: Play) -> None:
    """The lead asks another firm in, whose signer finds it on their desk."""
    step = play.guides["applicant"].step("Partner institutions")
    [code] = play.asked(
        "SELECT uscc FROM accounts_institution AS firm JOIN accounts_staff AS staff"
        " ON staff.institution_id = firm.id JOIN accounts_person AS person"
        f" ON person.id = staff.person_id WHERE username = '{PARTNER}' AND ? <> ''"
    )
    page = play.at("applicant", f"/cases/{play.reference}/application/")
    step.see(page, "Institutions")
    step.take(page, "Invite a partner")
    confirm(page, whom=code, task="存证服务")
    page = play.at(PARTNER, "/cases/")
    page.locator(f'main a[href="/cases/{play.reference}/invitation/"]').first.click()
    page.locator('input[name="join"][value="yes"]').check()
    page.locator("main .actions button").first.click()
    page.wait_for_url("**/application/")


def submit(play: Play) -> None:
    step = play.guides["applicant"].step(DRAFTING, "5")
    page = play.at("applicant-signer", f"/cases/{play.reference}/application/")
    step.take(page, "Check answers and submit")
    confirm(page)
    page.wait_for_url("**/receipt/")
    step.see(page, "Download as PDF")
    page = play.at_case("applicant-signer")
    step.see(page, "Periods", "The sum, line by line")
    step.take(page, "Read the application and its documents")
    step.see(page, "Download as Word file", "Filed versions")


def screen(play: Play) -> None:
    step = play.guides["officer"].step(STAGES, "screening")
    act(play, step, "Request information", question=QUESTION)
    page = play.at_case("applicant")
    assert QUESTION in page.locator("main").inner_text()
    play.guides["applicant"].step(DRAFTING, "6").take(page, "Answer request")
    confirm(page, answer=ANSWER)
    assert ANSWER in play.at_case(OFFICER).locator("main").inner_text()
    act(play, step, "Move to next stage", to="review")


def seated(play: Play) -> list[str]:
    """User names of the panel, in the order in which they were asked."""
    return play.asked(
        "SELECT person.username FROM review_assignment AS seat"
        " JOIN accounts_expert AS expert ON expert.id = seat.expert_id"
        " JOIN accounts_person AS person ON person.id = expert.person_id"
        " JOIN review_panel AS panel ON panel.id = seat.panel_id"
        " JOIN cases_case ON cases_case.id = panel.case_id WHERE reference = ? ORDER BY seat.id"
    )


def convene(play: Play) -> None:
    officer = play.guides["officer"]
    page = play.at_case(OFFICER)
    officer.step(STAGES, "review").take(page, "Open review round")
    officer.step("Choosing or drawing a panel").see(page, "Proposal")
    confirm(page, experts="0")  # as they are proposed
    assert len(seated(play)) == 3
    call(play, "defence", days=10)
    page = play.at_case("applicant")
    asked = play.guides["applicant"].step(DRAFTING, "6")
    asked.take(page, "Sessions of the panel")
    asked.take(page, "Name who presents")
    page.fill("textarea[name=people]", "申小示，项目负责人")
    page.locator("main .actions button").first.click()
    page.wait_for_url("**/sessions/")


def call(play: Play, kind: str, *, days: int) -> None:
    page = play.at_case(OFFICER)
    step = play.guides["officer"].step(SESSIONS)
    step.take(page, "Call a session")
    if kind == "defence":
        step.see(page, "Defence session", "Review meeting")
    starts = datetime.now(ZONE) + timedelta(days=days)
    page.locator(f'input[name="kind"][value="{kind}"]').check()
    page.fill("input[name=starts_at]", f"{starts:%Y-%m-%dT%H:%M}")
    page.fill("input[name=ends_at]", f"{starts + timedelta(minutes=1):%Y-%m-%dT%H:%M}")
    page.fill("input[name=place]", "三层第二会议室")
    page.locator("main .actions button").first.click()
    page.wait_for_load_state()
    assert "/sessions/call/" not in page.url, page.locator("main").inner_text()[:600]


def review(play: Play) -> None:
    """One scores, one on paper, one finds a conflict afterwards; another takes that seat."""
    expert, officer = play.guides["expert"], play.guides["officer"]
    first, second, third = seated(play)
    score(play, first)
    page = play.page(first)
    expert.step(EXPERTS, "8").take(page, "Sessions of the panel: when and where")
    assert "三层第二会议室" in page.locator("main").inner_text()

    page = play.at_case(OFFICER)
    late = officer.step("Late sheets and late conflicts")
    late.take(page, "Enter a paper sheet")
    page.locator("select[name=expert], input[name=expert]").first.wait_for(state="attached")
    choose(page, play, second)
    attach(page)
    confirm(page, declared="1")
    page = play.at(second, f"/review/{play.reference}/")
    expert.step(EXPERTS, "6").take(page, "Check the sheet")
    confirm(page, confirm="yes")

    score(play, third)
    page = play.page(third)
    expert.step(EXPERTS, "5").take(page, "Declare a conflict")
    page.fill("textarea[name=reason]", "配偶上周受聘于申报机构。")
    page.locator("main .actions button").first.click()
    page.wait_for_url("**/cases/")
    assert play.reference not in page.content()
    act(play, late, "Invite more experts", experts="0")
    score(play, seated(play)[3])
    expert.step(EXPERTS, "2").take(play.at(first, "/cases/"), "Availability")


def choose(page: Page, play: Play, username: str) -> None:
    """That person, on a list of names."""
    [name] = play.asked(f"SELECT id FROM accounts_person WHERE username = '{username}' AND ? <> ''")
    if page.locator("select[name=expert]").count():
        page.locator("select[name=expert]").select_option(name)
    else:
        page.locator(f'input[name=expert][value="{name}"]').check()


def score(play: Play, username: str) -> None:
    """From the desk: declare, read, keep a draft, submit."""
    guide = play.guides["expert"]
    page = play.at(username, "/")
    guide.step(EXPERTS, "1").take(page, "My desk")
    page.locator(f'main a[href="/review/{play.reference}/"]').first.click()
    fill(page, conflict="no", reason="")
    guide.step(EXPERTS, "1").take(page, "Declare")
    fill(page)
    guide.step(EXPERTS, "2").take(page, "Save for now")
    guide.step(EXPERTS, "7").take(page, "Submit the review")
    assert page.locator("main form").count() == 0, page.locator("main").inner_text()[:600]


def meet(play: Play) -> None:
    officer = play.guides["officer"]
    act(play, officer.step(STAGES, "review"), "Close review round")
    page = play.at_case(OFFICER)
    officer.step("Choosing or drawing a panel").see(page, "How far the experts agree")
    call(play, "meeting", days=0)
    step = officer.step(SESSIONS)
    act(play, step, "Keep minutes", text="讨论了分歧较大的标准。")
    page = play.at_case(OFFICER)
    step.take(page, "Record the panel's vote")
    for choice in page.locator('main input[type=radio][value="for"]').all():
        choice.check()
    page.locator("main input[name=chair]").first.check()
    page.locator("main .actions button").first.click()
    page.wait_for_load_state()
    page = play.at_case(OFFICER)
    step.take(page, "Sessions of the panel")
    step.see(page, "Put it in your calendar")
    act(play, officer.step(STAGES, "screening"), "Move to next stage", to="assessment")


def assess(play: Play) -> None:
    officer = play.guides["officer"]
    act(play, officer.step(STAGES, "assessment"), "Commission an assessment")
    page = play.at_case(ASSESSOR)
    play.guides["expert"].step("Assessor bodies").take(page, "File assessment")
    confirm(page)
    act(play, officer.step(STAGES, "screening"), "Move to next stage")


def give_notice(play: Play) -> None:
    step = play.guides["officer"].step(STAGES, "notice")
    page = play.at_case(OFFICER)
    step.take(page, "Publish notice")
    fill(page)
    page.locator('main button[value="preview"]').click()
    page.locator('main button[value="publish"]').click()
    page.wait_for_url(f"**/cases/{play.reference}/")
    address = comment(play)
    page = play.at_case(OFFICER)
    step.see(page, "Publish another text on a material change", "Extend the notice")
    step.see(page, "Say what was made of the comments")
    step.take(page, "Read and answer")
    page.locator('main a[href*="/notices/comments/"]').first.click()
    here = page.url
    page.locator('main input[type=radio][value="show"], main input[type=radio]').first.check()
    with page.expect_navigation():
        page.locator("main form").first.locator("button").click()
    page.goto(here)
    page.fill("textarea[name=answer]", REPLY)
    page.locator("main form:has(textarea[name=answer]) button").click()
    page.wait_for_url("**/comments/")
    page = play.page("applicant")
    until_shown(page, play.city.url + address, REPLY)
    assert COMMENT in page.locator("main").inner_text()


def comment(play: Play) -> str:
    """Somebody of the public writes; returns the notice's address."""
    page = play.page("")
    until_shown(page, f"{play.city.url}/public-notices/", play.title)
    page.locator("main a").filter(has_text=play.title).first.click()
    page.wait_for_load_state()
    address = page.url.removeprefix(play.city.url)
    fill(page, body=COMMENT, name="", contact="")
    page.locator('button[value="preview"]').click()
    page.locator('button[value="send"]').click()
    page.wait_for_load_state()
    return address


def until_shown(page: Page, address: str, words: str) -> None:
    """What is published comes by the outbox, in a moment."""
    until = datetime.now(ZONE) + timedelta(seconds=PUBLISHED_S_MAX)
    page.goto(address)
    while words not in page.locator("main").inner_text():
        assert datetime.now(ZONE) < until, f"{words} did not appear on {address}"
        page.wait_for_timeout(500)
        page.goto(address)


def run(play: Play) -> None:
    """On pilots that run: connect a system, look at the plan, begin the evaluation."""
    project, signer = RUNNING[play.language]
    title = title_of(play, project)
    guide, officer = play.guides["applicant"], play.guides["officer"]
    page = play.at(signer, "/cases/")
    page.locator("main a").filter(has_text=title).first.click()
    guide.step(DRAFTING, "8").take(page, "The pilot's page")
    guide.step(DRAFTING, "3").take(page, "The plan and its changes")

    key = play.city.home / f"engine-{play.language}.key"
    made = subprocess.run(
        [str(Path(sys.executable).with_name("shidian-kit")), "keygen", str(key)],
        capture_output=True,
        text=True,
        check=True,
    )
    page = play.at(OFFICER, "/cases/")
    officer.step("Your desk").take(page, "Alerts and running pilots")
    page.locator("main a").filter(has_text=title).first.click()
    step = officer.step(STAGES, "running")
    step.take(page, "The plan and its changes")
    step.see(page, "Change the plan")
    page.go_back()
    step.take(page, "Register a key")
    [public] = re.findall(r"ed25519:\S+", made.stdout)
    page.fill("input[name=source]", f"engine-{play.language}")
    page.locator("main form textarea, main form input[type=text]").last.fill(public)
    page.locator("main .actions button").first.click()
    page.wait_for_load_state()
    assert f"engine-{play.language}" in page.locator("body").inner_text()

    page = play.at(signer, "/cases/")
    page.locator("main a").filter(has_text=title).first.click()
    end = guide.step(DRAFTING, "9")
    end.take(page, "Begin evaluation")
    confirm(page)
    do_step(page, end)
    page = play.at(OFFICER, "/cases/")
    page.locator("main a").filter(has_text=title).first.click()
    page.wait_for_load_state()
    do_step(page, officer.step(STAGES, "evaluation"))

    page = play.at("signer-bureau", "/cases/")
    settled = title_of(play, "settlement")
    page.locator("main a").filter(has_text=settled).first.click()
    admit = page.locator('main a[href$="/do/sign-off/"], .actions a[href$="/do/sign-off/"]')
    if admit.count():  # until somebody has signed the conditions stand on the form
        admit.first.click()
    officer.step(STAGES, "admission").see(page, "Conditions of admission")


def do_step(page: Page, step: Step) -> None:
    """The next step of the evaluation, on the case at hand; from paper with its scan."""
    step.take(page, "Complete a step")
    attach(page)
    confirm(page)
    assert "/do/" not in page.url, page.locator("main").inner_text()[:600]


def title_of(play: Play, project: str) -> str:
    found = PROJECTS[project]
    return found.title_en if play.language == "en" else found.title_zh


def make_rules(play: Play) -> None:
    """A draft from the version in force until it is published under a version of its own."""
    guide = play.guides["officer"]

    def step(number: int) -> Step:
        return guide.step("Making rules", str(number))

    page = play.at(OFFICER, "/cases/")
    guide.step("Making rules").take(page, "Policy lab")
    step(1).take(page, "Start a draft")
    fill(page, title=play.title)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    text = page.input_value("#id_text")
    version = f'version: "{page.url.count("/")}.{play.language}"'
    page.fill("#id_text", re.sub(r'^version: ".*"', version, text, count=1, flags=re.MULTILINE))
    step(1).see(page, "What changes")
    page.locator('main button[value="save"]').click()
    page.wait_for_load_state()
    page.locator(".crumbs a").last.click()
    draft = page.url
    for number, label in (
        (2, "Read it as a lawyer would"),
        (2, "Try the form"),
        (2, "What if it were in force"),
        (3, "Propose a wording"),
    ):
        page.goto(draft)
        step(number).take(page, label)
    page.goto(draft)
    step(4).see(page, "Explanatory note")
    step(6).take(page, "Submit for approval")
    confirm(page)
    for username in (OFFICER, "signer-finance"):
        page = play.page(username)
        page.goto(draft)
        page.locator('main a[href$="/approve/"], .actions a[href$="/approve/"]').first.click()
        confirm(page)
    step(6).take(page, "Publish as the scheme's rules")
    confirm(page)
    page.goto(f"{play.city.url}/lab/schemes/demo-city/clauses/")
    step(3).see(page, "Clauses under test")
    page.goto(f"{play.city.url}/schemes/demo-city/clauses/")
    step(6).see(page, "From pilot to clause")
