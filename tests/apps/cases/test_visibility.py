"""Who sees which case: by access rows alone, on every surface that lists or counts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import AccessEffect, AccessRow, Case, Task
from shidian.apps.notices.queries import comments_for
from shidian.apps.review.domain import declare_conflict
from shidian.apps.review.models import Assignment
from shidian.apps.review.queries import assessments_for, panels_for
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, make_person

WRITES = (
    Permission.FORM_EDIT,
    Permission.CASE_SUBMIT,
    Permission.CASE_WITHDRAW,
    Permission.REQUEST_ANSWER,
    Permission.REPORT_FILE,
    Permission.EVALUATION_BEGIN,
    Permission.CASE_HANDLE,
    Permission.CASE_DECIDE,
    Permission.PROMISE_JUDGE,
    Permission.STEP_COMPLETE,
    Permission.CASE_SIGN,
    Permission.PANEL_FORM,
    Permission.NOTICE_OPEN,
    Permission.COMMENT_MODERATE,
    Permission.ASSESSMENT_FILE,
    Permission.PILOT_SUPERVISE,
)
READS = (Permission.CASE_READ, Permission.CASE_READ_INTERNAL, Permission.PILOT_READ)


def surfaces(person: Person | AnonymousUser, case: Case) -> dict[str, int]:
    """What each surface shows of the case to the person: all zero where it is not theirs."""
    return {
        "list": Case.objects.visible_to(person).filter(pk=case.pk).count(),
        "count": Case.objects.visible_to(person).count(),
        "search": Case.objects.visible_to(person).filter(title_zh__contains="测试").count(),
        "tasks": Task.objects.visible_to(person).count(),
        "own tasks": Task.objects.reaching(person).count(),
        "assignments": Assignment.objects.of_expert(person).count(),
        "panels": panels_for(person, case).count(),
        "assessments": assessments_for(person, case).count(),
        "comments": comments_for(person, case).count(),
        **{one: int(allows(person, one, case)) for one in (*READS, *WRITES)},
        **pages(person, case),
    }


def pages(person: Person | AnonymousUser, case: Case) -> dict[str, int]:
    """How often the pages a person can open name the case: its title, its reference, its page."""
    client = Client()
    if not isinstance(person, Person):
        answer = client.get(reverse("cases:case", args=[case.reference]))
        return {"page": int(answer.status_code == 200)}
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    found = {
        "page": int(client.get(reverse("cases:case", args=[case.reference])).status_code == 200)
    }
    for show in ("", "closed"):
        answer = client.get(reverse("cases:desk"), {"show": show})
        text = answer.content.decode()
        found[f"desk {show}"] = text.count(case.title) + text.count(f"/{case.reference}/")
    return found


def test_a_draft_is_seen_by_its_lead_alone(walk: Walk) -> None:
    case = walk.to(StageKind.DRAFT)
    world = walk.world

    assert Case.objects.visible_to(world.drafter).get() == case
    for stranger in (
        world.case_officer["bureau"],
        world.national,
        world.partner_drafter,
        world.rival_signer,
        world.experts[0].person,
        world.assessor,
        world.outsider,
        AnonymousUser(),
    ):
        assert not any(surfaces(stranger, case).values()), stranger


def test_a_submitted_case_is_seen_by_the_schemes_authorities(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    world = walk.world

    for person in (*world.case_officer.values(), *world.signing_officer.values(), world.national):
        assert Case.objects.visible_to(person).get() == case
    assert not any(surfaces(world.outsider, case).values())


def test_another_firm_sees_nothing_at_any_stage(walk: Walk) -> None:
    case = walk.to(StageKind.CLOSED)

    assert not any(surfaces(walk.world.rival_signer, case).values())
    assert not any(surfaces(AnonymousUser(), case).values())


def test_an_auditor_reads_all_and_does_nothing(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    auditor = walk.world.auditor

    assert allows(auditor, Permission.CASE_READ, case)
    assert allows(auditor, Permission.AUDIT_READ)
    assert not [one for one in WRITES if allows(auditor, one, case)]


def test_a_national_officer_reads_and_does_not_handle(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)

    assert allows(walk.world.national, Permission.CASE_READ_INTERNAL, case)
    assert not [one for one in WRITES if allows(walk.world.national, one, case)]


def test_an_expert_sees_the_case_only_between_declaration_and_closing(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    assignment = walk.form_panel().assignments.select_related("expert__person").first()
    assert assignment is not None
    person = assignment.expert.person

    before = surfaces(person, case)
    assert before.pop("assignments") == 1
    assert before.pop("own tasks") == 1
    assert before.pop("desk ") == 1, "a link to the declaration, without the title"
    assert before.pop("desk closed") == 1
    assert not any(before.values())

    declare_conflict(assignment=assignment, conflict=False, by=person, at=walk.tick())
    assert Case.objects.visible_to(person).get() == case
    assert not allows(person, Permission.CASE_READ_INTERNAL, case)


def test_the_declaration_page_names_the_parties_only(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    walk.form_panel()
    client = Client()
    client.force_login(
        walk.world.experts[0].person, backend="django.contrib.auth.backends.ModelBackend"
    )

    text = client.get(reverse("review:sheet", args=[case.reference])).content.decode()

    assert walk.world.lead.name in text
    assert case.title not in text


def test_experts_rights_end_with_the_round(walk: Walk) -> None:
    case = walk.to(StageKind.ASSESSMENT)

    for expert in walk.world.experts[:3]:
        assert not Case.objects.visible_to(expert.person).exists()
    assert Case.objects.visible_to(walk.world.drafter).get() == case


def test_a_conflict_removes_the_case_everywhere(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    assignment = walk.form_panel().assignments.select_related("expert__person").first()
    assert assignment is not None
    person = assignment.expert.person

    declare_conflict(
        assignment=assignment, conflict=True, reason="配偶任职", by=person, at=walk.tick()
    )

    assert not any(surfaces(person, case).values())


def test_a_conflict_beats_every_other_role(walk: Walk) -> None:
    """The expert is also an officer of the bureau, an auditor and on the lead's staff."""
    from shidian.apps.accounts import domain as accounts
    from shidian.apps.accounts.models import OfficerRole
    from tests.factories import LONG_AGO

    case = walk.to(StageKind.REVIEW)
    assignment = walk.form_panel().assignments.select_related("expert__person").first()
    assert assignment is not None
    person = assignment.expert.person
    for role in OfficerRole:
        accounts.appoint_officer(
            person=person, authority=walk.world.authorities["bureau"], role=role, starts=LONG_AGO
        )
    assert Case.objects.visible_to(person).exists()

    declare_conflict(
        assignment=assignment, conflict=True, reason="持有股份", by=person, at=walk.tick()
    )

    assert not any(surfaces(person, case).values())


def test_an_assessor_body_sees_the_case_once_commissioned(walk: Walk) -> None:
    case = walk.to(StageKind.ASSESSMENT)
    assert not Case.objects.visible_to(walk.world.assessor).exists()

    walk.commission()

    assert Case.objects.visible_to(walk.world.assessor).get() == case
    assert Task.objects.open().reaching(walk.world.assessor).count() == 1


def test_an_ended_office_ends_the_view(walk: Walk) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from shidian.apps.accounts.models import Officer, Person

    walk.to(StageKind.SCREENING)
    officer = walk.world.case_officer["bureau"]
    Officer.objects.filter(person=officer).update(ends=timezone.localdate() - timedelta(days=1))

    assert not Case.objects.visible_to(Person.objects.get(pk=officer.pk)).exists()


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["grant", "deny"]),
            st.sampled_from(["person", "authority", "institution"]),
            st.sampled_from(["past", "now", "future"]),
        ),
        max_size=5,
    )
)
def test_denials_beat_grants_whatever_the_rows(
    walk: Walk, rows: list[tuple[str, str, str]]
) -> None:
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    if not hasattr(walk, "case"):
        walk.create()
    world, case, now = walk.world, walk.case, timezone.now()
    day = timedelta(days=1)
    spans = {
        "past": (now - 2 * day, now - day),
        "now": (now - day, None),
        "future": (now + day, None),
    }
    person = make_person("in-question")
    subjects = {
        "person": {"person": person},
        "authority": {"authority": world.authorities["province"]},
        "institution": {"institution": world.rival},
    }
    from shidian.apps.accounts import domain as accounts
    from shidian.apps.accounts.models import OfficerRole, StaffRole
    from tests.factories import LONG_AGO

    accounts.appoint_officer(
        person=person,
        authority=world.authorities["province"],
        role=OfficerRole.CASE,
        starts=LONG_AGO,
    )
    accounts.enrol_staff(
        person=person, institution=world.rival, role=StaffRole.DRAFTER, starts=LONG_AGO
    )
    because = case.events.get(seq=1)
    with transaction.atomic():
        for effect, subject, span in rows:
            starts, ends = spans[span]
            AccessRow.objects.create(
                case=case,
                effect=AccessEffect(effect),
                starts=starts,
                ends=ends,
                because=because,
                **subjects[subject],
            )
        standing = {effect for effect, _, span in rows if span == "now"}
        seen = Case.objects.visible_to(person).exists()
        transaction.set_rollback(True)

    assert seen == (standing == {"grant"})
