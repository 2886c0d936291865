"""One case from draft to closing through the pages alone, each act by the person whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.filled import filled_form
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from tests.factories import World


class Pages:
    """Posts the forms of one case as they stand on the page."""

    def __init__(self, case: Case, as_: Callable[..., Client]) -> None:
        self.case, self.as_ = case, as_

    def send(self, person: Person, name: str, *args: str, **data: Any) -> None:
        """GET the page, fill in, POST, and follow to a page without an error."""
        client = self.as_(person)
        address = reverse(name, args=[self.case.reference, *args])
        assert client.get(address).status_code == 200, address
        self.case.refresh_from_db()
        answer = client.post(address, {"seq": self.case.last_seq, **data})
        if answer.status_code != 302:
            form = answer.context["form"]
            raise AssertionError(f"{address}: {form.errors.as_text()}")
        assert client.get(answer["Location"]).status_code == 200
        self.case.refresh_from_db()

    def act(self, person: Person, verb: str, **data: Any) -> None:
        self.send(person, "cases:act", verb, **data)


def findings(case: Case) -> dict[str, str]:
    mandatory = [one for one in case.rulebook.criteria if one.stage == case.stage and one.mandatory]
    return {f"met-{one.id}": "yes" for one in mandatory} | {
        f"why-{one.id}": "符合" for one in mandatory
    }


def test_a_case_goes_from_draft_to_closed_through_the_pages(
    world: World, as_: Callable[..., Client]
) -> None:
    walk = Walk(world, at=timezone.now() - timedelta(days=60))
    walk.to(StageKind.DRAFT)
    walk.fill()
    walk.case.refresh_from_db()
    pages, officer = Pages(walk.case, as_), world.case_officer["bureau"]
    kind = lambda: pages.case.stage_rule.kind  # noqa: E731

    shown = filled_form(walk.case).sha256
    pages.send(world.signer, "cases:check", sha256=shown, declare="on")
    pages.act(officer, "request-information", question="请补充", due_working_days=5)
    pages.act(world.signer, "answer-information", request="r1", answer="已补充")
    pages.act(officer, "advance", to="review", reason="齐备", **findings(pages.case))
    assert kind() is StageKind.REVIEW

    today = timezone.localdate()
    pages.send(
        officer,
        "review:open-round",
        experts=[expert.pk for expert in world.experts[:3]],
        starts=today.isoformat(),
        ends=(today + timedelta(days=5)).isoformat(),
    )
    criteria = [one.id for one in pages.case.rulebook.criteria if one.stage == "review"]
    for expert in world.experts[:3]:
        pages.send(expert.person, "review:sheet", conflict="no")
        scores = {f"score-{one}": 80 for one in criteria}
        reasons = {f"reason-{one}": "理由" for one in criteria}
        pages.send(expert.person, "review:sheet", **scores, **reasons, then="save")
        pages.send(expert.person, "review:sheet", **scores, **reasons, then="submit")
    pages.send(officer, "review:close-round")
    pages.act(officer, "advance", to="assessment", reason="通过")

    pages.send(officer, "review:commission", body=world.body.pk)
    areas = [area.id for area in pages.case.stage_rule.areas]
    found = {f"finding-{area}": "pass" for area in areas} | {f"text-{area}": "可" for area in areas}
    pages.send(world.assessor, "review:assessment", **found)
    pages.act(officer, "advance", to="publicity", reason="通过")

    text = {"title": "公示", "body": "正文", "title_en": "", "body_en": ""}
    pages.send(officer, "notices:open", **text, then="publish")
    assert pages.case.notices.get().title_zh == "公示"


def test_a_running_case_is_evaluated_and_closed_through_the_pages(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.RUNNING)
    pages, officer = Pages(case, as_), world.case_officer["bureau"]
    pages.act(world.signer, "begin-evaluation", reason="期满")
    for promise in ("p1", "p2"):
        pages.act(officer, "judge-promise", promise=promise, judgement="kept", evidence="数据")
    areas = [area.id for area in case.stage_rule.dimensions]
    grades = {f"grade-{area}": "good" for area in areas} | {f"text-{area}": "好" for area in areas}
    pages.act(officer, "file-evaluation", **grades)
    for step, by in (
        ("self-test", world.signer),
        ("audit", world.assessor),
        ("expert-argument", officer),
        ("confirmation", world.signing_officer["bureau"]),
    ):
        paper = SimpleUploadedFile(f"{step}.pdf", pdf())
        today = timezone.localdate().isoformat()
        pages.act(by, "complete-step", step=step, on=today, text="已完成", document=paper)
    pages.act(officer, "close", outcome="graduated", reason="推广")
    assert case.stage_rule.kind is StageKind.CLOSED
    assert case.outcome == "graduated"


def test_an_authority_signs_off_through_the_page(world: World, as_: Callable[..., Client]) -> None:
    walk = Walk(world)
    case = walk.to(StageKind.ADMISSION)
    pages = Pages(case, as_)
    # A drill of the exit is good for a year.
    with time_machine.travel(walk.tick(), tick=False):
        for person in world.signing_officer.values():
            pages.act(person, "sign-off", consent="yes", reason="")
    assert case.stage_rule.kind is StageKind.RUNNING
    assert case.number


def test_withdrawing_rejecting_and_terminating_close_the_case(
    world: World, as_: Callable[..., Client]
) -> None:
    officer = world.case_officer["bureau"]
    for kind, person, verb, outcome in (
        (StageKind.SCREENING, officer, "reject", "rejected"),
        (StageKind.SCREENING, world.signer, "withdraw", "withdrawn"),
        (StageKind.RUNNING, officer, "terminate", "terminated"),
    ):
        case = Walk(world).to(kind)
        Pages(case, as_).act(person, verb, reason="理由", outcome=outcome)
        assert case.outcome == outcome
