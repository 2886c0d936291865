"""What is attached to incidents, and who is told that a step was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Attachment, NewsItem, Outbox
from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.incident_queries import steps_for
from shidian.apps.supervision.models import MissedStep
from tests.apps.supervision.incidents import client_of, closed, reported
from tests.apps.supervision.things import quick_pilot, run_outbox
from tests.files import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def pilot(walk, now):
    return quick_pilot(walk, at=now - timedelta(days=30))


@pytest.fixture
def firm(walk):
    return walk.world.signer


@pytest.fixture
def officer(walk):
    return walk.world.case_officer["bureau"]


@pytest.fixture
def incident(pilot, firm, now):
    return reported(pilot, firm, now)


def upload(name="日志.pdf", content=None):
    return SimpleUploadedFile(name, content or pdf(), content_type="application/pdf")


def attach(incident, by, *, is_officer=False, **more):
    given = {"file": upload(), "text": "行情接口日志"} | more
    return verbs.attach_to_incident(incident=incident, by=by, is_officer=is_officer, **given)


# --- files ---------------------------------------------------------------------------------------


def test_a_file_of_the_firm_is_kept_by_its_hash_and_officers_are_told(incident, firm):
    before = Outbox.objects.filter(topic="mail.officer").count()
    step = attach(incident, firm)

    assert (step.kind, step.internal, step.attachment.name) == ("attached", False, "日志.pdf")
    assert step.attachment.content_type == "application/pdf"
    assert Outbox.objects.filter(topic="mail.officer").count() == before + 1
    with pytest.raises(DatabaseError), transaction.atomic():
        type(step).objects.filter(pk=step.pk).update(attachment=None)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90 a program", "wrong-type"),
        (b"%PDF-1.4 cut off", "damaged-file"),
        (b"", "empty-file"),
    ],
)
def test_what_is_no_whole_file_of_these_kinds_is_refused_and_leaves_nothing(
    incident, firm, content, code
):
    file = SimpleUploadedFile("x.pdf", content)
    with pytest.raises(DomainError) as refused:
        attach(incident, firm, file=file)
    assert refused.value.code == code
    assert not Attachment.objects.filter(section="incident-files").exists()
    assert not incident.steps.filter(kind="attached").exists()


def test_each_side_attaches_for_itself_alone(incident, firm, officer, walk):
    for person in (walk.world.rival_signer, walk.world.auditor, officer):
        with pytest.raises(ForbiddenError):
            attach(incident, person)
    for person in (firm, walk.world.auditor):
        with pytest.raises(ForbiddenError):
            attach(incident, person, is_officer=True)


def test_files_go_to_who_reads_the_incident_and_by_no_other_door(
    incident, firm, officer, pilot, walk
):
    theirs = attach(incident, firm)
    own = attach(incident, officer, is_officer=True, text="内部核查")
    addresses = [
        reverse(
            "supervision:incident-file",
            args=[pilot.public_id, incident.number, step.attachment_id],
        )
        for step in (theirs, own)
    ]

    for person, found in (
        (officer, [200, 200]),
        (firm, [200, 404]),
        (walk.world.rival_signer, [404, 404]),
    ):
        assert [served(person, one)[0] for one in addresses] == found, person
    _status, content, headers = served(firm, addresses[0])
    assert content == pdf()
    assert headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in headers["Content-Disposition"]
    for step in (theirs, own):
        door = reverse("cases:attachment", args=[walk.case.reference, step.attachment_id])
        assert client_of(officer).get(door).status_code == 404
    assert own not in steps_for(incident, is_internal=False)
    page = client_of(firm).get(reverse("supervision:incident", args=[pilot.public_id, 1])).text
    assert "日志.pdf" in page
    assert "内部核查" not in page


def served(person, address):
    """Status, content and headers of a download, which is read to its end."""
    answer = client_of(person).get(address)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content, answer.headers


def test_a_file_is_attached_on_the_page_and_a_bad_one_is_named_there(incident, firm, pilot):
    client = client_of(firm)
    address = reverse("supervision:incident-respond", args=[pilot.public_id, 1, "attach"])

    wrong = client.post(address, {"attach-file": upload(content=b"MZ"), "attach-text": ""})
    none = client.post(address, {"attach-text": "x"})
    right = client.post(address, {"attach-file": upload(), "attach-text": "日志"})

    assert (wrong.status_code, none.status_code, right.status_code) == (422, 422, 302)
    assert incident.steps.filter(kind="attached").count() == 1


def test_a_file_may_be_attached_after_the_end_too(incident, firm, now):
    closed(incident, firm, now + timedelta(minutes=5))
    attach(incident, firm)
    incident.refresh_from_db()
    assert incident.state == "closed"


# --- missed steps --------------------------------------------------------------------------------


def test_a_missed_step_is_told_once_to_both_sides_and_the_next_one_again(
    incident, firm, officer, now
):
    due = incident.due_at
    assert verbs.tell_missed_steps(at=due - timedelta(minutes=1)) == 0
    late = due + timedelta(minutes=1)
    assert verbs.tell_missed_steps(at=late) == 1
    assert verbs.tell_missed_steps(at=late + timedelta(hours=1)) == 0

    rows = Outbox.objects.filter(payload__kind="incident.late")
    assert sorted(rows.values_list("topic", flat=True)) == ["mail.applicant", "mail.officer"]
    run_outbox()
    told = NewsItem.objects.filter(kind="incident.late")
    assert {firm.pk, officer.pk} <= set(told.values_list("person", flat=True))
    assert all(told.values_list("duty", flat=True))

    verbs.ask_about_incident(
        incident=incident, text="影响面？", by=officer, answer_by=late + timedelta(hours=2), at=late
    )
    incident.refresh_from_db()
    assert verbs.tell_missed_steps(at=late + timedelta(days=60)) == (incident.due_at != due)
    assert MissedStep.objects.count() == 1 + (incident.due_at != due)


def test_what_was_done_in_time_or_is_closed_is_never_told(incident, firm, now):
    closed(incident, firm, now + timedelta(minutes=5))
    assert verbs.tell_missed_steps(at=now + timedelta(days=90)) == 0
    assert not Outbox.objects.filter(payload__kind="incident.late").exists()
