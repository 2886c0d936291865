"""An incident is reported in steps, asked about and closed; nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.telling import send_due
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import AccessEffect, Outbox
from shidian.apps.supervision.board import board
from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.domain.alerts import link_alert
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.incident_queries import incidents_for, linked_episodes, steps_for
from shidian.apps.supervision.models import Incident, IncidentStep, Pilot, PilotState
from shidian.apps.supervision.worker.projection import apply_items
from tests.apps.supervision.incidents import (
    FACTS,
    OPEN_FACTS,
    TEXT,
    TITLE,
    client_of,
    closed,
    reported,
    told,
)
from tests.apps.supervision.things import item, quick_pilot, run_outbox


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


def test_a_firm_reports_an_officer_asks_and_the_firm_closes(pilot, firm, officer, now) -> None:
    incident = reported(pilot, firm, now)
    assert incident.reference == f"I{pilot.public_id[1:]}-01"
    assert (incident.state, incident.due_step) == ("open", "written")
    verbs.ask_about_incident(incident=incident, text="影响了哪些投资者？", by=officer)
    with pytest.raises(SupervisionError, match="1"):
        closed(incident, firm, now + timedelta(hours=2))
    verbs.answer_question(incident=incident, question=1, text="两名", by=firm)
    with pytest.raises(SupervisionError):
        verbs.answer_question(incident=incident, question=1, text="再答", by=firm)
    closed(incident, firm, now + timedelta(hours=3))
    assert (incident.state, incident.due_step, incident.due_at) == ("closed", "", None)
    assert (incident.loss_fen, incident.paid_fen, incident.open_fen) == (12_051, 12_051, 0)
    kinds = list(incident.steps.values_list("kind", flat=True))
    assert kinds == ["reported", "asked", "answered", "closed"]


def test_the_same_incident_reported_by_two_people_at_once_is_kept_once(pilot, walk, now) -> None:
    seen = verbs.newest_number(pilot)
    first = reported(pilot, walk.world.signer, now)
    with pytest.raises(verbs.MeanwhileError) as refused:
        verbs.report_incident(pilot=pilot, told=told(now), seen=seen, by=walk.world.drafter, at=now)
    assert refused.value.incidents == [first]
    verbs.report_also(incident=first, text="客户来电反映", facts=FACTS, by=walk.world.drafter)
    assert Incident.objects.count() == 1
    first.refresh_from_db()
    assert first.investors == 3
    assert [one.by for one in first.steps.all()] == [walk.world.signer, walk.world.drafter]


def test_another_incident_can_be_reported_all_the_same(pilot, walk, now) -> None:
    reported(pilot, walk.world.signer, now)
    second = reported(pilot, walk.world.drafter, now, title="另一事件")
    assert second.number == 2


def test_a_telephone_report_is_noted_and_confirmed_by_the_firm(pilot, firm, officer, now) -> None:
    incident = verbs.note_telephone_report(
        pilot=pilot, told=told(now), caller="运维主管", seen=0, by=officer, at=now
    )
    assert incident.state == "phoned"
    with pytest.raises(SupervisionError):
        verbs.update_incident(incident=incident, text="x", facts=FACTS, by=firm)
    with pytest.raises(ForbiddenError):
        verbs.confirm_telephone_report(incident=incident, severity="grave", facts=FACTS, by=officer)
    verbs.confirm_telephone_report(incident=incident, severity="grave", facts=FACTS, by=firm)
    incident.refresh_from_db()
    assert (incident.state, incident.severity, incident.loss_fen) == ("open", "grave", 12_051)


def test_a_grade_that_the_rulebook_does_not_take_by_telephone_is_refused(
    pilot, officer, now
) -> None:
    with pytest.raises(SupervisionError):
        verbs.note_telephone_report(
            pilot=pilot, told=told(now, "minor"), caller="x", seen=0, by=officer, at=now
        )
    assert not Incident.objects.exists()


def test_nobody_reports_on_anothers_pilot(pilot, walk, now) -> None:
    for person in (
        walk.world.rival_signer,
        walk.world.partner_drafter,
        walk.world.case_officer["bureau"],
        walk.world.auditor,
        walk.world.national,
    ):
        with pytest.raises(ForbiddenError):
            reported(pilot, person, now)
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"severity": "none"}, "severity"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 5_001}, "text"),
        ({"known_at": timezone.now() + timedelta(days=1)}, "known_at"),
        ({"occurred_at": timezone.now() - timedelta(days=90)}, "occurred_at"),
        ({"occurred_at": timezone.now()}, "known_at"),
    ],
)
def test_what_cannot_be_told_is_refused_and_writes_nothing(pilot, firm, now, more, field) -> None:
    with pytest.raises(SupervisionError) as refused:
        reported(pilot, firm, now, **more)
    assert refused.value.field == field
    assert not Incident.objects.exists()


def test_a_pilot_that_ended_meanwhile_still_tells_its_incident_to_the_end(pilot, firm, now) -> None:
    incident = reported(pilot, firm, now)
    Pilot.objects.filter(pk=pilot.pk).update(state=PilotState.CLOSED)
    verbs.update_incident(incident=incident, text="仍在处理", facts=OPEN_FACTS, by=firm)
    closed(incident, firm, timezone.now() + timedelta(hours=1))
    assert incident.state == "closed"
    late = reported(Pilot.objects.get(pk=pilot.pk), firm, now, title="事后发现")
    assert late.number == 2


def test_a_pilot_that_has_not_started_has_nothing_to_report(pilot, firm, now) -> None:
    Pilot.objects.filter(pk=pilot.pk).update(state=PilotState.PENDING)
    with pytest.raises(SupervisionError):
        reported(Pilot.objects.get(pk=pilot.pk), firm, now)


ACTS = {
    "update": lambda one, by: verbs.update_incident(incident=one, text="x", facts=FACTS, by=by),
    "ask": lambda one, by: verbs.ask_about_incident(incident=one, text="x", by=by),
    "grade": lambda one, by: verbs.grade_incident(
        incident=one, severity="minor", reason="x", by=by
    ),
    "note": lambda one, by: verbs.note_on_incident(incident=one, text="x", by=by),
    "reopen": lambda one, by: verbs.reopen_incident(incident=one, reason="x", by=by),
}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_for_one_side_alone(pilot, walk, now, act) -> None:
    incident = reported(pilot, walk.world.signer, now)
    if act == "reopen":
        closed(incident, walk.world.signer, timezone.now())
    firm = (walk.world.signer, walk.world.drafter)
    offices = (walk.world.case_officer["bureau"], walk.world.signing_officer["finance"])
    nobody = (walk.world.rival_signer, walk.world.outsider, walk.world.national, walk.world.auditor)
    may = firm if act == "update" else offices
    before = incident.steps.count()
    for person in (*firm, *offices, *nobody):
        if person not in may:
            with pytest.raises(ForbiddenError):
                ACTS[act](incident, person)
    assert incident.steps.count() == before
    ACTS[act](incident, may[0])


def test_an_incident_is_found_to_be_the_same_as_another_and_taken_apart_again(
    pilot, firm, officer, now
) -> None:
    first, second = reported(pilot, firm, now), reported(pilot, firm, now)
    with pytest.raises(SupervisionError):
        verbs.merge_incident(incident=first, into=first, reason="x", by=officer)
    verbs.merge_incident(incident=second, into=first, reason="同一事件", by=officer)
    second.refresh_from_db()
    assert (second.state, second.due_at) == ("merged", None)
    with pytest.raises(SupervisionError):
        verbs.merge_incident(incident=first, into=second, reason="x", by=officer)
    verbs.reopen_incident(incident=second, reason="并非同一事件", by=officer)
    second.refresh_from_db()
    assert second.state == "open"


def test_a_late_step_shows_on_the_board_and_on_both_desks(pilot, walk, officer, now) -> None:
    reported(pilot, walk.world.signer, now - timedelta(days=3))
    (tile,) = board(officer).tiles
    assert (tile.incidents, tile.incidents_late) == (1, 1)
    for person in (officer, walk.world.signer):
        page = client_of(person).get("/cases/").text
        assert TITLE in page
        assert "late-word" in page
    assert TITLE not in client_of(walk.world.rival_signer).get("/cases/").text


def test_an_alert_is_linked_from_either_side(pilot, firm, officer, now) -> None:
    apply_items([item(pilot, 1), item(pilot, 2, episode="e2")])
    incident = reported(pilot, firm, now)
    verbs.link_incident(incident=incident, kind="alert", name="e1", by=officer)
    with pytest.raises(SupervisionError):
        verbs.link_incident(incident=incident, kind="alert", name="e1", by=officer)
    with pytest.raises(SupervisionError):
        verbs.link_incident(incident=incident, kind="order", name="D-2026-9999", by=officer)
    second = pilot.episodes.get(episode="e2")
    link_alert(episode=second, kind="incident", name=incident.reference, by=officer)
    found = {one.episode for one in linked_episodes(incident, is_internal=True)}
    assert found == {"e1", "e2"}
    assert [one.episode for one in linked_episodes(incident, is_internal=False)] == ["e1"]


def test_the_firm_reads_nothing_of_the_authorities_own(pilot, firm, officer, now) -> None:
    incident = reported(pilot, firm, now)
    verbs.note_on_incident(incident=incident, text="内部备注", by=officer)
    assert [one.text for one in steps_for(incident, is_internal=False)] == [TEXT]
    assert "内部备注" in [one.text for one in steps_for(incident, is_internal=True)]


def test_nobody_else_learns_of_an_incident(pilot, walk, now) -> None:
    incident = reported(pilot, walk.world.signer, now - timedelta(days=3))
    conflicted = walk.world.case_officer["finance"]
    walk.case.access.create(
        person=conflicted,
        effect=AccessEffect.DENY,
        starts=now - timedelta(days=1),
        because=walk.case.events.first(),
    )
    address = f"/supervision/pilots/{pilot.public_id}/incidents"
    for person in (
        walk.world.rival_signer,
        walk.world.partner_drafter,
        walk.world.outsider,
        walk.world.experts[0].person,
        walk.world.assessor,
        conflicted,
    ):
        assert not incidents_for(person).exists(), person
        assert not allows(person, Permission.INCIDENT_READ, walk.case), person
        client = client_of(person)
        for path in ("1/", "new/", "phone/"):
            assert client.get(f"{address}/{path}").status_code == 404, (person, path)
        for path in ("1/handle/note/", "1/respond/update/", "1/finding/", "1/decision/"):
            assert client.post(f"{address}/{path}", {}).status_code == 404, (person, path)
        for page in ("/supervision/incidents/?state=all", "/cases/", "/supervision/"):
            assert TITLE not in client.get(page).text, (person, page)
    assert client_of(None).get(f"{address}/1/").status_code == 302
    assert incident.steps.count() == 1


def test_mail_and_outbox_say_nothing_of_what_was_said(pilot, walk, now, mailoutbox) -> None:
    run_outbox()
    officer = walk.world.case_officer["bureau"]
    for person in (walk.world.signer, officer):
        person.email = f"{person.username}@example.org"
        person.save()
    incident = reported(pilot, walk.world.signer, now)
    verbs.ask_about_incident(incident=incident, text="秘密问题", by=officer)
    run_outbox()
    send_due()
    assert [mail.to for mail in mailoutbox] == [
        ["case-bureau@example.org"],
        ["signer@example.org"],
    ]
    said = str([(mail.subject, mail.body) for mail in mailoutbox])
    said += str(list(Outbox.objects.values_list("payload", flat=True)))
    for secret in (TEXT, TITLE, "秘密问题", incident.reference):
        assert secret not in said


def test_a_list_asks_the_database_alike_for_one_and_for_many(pilot, firm, officer, now) -> None:
    client = client_of(officer)
    counts = []
    for _ in range(2):
        reported(pilot, firm, now)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/supervision/incidents/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_page_asks_the_database_alike_for_few_and_for_many_steps(
    pilot, firm, officer, now
) -> None:
    client = client_of(officer)
    incident = reported(pilot, firm, now)
    address = f"/supervision/pilots/{pilot.public_id}/incidents/1/"
    counts = []
    for _ in range(2):
        verbs.note_on_incident(incident=incident, text="x", by=officer)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_steps_are_kept_as_they_were_written(pilot, firm, now) -> None:
    from django.db import IntegrityError, transaction

    incident = reported(pilot, firm, now)
    for rewrite in (
        lambda: IncidentStep.objects.update(text="别的"),
        lambda: Incident.objects.filter(pk=incident.pk).update(title="别的"),
        lambda: Incident.objects.filter(pk=incident.pk).update(known_at=now),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rewrite()
