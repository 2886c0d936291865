"""The pages of a review: dates, conflicts found late, scores that nobody reads before the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from shidian.apps.accounts.models import Person
from shidian.apps.cases.domain import advance_case
from shidian.apps.cases.models import Attachment, Case
from shidian.apps.review import domain as review
from shidian.apps.review.models import Review
from shidian.core.rulebook.model import StageKind
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from shidian.apps.review.models import Assignment
    from tests.factories import Walk

WORDS = "理由字样"


@pytest.fixture
def clock(walk: Walk) -> Iterator[time_machine.Coordinates]:
    """A case in review, on whose days the pages are read."""
    walk.to(StageKind.REVIEW)
    with time_machine.travel(walk.tick(), tick=False) as clock:
        yield clock


@pytest.fixture
def seats(walk: Walk, clock: time_machine.Coordinates) -> list[Assignment]:
    """A round of three that has begun."""
    found = walk.form_panel().assignments.select_related("expert__person").order_by("pk")
    clock.move_to(walk.tick())
    return list(found)


def sheet_of(walk: Walk, score: int = 80) -> dict[str, str]:
    criteria = [one.id for one in walk.world.rulebook.criteria if one.stage == "review"]
    scores = {f"score-{name}": str(score) for name in criteria}
    return scores | {f"reason-{name}": WORDS for name in criteria} | {"then": "submit"}


def file_sheet(walk: Walk, client: Client, score: int = 80) -> None:
    page = reverse("review:sheet", args=[walk.case.reference])
    client.post(page, {"conflict": "no"})
    answer = client.post(page, sheet_of(walk, score), follow=True)
    assert "评审意见已提交" in answer.content.decode()


def downloaded(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert "attachment" in answer.headers["Content-Disposition"]
    content = answer.getvalue()
    for closer in answer._resource_closers:  # closing the answer would close the database, too
        closer()
    return content


def case_page(walk: Walk, client: Client) -> str:
    return client.get(reverse("cases:case", args=[walk.case.reference])).content.decode()


def test_a_declaration_posted_from_an_old_page_is_recorded_and_not_taken_for_a_score(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    client = as_(seats[0].expert.person)
    page = reverse("review:sheet", args=[walk.case.reference])
    client.post(page, {"conflict": "no"})

    answer = client.post(page, {"conflict": "yes", "reason": "配偶受聘"}, follow=True)

    assert "本案已从您的工作台移除" in answer.content.decode()
    assert seats[0].declarations.filter(conflict=True).exists()
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("when", ["scoring", "filed", "closed", "decided"])
def test_a_conflict_found_late_is_declared_on_its_own_page(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client], when: str
) -> None:
    client = as_(seats[0].expert.person)
    sheet = reverse("review:sheet", args=[walk.case.reference])
    if when == "scoring":
        client.post(sheet, {"conflict": "no"})
    else:
        file_sheet(walk, client)
    if when in ("closed", "decided"):
        for one in seats[1:]:
            file_sheet(walk, as_(one.expert.person))
        review.close_round(case=walk.case, by=walk.officer)
    if when == "decided":
        advance_case(case=walk.case, reason="通过", by=walk.officer)
    page = reverse("review:conflict", args=[walk.case.reference])
    assert page in client.get(sheet).content.decode()

    assert client.post(page, {"reason": " "}).status_code == 422
    client.post(page, {"reason": "配偶受聘"})

    assert client.get(sheet).status_code == client.get(page).status_code == 404
    shown = case_page(walk, as_(walk.officer))
    assert "已声明利益冲突" in shown
    counted = shown.count("已提交评审意见") - shown.count("此前已提交评审意见")
    assert counted == (2 if when in ("closed", "decided") else 0)
    assert ("复核后维持评审结果" in shown) == (when == "decided")


def test_nobody_reads_scores_of_others_before_the_round_is_closed(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    for one in seats:
        file_sheet(walk, as_(one.expert.person))
    world = walk.world
    readers = [walk.officer, world.signing_officer["bureau"], world.national, world.auditor]
    for person in readers:
        shown = case_page(walk, as_(Person.objects.get(pk=person.pk)))
        assert "已提交评审意见" in shown
        assert WORDS not in shown
    other = as_(seats[1].expert.person)
    assert str(seats[0].expert.person) not in case_page(walk, other)

    review.close_round(case=walk.case, by=walk.officer)

    assert WORDS in case_page(walk, as_(walk.officer))


def test_officers_read_how_far_the_experts_agree_once_the_round_is_closed(
    walk: Walk, clock: time_machine.Coordinates, as_: Callable[..., Client]
) -> None:
    panel = walk.form_panel(5)
    clock.move_to(walk.tick())
    seats = list(panel.assignments.select_related("expert__person").order_by("pk"))
    for one, score in zip(seats, (80, 82, 78, 81, 20), strict=True):
        file_sheet(walk, as_(one.expert.person), score)
    assert "意见分布" not in case_page(walk, as_(walk.officer))

    review.close_round(case=walk.case, by=walk.officer)

    shown = case_page(walk, as_(walk.officer)).partition("意见分布")[2]
    for word in ("20.00", "80.00", "82.00", str(seats[4].expert.person)):
        assert word in shown


def test_before_the_first_day_an_expert_reads_nothing_of_the_file(
    walk: Walk, clock: time_machine.Coordinates, as_: Callable[..., Client]
) -> None:
    starts = walk.at.date() + timedelta(days=3)
    review.form_panel(
        case=walk.case,
        experts=walk.world.experts[:3],
        starts=starts,
        ends=starts + timedelta(days=7),
        by=walk.officer,
        at=walk.tick(),
    )
    clock.move_to(walk.tick())
    person = walk.world.experts[0].person
    page = reverse("review:sheet", args=[walk.case.reference])
    client = as_(person)
    client.post(page, {"conflict": "no"})

    early = client.get(page).content.decode()
    assert "测试内容" not in early
    assert "利益冲突" in early
    assert not Case.objects.visible_to(Person.objects.get(pk=person.pk)).exists()
    assert client.post(page, sheet_of(walk)).status_code == 409

    clock.move_to(walk.at + timedelta(days=4))
    assert "测试内容" in as_(person).get(page).content.decode()
    assert Case.objects.visible_to(Person.objects.get(pk=person.pk)).exists()


def test_after_the_last_day_the_sheet_waits_for_the_round_to_be_extended(
    walk: Walk,
    seats: list[Assignment],
    clock: time_machine.Coordinates,
    as_: Callable[..., Client],
) -> None:
    client = as_(seats[0].expert.person)
    person = seats[0].expert.person
    page = reverse("review:sheet", args=[walk.case.reference])
    client.post(page, {"conflict": "no"})
    client.post(page, sheet_of(walk) | {"then": "save"})
    clock.move_to(walk.at + timedelta(days=30))
    client = as_(person)

    late = client.post(page, sheet_of(walk))
    assert late.status_code == 409
    assert "您已保存的内容" in late.content.decode()

    officer = as_(walk.officer)
    extend = reverse("review:extend-round", args=[walk.case.reference])
    fields = officer.get(extend).context["form"]
    officer.post(
        extend,
        {
            "seq": fields["seq"].value(),
            "ends": f"{walk.at.date() + timedelta(days=40)}",
            "reason": "专家出差",
        },
    )
    again = client.get(page).content.decode()
    assert WORDS in again
    client.post(page, sheet_of(walk))
    assert type(seats[0]).objects.get(pk=seats[0].pk).review is not None


def test_an_empty_seat_is_proposed_to_be_filled(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    review.declare_conflict(
        assignment=seats[0], conflict=True, reason="持股", by=seats[0].expert.person
    )
    form = (
        as_(walk.officer)
        .get(reverse("review:invite-experts", args=[walk.case.reference]))
        .context["form"]
    )
    (proposed,) = form["experts"].value()
    assert proposed in {expert.pk for expert in walk.world.experts[3:]}
    assert len(form.picks) == 1


def test_a_finding_under_a_condition_is_proposed_as_a_condition_of_admission(
    walk: Walk, as_: Callable[..., Client]
) -> None:
    walk.to(StageKind.ASSESSMENT)
    walk.commission()
    areas = [area.id for area in walk.case.stage_rule.areas]
    findings = {area: {"finding": "pass", "text": "符合"} for area in areas}
    findings[areas[0]] = {"finding": "condition", "text": "完成压力测试\n方可扩容"}
    review.file_assessment(
        case=walk.case, findings=findings, by=walk.world.assessor, at=walk.tick()
    )
    walk.advance("评估通过")
    walk.pass_notice()
    # A drill of the exit is good for a year.
    with time_machine.travel(walk.tick(), tick=False):
        page = reverse("cases:act", args=[walk.case.reference, "sign-off"])
        first = as_(walk.world.signing_officer["bureau"])
        form = first.get(page).context["form"]
        proposed = form["conditions"].value()
        assert proposed.endswith("完成压力测试 方可扩容")
        words = {"seq": form["seq"].value(), "consent": "yes", "reason": ""}
        first.post(page, {**words, "conditions": f"{proposed}\n\n每周报告"})
        assert "每周报告" in case_page(walk, as_(walk.officer))
        assert "每周报告" not in case_page(walk, as_(walk.world.signer))

        second = as_(walk.world.signing_officer["finance"])
        form = second.get(page).context["form"]
        assert form["conditions"].value() == f"{proposed}\n每周报告"
        words = {"seq": form["seq"].value(), "consent": "yes", "reason": ""}
        second.post(page, {**words, "conditions": ""})

    walk.case.refresh_from_db()
    assert walk.case.stage_rule.kind is StageKind.RUNNING
    shown = case_page(walk, as_(walk.world.signer))
    assert "准入条件" in shown
    assert "每周报告" in shown
    assert "完成压力测试 方可扩容" in shown


def test_a_sheet_on_paper_is_entered_with_its_scan_and_marked_as_such(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    officer = as_(walk.officer)
    page = reverse("review:enter-sheet", args=[walk.case.reference])
    fields = {
        **sheet_of(walk),
        "seq": officer.get(page).context["form"]["seq"].value(),
        "expert": str(seats[0].expert.person.pk),
        "declared": "on",
    }
    wrong = officer.post(page, {**fields, "scan": SimpleUploadedFile("a.pdf", b"%PDF-1.4")})
    assert wrong.status_code == 422
    undeclared = {key: one for key, one in fields.items() if key != "declared"}
    scan = SimpleUploadedFile("a.pdf", pdf())
    assert officer.post(page, {**undeclared, "scan": scan}).status_code == 422
    scan.seek(0)

    assert officer.post(page, {**fields, "scan": scan}).status_code == 302

    filed = Review.objects.get()
    assert filed.assignment == seats[0]
    shown = case_page(walk, officer)
    assert "由纸质评审表录入" in shown or "根据纸质评审表录入" in shown
    assert WORDS not in shown
    own = as_(seats[0].expert.person).get(reverse("review:sheet", args=[walk.case.reference]))
    assert WORDS in own.content.decode()
    assert "您签名的评审表" in own.content.decode()
    address = reverse("review:scan", args=[walk.case.reference, filed.pk])
    kept = Attachment.objects.get()
    around = reverse("cases:attachment", args=[walk.case.reference, kept.pk])
    assert downloaded(officer, address).startswith(b"%PDF")
    other = as_(walk.world.case_officer["finance"])
    assert other.get(address).status_code == 404
    for person in (walk.officer, walk.world.signer, seats[1].expert.person):
        assert as_(person).get(around).status_code == 404
    for person in (walk.world.signer, seats[1].expert.person):
        assert as_(person).get(address).status_code == 404

    for one in seats[1:]:
        file_sheet(walk, as_(one.expert.person))
    review.close_round(case=walk.case, by=walk.officer)
    assert downloaded(other, address).startswith(b"%PDF")
