"""Pages of a panel's sessions: who is called and sees it, minutes by two hands, the vote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.accounts.models import Person
from shidian.apps.review import domain as review
from shidian.apps.review.models import Minutes, SessionCall, SessionItem
from shidian.core.procedure.types import SessionKind
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from shidian.apps.review.models import Assignment

ROOM, SECRET = "示范路一号三层会议室", "纪要内容字样"


@pytest.fixture
def clock(walk: Walk) -> Iterator[time_machine.Coordinates]:
    """A case in review, on whose days the pages are read."""
    walk.to(StageKind.REVIEW)
    with time_machine.travel(walk.tick(), tick=False) as clock:
        yield clock


@pytest.fixture
def seats(walk: Walk, clock: time_machine.Coordinates) -> list[Assignment]:
    """A round of three; the first two declared no conflict, the third has one."""
    found = list(walk.form_panel().assignments.select_related("expert__person").order_by("pk"))
    for n, one in enumerate(found):
        review.declare_conflict(
            assignment=one, conflict=n == 2, reason="持股", by=one.expert.person, at=walk.tick()
        )
    clock.move_to(walk.tick())
    return found


def page(name: str, walk: Walk) -> str:
    return reverse(f"review:{name}", args=[walk.case.reference])


def when(walk: Walk, days: int = 7) -> dict[str, str]:
    starts = walk.at + timedelta(days=days)
    return {"starts_at": f"{starts:%Y-%m-%dT14:00}", "ends_at": f"{starts:%Y-%m-%dT16:30}"}


def seq(client: Client, address: str) -> str:
    return str(client.get(address).context["form"]["seq"].value())


def call(client: Client, walk: Walk, kind: str, **more: Any) -> Any:
    address = page("call-session", walk)
    fields = {"seq": seq(client, address), "kind": kind, "place": ROOM, **when(walk), **more}
    return client.post(address, fields)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    return answer.content.decode() if answer.status_code == 200 else f"{answer.status_code}"


def file_and_close(walk: Walk, seats: list[Assignment]) -> None:
    """A fourth expert takes the empty seat; all score; the round is closed."""
    (extra,) = review.invite_experts(
        case=walk.case, experts=[walk.world.experts[3]], by=walk.officer, at=walk.tick()
    )
    review.declare_conflict(
        assignment=extra, conflict=False, by=extra.expert.person, at=walk.tick()
    )
    criteria = [one.id for one in walk.world.rulebook.criteria if one.stage == "review"]
    for one, score in zip((*seats[:2], extra), (80, 82, 30), strict=True):
        review.submit_review(
            assignment=one,
            scores=dict.fromkeys(criteria, score),
            reasons=dict.fromkeys(criteria, "理由"),
            by=one.expert.person,
            at=walk.tick(),
        )
    review.close_round(case=walk.case, by=walk.officer, at=walk.tick())


def test_a_defence_is_seen_by_who_is_called_and_by_nobody_else(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    officer, address = as_(walk.officer), page("sessions", walk)
    assert shown(as_(walk.world.signer), address) == "404"
    assert call(officer, walk, "defence", place="").status_code == 422
    assert call(officer, walk, "defence", address="ftp://x").status_code == 422
    assert call(officer, walk, "defence", **when(walk, 1)).status_code == 422
    assert call(officer, walk, "defence").status_code == 302

    assert ROOM in shown(officer, address)
    assert str(seats[0].expert.person) in shown(officer, address)
    applicant = shown(as_(walk.world.signer), address)
    assert ROOM in applicant
    for one in seats:
        assert str(one.expert.person) not in applicant
    assert ROOM in shown(as_(seats[0].expert.person), address)
    conflicted = as_(Person.objects.get(pk=seats[2].expert.person_id))
    number = SessionItem.objects.get().session_id
    calendar = reverse("review:session-invitation", args=[walk.case.reference, number])
    for who in (conflicted, as_(walk.world.rival_signer), as_(walk.world.outsider)):
        assert shown(who, address) == shown(who, calendar) == "404"
    text = as_(seats[0].expert.person).get(calendar).content.decode().replace("\r\n ", "")
    assert f"LOCATION:{ROOM}" in text
    assert walk.case.title not in text
    assert "SEQUENCE:0" in text


def test_the_applicant_names_who_presents_and_two_at_once_do_not_overwrite(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    call(as_(walk.officer), walk, "defence")
    client, address = as_(walk.world.signer), page("presenters", walk)
    people = "张三，项目负责人\n李四\n"
    assert client.post(address, {"version": "0", "people": people}).status_code == 302
    again = as_(walk.world.drafter).post(address, {"version": "0", "people": "王五"})
    assert again.status_code == 422
    assert "王五" in again.content.decode()
    assert "项目负责人" in shown(as_(walk.officer), page("sessions", walk))
    assert as_(seats[0].expert.person).get(address).status_code == 404
    many = "\n".join(f"人{n}" for n in range(6))
    assert client.post(address, {"version": "1", "people": many}).status_code == 422


def test_minutes_of_two_hands_are_both_kept_and_no_party_reads_them(
    walk: Walk,
    seats: list[Assignment],
    clock: time_machine.Coordinates,
    as_: Callable[..., Client],
) -> None:
    call(as_(walk.officer), walk, "defence")
    assert as_(walk.officer).get(page("minutes", walk)).status_code == 404
    assert page("minutes", walk) not in shown(as_(walk.officer), page("sessions", walk))
    clock.move_to(walk.at + timedelta(days=7))
    officer, address = as_(walk.officer), page("minutes", walk)
    form = officer.get(address).context["form"]
    assert len(form.fields["present"].choices) == 2
    fields = {"seq": form["seq"].value(), "version": "0", "text": SECRET, "others": "记录员"}
    fields["present"] = str(seats[0].expert.person_id)
    assert officer.post(address, fields).status_code == 302

    other = as_(walk.world.case_officer["finance"])
    late = other.post(address, {**fields, "text": "另一份记录"})
    assert late.status_code == 422
    assert SECRET in late.content.decode()
    assert "另一份记录" in late.content.decode()
    version = late.context["form"]["version"].value()
    second = {**fields, "text": "另一份记录", "version": version, "reason": "补记提问"}
    assert other.post(address, second).status_code == 302

    assert [one.version for one in Minutes.objects.order_by("version")] == [1, 2]
    assert SECRET in shown(officer, page("sessions", walk))
    for who in (walk.world.signer, seats[0].expert.person):
        assert SECRET not in shown(as_(who), page("sessions", walk))


def test_the_panel_votes_on_closed_scores_and_votes_again_with_a_reason(
    walk: Walk,
    seats: list[Assignment],
    clock: time_machine.Coordinates,
    as_: Callable[..., Client],
) -> None:
    clock.move_to(walk.tick())
    file_and_close(walk, seats)
    clock.move_to(walk.tick())
    officer = as_(walk.officer)
    call(officer, walk, "meeting", **when(walk, 0))
    assert "30.00" in shown(officer, page("sessions", walk))
    address = page("vote", walk)
    form = officer.get(address).context["form"]
    people = [key for key, _name in form.people]
    assert str(seats[2].expert.person_id) not in people
    fields = {"seq": form["seq"].value(), "chair": people[0]}
    fields |= {f"choice-{key}": "for" for key in people[:2]} | {f"choice-{people[2]}": "against"}
    assert officer.post(address, fields).status_code == 422
    fields[f"reason-{people[2]}"] = "模型未经压力测试"
    assert officer.post(address, fields).status_code == 302

    second = as_(walk.world.case_officer["finance"]).post(address, fields)
    assert second.status_code == 422
    assert "模型未经压力测试" in second.content.decode()
    assert officer.post(address, {**fields, "reason": "补充材料"}).status_code == 302
    case = reverse("cases:case", args=[walk.case.reference])
    assert "模型未经压力测试" in shown(officer, case)
    assert "赞成</td>" in shown(officer, case)
    for who in (walk.world.signer, seats[0].expert.person):
        assert "模型未经压力测试" not in shown(as_(who), page("sessions", walk))
    assert "模型未经压力测试" not in shown(as_(walk.world.signer), case)


def test_a_meeting_has_several_cases_and_shows_nobody_one_that_is_not_theirs(
    walk: Walk,
    seats: list[Assignment],
    clock: time_machine.Coordinates,
    as_: Callable[..., Client],
) -> None:
    clock.move_to(walk.at + timedelta(days=2))
    other = Walk(walk.world, at=walk.at, title="另一项目")
    other.to(StageKind.REVIEW)
    for one in other.form_panel().assignments.select_related("expert__person"):
        review.declare_conflict(
            assignment=one,
            conflict=one.expert_id == seats[0].expert_id,
            reason="任职",
            by=one.expert.person,
            at=other.tick(),
        )
    walk.at = other.at
    clock.move_to(walk.tick())
    officer = as_(walk.officer)
    call(officer, walk, "meeting", others=str(other.case.pk))
    assert SessionItem.objects.count() == 2
    assert other.case.title in shown(officer, page("sessions", walk))
    barred = shown(as_(Person.objects.get(pk=seats[0].expert.person_id)), page("sessions", walk))
    assert walk.case.title in barred
    assert other.case.title not in barred
    both = shown(as_(Person.objects.get(pk=seats[1].expert.person_id)), page("sessions", walk))
    assert other.case.title in both

    off = {"off": "on", "reason": "场地冲突", "starts_at": "", "ends_at": ""}
    assert call(officer, walk, "meeting", **off).status_code == 302
    assert SessionCall.objects.filter(off=True).count() == 1
    assert review.item_of(other.case, SessionKind.MEETING) is None
    assert ROOM not in shown(officer, page("sessions", other))


def test_as_many_cases_on_the_agenda_cost_the_same_queries(
    walk: Walk,
    seats: list[Assignment],
    clock: time_machine.Coordinates,
    as_: Callable[..., Client],
) -> None:
    officer = as_(walk.officer)
    call(officer, walk, "meeting")
    address = page("sessions", walk)
    with CaptureQueriesContext(connection) as alone:
        officer.get(address)
    others = []
    clock.move_to(walk.at + timedelta(days=5))
    for n in range(2):
        more = Walk(walk.world, at=walk.at, title=f"第{n}项")
        more.to(StageKind.REVIEW)
        more.form_panel()
        walk.at = more.at
        others.append(str(more.case.pk))
    clock.move_to(walk.tick())
    officer = as_(walk.officer)
    call(officer, walk, "meeting", others=others, reason="增加议题")
    officer.get(address)
    with CaptureQueriesContext(connection) as together:
        officer.get(address)
    assert len(together) == len(alone)


def test_an_expert_confirms_or_disputes_a_sheet_that_was_entered_from_paper(
    walk: Walk, seats: list[Assignment], as_: Callable[..., Client]
) -> None:
    officer, own = as_(walk.officer), as_(seats[0].expert.person)
    enter, answer = page("enter-sheet", walk), page("answer-sheet", walk)
    assert own.get(answer).status_code == 404
    criteria = [one.id for one in walk.world.rulebook.criteria if one.stage == "review"]
    fields = {f"score-{name}": "70" for name in criteria}
    fields |= {f"reason-{name}": "原件理由" for name in criteria}
    fields |= {"expert": str(seats[0].expert.person_id), "declared": "on"}
    for turn in range(2):
        scan = SimpleUploadedFile("a.pdf", pdf())
        posted = {**fields, "seq": seq(officer, enter), "scan": scan}
        assert officer.post(enter, posted).status_code == 302
        if turn == 0:
            assert own.post(answer, {"confirm": "no", "reason": ""}).status_code == 422
            own.post(answer, {"confirm": "no", "reason": "创新性应为 90 分"})
            case = reverse("cases:case", args=[walk.case.reference])
            listed = shown(officer, case)
            assert "专家有异议" in listed, listed[
                listed.find("录入") - 600 : listed.find("录入") + 900
            ]
            assert "您可以在此自行评分" in shown(own, page("sheet", walk))
    assert own.post(answer, {"confirm": "yes"}).status_code == 302
    assert "您已确认与原件一致" in shown(own, page("sheet", walk))
    assert as_(seats[1].expert.person).get(answer).status_code == 404
