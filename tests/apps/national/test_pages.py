"""The pages of both sides, what each leads to, and who must not see them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import AccessEffect, AccessRow
from shidian.apps.national.domain import answering, tips
from shidian.apps.national.models import Dispatch, DispatchState, RiskTip
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import SUBJECT, TEXT, begin, reader, second_scheme, sent
from tests.factories import START, Walk, make_officer

if TYPE_CHECKING:
    from tests.factories import World

STRANGERS = ["rival_signer", "signer", "partner_drafter", "outsider", "assessor"]
TIP, TOLD = "风险主题字样", "风险正文字样"


def make_tip(world: World, *more: Any, answer_by: date | None = None) -> RiskTip:
    return tips.send_tip(
        authority=world.authorities["national"],
        schemes=[world.scheme, *more],
        subject=TIP,
        text=TOLD,
        answer_by=answer_by,
        by=world.national,
    )


def test_a_filing_goes_from_one_side_to_the_other_and_back(walk: Walk) -> None:
    case = walk.to(StageKind.RUNNING)
    world = walk.world
    officer, signer = reader(world.case_officer["bureau"]), reader(world.signing_officer["finance"])
    national = reader(world.national)
    address = f"/national/dispatches/new/{world.scheme.slug}/admissions/"
    form = officer.get(address)
    assert case.title in form.content.decode()
    assert officer.post(address, {"subject": "", "text": ""}).status_code == 422
    given = {"subject": SUBJECT, "text": TEXT, "cases": [case.pk]}
    page = officer.post(address, given)["Location"]
    assert SUBJECT in officer.get("/national/dispatches/").content.decode()
    # A draft is the working group's own.
    assert SUBJECT not in national.get("/national/dispatches/").content.decode()
    assert national.get(page).status_code == 404
    assert officer.get(f"{page}send/").status_code == 404
    assert "Approve and send" in signer.get(page).content.decode()
    assert signer.get(f"{page}send/").status_code == 200
    assert signer.post(f"{page}send/", {"edition": 9}).status_code == 422
    assert signer.post(f"{page}send/", {"edition": 1}).status_code == 302
    for path in ("/national/", "/national/dispatches/", "/cases/"):
        assert SUBJECT in national.get(path).content.decode(), path
    shown = national.get(page).content.decode()
    assert TEXT in shown
    assert case.title in shown
    assert national.post(f"{page}receive/").status_code == 302
    assert national.post(f"{page}return/", {"version": 1, "text": ""}).status_code == 422
    answer = {"version": 1, "position": "noted", "text": "已备案字样"}
    assert national.post(f"{page}answer/", answer).status_code == 302
    assert "已备案字样" in officer.get(page).content.decode()
    assert SUBJECT not in national.get("/cases/").content.decode()
    assert SUBJECT in national.get("/national/dispatches/?show=done").content.decode()


def test_what_was_sent_back_is_put_right_and_its_draft_is_not_seen(world: World) -> None:
    made = sent(world)
    page = f"/national/dispatches/{made.reference}/"
    national, officer = reader(world.national), reader(world.case_officer["finance"])
    national.post(f"{page}return/", {"version": 1, "text": "请补充依据字样"})
    assert "请补充依据字样" in officer.get(page).content.decode()
    given = {"subject": SUBJECT, "text": "修改中字样", "edition": 1}
    assert officer.post(f"{page}edit/", given).status_code == 302
    assert "修改中字样" in officer.get(page).content.decode()
    seen = national.get(page).content.decode()
    assert "修改中字样" not in seen
    assert TEXT in seen
    withdraw = {"text": "不再报送"}
    signer = reader(world.signing_officer["bureau"])
    assert signer.post(f"{page}withdraw/", withdraw).status_code == 302
    made.refresh_from_db()
    assert made.state == DispatchState.WITHDRAWN


def test_the_time_to_answer_is_shown_as_a_sum(world: World) -> None:
    made = sent(world)
    address = f"/national/dispatches/{made.reference}/"
    with time_machine.travel("2025-03-10T02:00:00Z", tick=False):
        text = reader(world.national).get(address).content.decode()
        assert "(5 working days left)" in text
        assert "The day on which it was sent; not counted" in text
        answering.answer_dispatch(
            dispatch=made, version=1, position="noted", text="", by=world.national
        )
        assert "done on" in reader(world.national).get(address).content.decode()


def test_a_case_that_was_filed_is_listed_for_the_body_it_was_filed_with(walk: Walk) -> None:
    case = walk.to(StageKind.ADMISSION)
    consultation = "national-filing"
    cases.consult(case=case, consultation=consultation, by=walk.officer, at=walk.tick())
    assert case.title in reader(walk.world.national).get("/national/").content.decode()
    event = case.events.last()
    AccessRow.objects.create(
        case=case,
        effect=AccessEffect.DENY,
        person=walk.world.national,
        starts=event.at,
        because=event,
    )
    assert case.title not in reader(walk.world.national).get("/national/").content.decode()


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_learns_of_a_dispatch_or_a_tip(world: World, who: str) -> None:
    made, tip = sent(world, "rule-question"), make_tip(world)
    client = reader(getattr(world, who))
    dispatch, told = f"/national/dispatches/{made.reference}/", f"/national/tips/{tip.reference}/"
    for path in (dispatch, f"{dispatch}edit/", f"{dispatch}send/", told):
        assert client.get(path).status_code == 404, path
    acts = [f"{dispatch}{act}/" for act in ("send", "withdraw", "receive", "answer", "return")]
    acts += [f"{told}{act}/" for act in ("read", "answer", "lift")]
    for path in acts:
        assert client.post(path, {"text": "x"}).status_code == 404, path
    for path in ("/cases/", "/national/", "/national/dispatches/", "/national/tips/"):
        text = client.get(path).content.decode()
        for mark in (SUBJECT, TEXT, TIP, TOLD, made.reference, tip.reference):
            assert mark not in text, path


def test_an_auditor_reads_and_does_nothing(world: World) -> None:
    made, tip = sent(world), make_tip(world)
    client = reader(world.auditor)
    for path in (
        "/national/",
        f"/national/dispatches/{made.reference}/",
        f"/national/tips/{tip.reference}/",
    ):
        assert client.get(path).status_code == 200, path
    for path in (f"dispatches/{made.reference}/answer", f"tips/{tip.reference}/lift"):
        assert client.post(f"/national/{path}/", {"text": "x"}).status_code == 404
    assert client.get("/national/tips/new/").status_code == 404


def test_who_is_barred_from_a_case_sees_no_dispatch_about_it(walk: Walk) -> None:
    case = walk.to(StageKind.RUNNING)
    world = walk.world
    made = sent(world, cases=[case], at=walk.tick())
    event = case.events.last()
    barred = [world.case_officer["bureau"], world.national, world.auditor]
    for person in barred:
        AccessRow.objects.create(
            case=case, effect=AccessEffect.DENY, person=person, starts=event.at, because=event
        )
    for person in barred:
        client = reader(person)
        assert client.get(f"/national/dispatches/{made.reference}/").status_code == 404
        for path in ("/cases/", "/national/", "/national/dispatches/"):
            assert SUBJECT not in client.get(path).content.decode(), (person, path)
    assert (
        reader(world.case_officer["finance"])
        .get(f"/national/dispatches/{made.reference}/")
        .status_code
        == 200
    )


def test_a_tip_is_read_and_answered_by_each_working_group(world: World) -> None:
    second, officer = second_scheme(world)
    tip = make_tip(world, second, answer_by=date(2035, 1, 1))
    page = f"/national/tips/{tip.reference}/"
    here, there = reader(world.case_officer["bureau"]), reader(officer)
    assert TIP in here.get("/cases/").content.decode()
    assert here.post(f"{page}read/").status_code == 302
    here.post(f"{page}read/")  # a second click
    assert tip.steps.filter(kind="read").count() == 1
    answer = {"scheme": world.scheme.slug, "text": "已核查字样"}
    assert here.post(f"{page}answer/", {**answer, "scheme": second.slug}).status_code == 404
    assert here.post(f"{page}answer/", {**answer, "text": " "}).status_code == 422
    assert here.post(f"{page}answer/", answer).status_code == 302
    assert TIP not in here.get("/cases/").content.decode()
    # The other working group reads the tip, and nothing of the first one's answer.
    shown = there.get(page).content.decode()
    assert TOLD in shown
    assert "已核查字样" not in shown
    assert world.scheme.title_zh not in shown
    overview = reader(world.national).get(page).content.decode()
    assert "已核查字样" in overview
    assert "not read yet" in overview
    assert "answered by 1 of 2" in reader(world.national).get("/national/").content.decode()


def test_a_tip_that_was_lifted_asks_for_nothing(world: World) -> None:
    tip = make_tip(world, answer_by=date(2035, 1, 1))
    page = f"/national/tips/{tip.reference}/"
    assert reader(world.national).post(f"{page}lift/", {"text": "风险已消除"}).status_code == 302
    officer = reader(world.case_officer["bureau"])
    assert TIP not in officer.get("/cases/").content.decode()
    assert "风险已消除" in officer.get(page).content.decode()
    answer = {"scheme": world.scheme.slug, "text": "x"}
    assert officer.post(f"{page}answer/", answer).status_code == 422


def test_a_tip_is_sent_through_the_page_to_schemes_whose_rules_give_the_power(
    world: World,
) -> None:
    powers = "verbs: [base-rules, filing, opinion, risk-tip]"
    second, _officer = second_scheme(world, (powers, "verbs: [base-rules, filing, opinion]"))
    client = reader(world.national)
    form = client.get("/national/tips/new/").content.decode()
    assert f'value="{world.scheme.slug}"' in form
    assert f'value="{second.slug}"' not in form
    given = {"schemes": [world.scheme.slug], "subject": TIP, "text": TOLD, "answer_by": ""}
    assert (
        client.post("/national/tips/new/", {**given, "schemes": [second.slug]}).status_code == 422
    )
    past = {**given, "answer_by": "2020-01-01"}
    assert client.post("/national/tips/new/", past).status_code == 422
    assert client.post("/national/tips/new/", given).status_code == 302
    assert RiskTip.objects.get().addressees.get().scheme == world.scheme


def test_every_scheme_is_summed_and_leads_on(walk: Walk) -> None:
    case = walk.to(StageKind.RUNNING)
    second, _officer = second_scheme(walk.world)
    pilot = start_pilot(case=case, plan=state_of(case).plan, at=walk.tick())
    client = reader(walk.world.national)
    text = client.get("/national/").content.decode()
    for slug in (walk.world.scheme.slug, second.slug):
        for path in ("/supervision/", "/supervision/complaints/", "/supervision/incidents/"):
            assert f'href="{path}?scheme={slug}"' in text
            assert client.get(f"{path}?scheme={slug}").status_code == 200
    assert "Together" in text
    assert pilot.public_id not in text  # quiet: nothing to look at first
    # Neither the working group nor a firm has that page.
    for person in (walk.world.case_officer["bureau"], walk.world.signer, walk.world.outsider):
        assert reader(person).get("/national/").status_code == 404


def test_base_rules_are_seen_with_who_extends_them(world: World) -> None:
    text = reader(world.national).get("/national/base-rules/").content.decode()
    assert "cn-csrc" in text
    assert "demo-city 2026.1" in text
    assert "not published here" in text


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/national/", 17),
        ("/national/dispatches/", 5),
        ("/national/tips/", 7),
    ],
)
def test_lists_cost_the_same_queries_for_any_number(
    world: World, size: int, path: str, most: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        sent(world, subject=f"{SUBJECT} {number}", at=START + timedelta(hours=number))
        make_tip(world)
    client = reader(world.national)
    client.get(path)
    with django_assert_num_queries(most):
        client.get(path)


def test_an_officer_begins_a_report_from_the_list(world: World) -> None:
    begin(world)
    text = reader(world.case_officer["bureau"]).get("/national/dispatches/").content.decode()
    for rule in ("admissions", "rule-question", "quarterly", "special"):
        assert f"/national/dispatches/new/{world.scheme.slug}/{rule}/" in text
    assert Dispatch.objects.count() == 1


def test_only_a_tip_that_is_published_reaches_the_public(world: World) -> None:
    hidden = make_tip(world)
    shown = tips.send_tip(
        authority=world.authorities["national"],
        schemes=[world.scheme],
        subject="公开主题",
        subject_en="In public",
        text="公开正文",
        published=True,
        by=world.national,
    )
    second = make_officer(world.authorities["national"], "second", OfficerRole.NATIONAL)
    tips.publish_tip(tip=shown, by=second)
    answer = "内部答复字样"
    officer = world.case_officer["bureau"]
    tips.answer_tip(tip=shown, scheme=world.scheme, text=answer, by=officer)
    while outbox.deliver_pending():
        pass
    public = Client(headers={"accept-language": "en"})
    assert public.get(f"/risk-tips/{hidden.reference}/").status_code == 404
    page = public.get(f"/risk-tips/{shown.reference}/").content.decode()
    assert "In public" in page
    assert "公开正文" in page  # there is no English text
    listed = public.get("/risk-tips/").content.decode()
    for mark in (TIP, TOLD, answer, hidden.reference, str(officer)):
        assert mark not in page + listed
    tips.lift_tip(tip=shown, reason="已消除", by=world.national)
    while outbox.deliver_pending():
        pass
    assert "Lifted on" in public.get(f"/risk-tips/{shown.reference}/").content.decode()
