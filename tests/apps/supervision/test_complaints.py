"""A complaint goes its way, its sender follows it by the receipt, and nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.telling import send_due
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import AccessEffect, Outbox
from shidian.apps.notices import inbox
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.notices.models import Submission
from shidian.apps.supervision.complaint_queries import complaints_for, steps_for
from shidian.apps.supervision.domain import complaints as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import Complaint, ComplaintOutcome
from tests.apps.supervision.things import quick_pilot, run_outbox

BODY = "系统在三月五日重复下单，客服没有答复。"
CONTACT = "138-canary-contact"


@pytest.fixture
def as_client(db):
    """A client signed in as that person; nobody without one."""

    def sign_in(person) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk, at=timezone.now())


def send(pilot, channel="institution", **more) -> tuple[str, Complaint]:
    receipt = inbox.new_receipt()
    content = {
        "channel": channel,
        "category": "fault",
        "body": BODY,
        "contact": CONTACT,
        "share_contact": False,
        "sealing_key": inbox.sealing_key(receipt),
        **more,
    }
    inbox.submit("complaint", about=pilot.public_id, content=content, receipt=receipt)
    return receipt, Complaint.objects.get(receipt_sha256=inbox.receipt_sha256(receipt))


def test_a_complaint_to_the_institution_is_answered_and_read_by_its_receipt(pilot, walk) -> None:
    receipt, complaint = send(pilot)
    assert complaint.state == ComplaintState.FORWARDED
    assert complaint.answer_by > complaint.acknowledge_by > timezone.localdate()
    assert inbox.status_of(receipt).due_on == complaint.acknowledge_by

    verbs.acknowledge_complaint(complaint=complaint, by=walk.world.signer)
    assert inbox.status_of(receipt).due_on == complaint.answer_by
    verbs.answer_complaint(complaint=complaint, by=walk.world.signer, text="已退还费用。")

    status = inbox.status_of(f"  {receipt.lower().replace('-', ' ')} ")
    assert (status.state, status.answer, status.due_on) == ("answered", "已退还费用。", None)


def test_who_is_not_satisfied_takes_it_to_the_authority_which_closes_it(pilot, walk) -> None:
    receipt, complaint = send(pilot)
    with pytest.raises(SupervisionError):
        inbox.follow_up("complaint.escalation", receipt, {"text": "还没有"})
    verbs.answer_complaint(complaint=complaint, by=walk.world.signer, text="不予处理。")
    assert inbox.follow_up("complaint.escalation", receipt, {"text": "没有说明理由"})

    officer = walk.world.case_officer["bureau"]
    verbs.close_complaint(
        complaint=complaint, by=officer, outcome=ComplaintOutcome.UPHELD, text="机构应当退费。"
    )
    complaint.refresh_from_db()
    assert (complaint.state, complaint.outcome) == ("closed", "upheld")
    assert inbox.status_of(receipt).answer == "机构应当退费。"
    kinds = list(complaint.steps.values_list("kind", flat=True))
    assert kinds == ["received", "forwarded", "answered", "escalated", "closed"]


def test_silence_of_the_institution_opens_the_way_to_the_authority(pilot) -> None:
    _, complaint = send(pilot)
    late = timezone.now() + timedelta(days=40)
    assert not verbs.may_escalate(complaint, timezone.now())
    assert verbs.is_overdue(complaint, late)
    verbs.escalate_complaint(complaint=complaint, at=late)
    complaint.refresh_from_db()
    assert complaint.state == ComplaintState.ESCALATED


def test_the_institution_sees_what_was_sent_to_it_and_nothing_else(pilot, walk) -> None:
    _, theirs = send(pilot)
    _, not_theirs = send(pilot, "authority")
    officer, signer = walk.world.case_officer["bureau"], walk.world.signer
    assert set(complaints_for(officer)) == {theirs, not_theirs}
    assert set(complaints_for(signer)) == {theirs}

    verbs.note_on_complaint(complaint=theirs, by=officer, text="内部备注")
    assert "内部备注" not in [step.text for step in steps_for(signer, theirs)]
    assert "内部备注" in [step.text for step in steps_for(officer, theirs)]
    verbs.forward_complaint(complaint=not_theirs, by=officer)
    assert set(complaints_for(signer)) == {theirs, not_theirs}


def test_nobody_else_learns_of_a_complaint(pilot, walk, as_client) -> None:
    _, complaint = send(pilot)
    conflicted = walk.world.case_officer["finance"]
    walk.case.access.create(
        person=conflicted,
        effect=AccessEffect.DENY,
        starts=timezone.now() - timedelta(days=1),
        because=walk.case.events.first(),
    )
    for person in (
        walk.world.rival_signer,
        walk.world.outsider,
        walk.world.experts[0].person,
        walk.world.assessor,
        conflicted,
    ):
        assert not complaints_for(person).exists(), person
        assert not allows(person, Permission.COMPLAINT_READ, walk.case), person
        page = as_client(person).get(f"/supervision/complaints/{complaint.reference}/")
        assert page.status_code == 404, person
        listed = as_client(person).get("/supervision/complaints/")
        assert complaint.reference not in listed.text
    anonymous = as_client(None).get(f"/supervision/complaints/{complaint.reference}/")
    assert anonymous.status_code == 302


ACTS = {
    "acknowledge": lambda one, by: verbs.acknowledge_complaint(complaint=one, by=by),
    "answer": lambda one, by: verbs.answer_complaint(complaint=one, by=by, text="x"),
    "forward": lambda one, by: verbs.forward_complaint(complaint=one, by=by),
    "note": lambda one, by: verbs.note_on_complaint(complaint=one, by=by, text="x"),
    "close": lambda one, by: verbs.close_complaint(
        complaint=one, by=by, outcome=ComplaintOutcome.REJECTED, text="x"
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_for_one_side_alone(pilot, walk, act) -> None:
    _, complaint = send(pilot, "institution" if act in ("acknowledge", "answer") else "authority")
    firm = (walk.world.signer, walk.world.drafter)
    offices = (walk.world.case_officer["bureau"], walk.world.signing_officer["finance"])
    nobody = (walk.world.rival_signer, walk.world.outsider, walk.world.national, walk.world.auditor)
    may = firm if act in ("acknowledge", "answer") else offices
    for person in (*firm, *offices, *nobody):
        if person not in may:
            with pytest.raises(ForbiddenError):
                ACTS[act](complaint, person)
    ACTS[act](complaint, may[0])


def test_an_act_that_comes_too_late_is_refused_and_writes_nothing(pilot, walk) -> None:
    _, complaint = send(pilot)
    verbs.answer_complaint(complaint=complaint, by=walk.world.signer, text="第一次")
    steps = complaint.steps.count()
    with pytest.raises(SupervisionError, match=r"meanwhile|现为"):
        verbs.answer_complaint(complaint=complaint, by=walk.world.drafter, text="第二次")
    assert complaint.steps.count() == steps


def test_a_receipt_sent_twice_is_one_complaint(pilot) -> None:
    receipt, complaint = send(pilot)
    inbox.submit("complaint", about=pilot.public_id, content={}, receipt=receipt)
    assert list(Complaint.objects.all()) == [complaint]


def test_a_flood_is_slowed_down(pilot) -> None:
    for _ in range(inbox.RATE_MAX):
        send(pilot)
    with pytest.raises(DomainError):
        send(pilot)
    assert Submission.objects.count() == Complaint.objects.count() == inbox.RATE_MAX


@pytest.mark.parametrize("receipt", ["", "T-", "T-AAAA-AAAA-AAAA-AAAA-AAAA", "試", "x" * 500])
def test_a_receipt_of_nothing_tells_nothing(pilot, receipt) -> None:
    send(pilot)
    assert inbox.status_of(receipt) is None
    assert not inbox.follow_up("complaint.escalation", receipt, {})


def test_what_the_public_site_keeps_tells_nobody_anything(pilot, walk) -> None:
    receipt, complaint = send(pilot)
    verbs.answer_complaint(complaint=complaint, by=walk.world.signer, text="秘密答复")
    kept = str(list(Submission.objects.values()))
    letters = inbox.plain_receipt(receipt)
    for secret in (BODY, CONTACT, "秘密答复", receipt, letters, complaint.reference):
        assert secret not in kept
    with pytest.raises(ValueError, match="another receipt"):
        inbox.opened(Submission.objects.get().answer, inbox.new_receipt())


def test_mail_and_outbox_say_nothing_of_what_was_said(pilot, walk, mailoutbox) -> None:
    run_outbox()
    for person in (walk.world.signer, walk.world.case_officer["bureau"]):
        person.email = f"{person.username}@example.org"
        person.save()
    send(pilot)
    send(pilot, "authority")
    run_outbox()
    send_due()
    told = [mail.to for mail in mailoutbox]
    assert told == [["signer@example.org"], ["case-bureau@example.org"]]
    said = str([(mail.subject, mail.body) for mail in mailoutbox])
    said += str(list(Outbox.objects.values_list("payload", flat=True)))
    assert BODY not in said
    assert CONTACT not in said


def test_a_list_asks_the_database_alike_for_one_and_for_many(pilot, walk, as_client) -> None:
    officer = as_client(walk.world.case_officer["bureau"])
    counts = []
    for _ in range(2):
        send(pilot)
        with CaptureQueriesContext(connection) as captured:
            assert officer.get("/supervision/complaints/").status_code == 200
        counts.append(len(captured))
        send(pilot)
    assert counts[0] == counts[1]


def test_officer_and_institution_work_through_the_pages(pilot, walk, as_client) -> None:
    receipt, complaint = send(pilot)
    address = f"/supervision/complaints/{complaint.reference}/"
    firm, officer = as_client(walk.world.signer), as_client(walk.world.case_officer["bureau"])
    shown = firm.get(address).text
    assert BODY in shown
    assert CONTACT not in shown
    assert CONTACT in officer.get(address).text
    assert firm.post(f"{address}respond/acknowledge/").status_code == 302
    assert firm.post(f"{address}respond/answer/", {"answer-text": " "}).status_code == 422
    assert firm.post(f"{address}respond/close/", {"close-text": "x"}).status_code == 404
    assert firm.post(f"{address}handle/close/", {"close-text": "x"}).status_code == 404
    assert firm.post(f"{address}respond/answer/", {"answer-text": "已退费"}).status_code == 302
    assert officer.post(f"{address}handle/close/", {"close-text": "x"}).status_code == 422
    closing = {"close-text": "查实", "close-outcome": "partly"}
    assert officer.post(f"{address}handle/close/", closing).status_code == 302
    assert inbox.status_of(receipt).answer == "查实"
    assert complaint.reference in officer.get("/supervision/complaints/?show=closed").text


def test_an_unknown_complaint_is_not_found(walk, as_client, pilot) -> None:
    with pytest.raises(ObjectDoesNotExist):
        Complaint.objects.get(reference="T-2026-9999")
    officer = as_client(walk.world.case_officer["bureau"])
    assert officer.get("/supervision/complaints/T-2026-9999/").status_code == 404


@given(st.text(max_size=300))
def test_an_answer_is_opened_by_its_receipt_as_it_was_sealed(text: str) -> None:
    receipt = inbox.new_receipt()
    assert inbox.opened(inbox.seal(text, inbox.sealing_key(receipt)), receipt) == text
