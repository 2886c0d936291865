"""The officer's desk: queue, officers in charge, notes, views, deadlines, figures, exports."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import domain as cases
from shidian.apps.cases.deadlines import calendar_text
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Case, CaseHandler, CaseNote, DeadlineFeed, SavedView
from shidian.apps.cases.queue import queue_of
from shidian.apps.cases.sheets import FORMULA_SIGNS, safe_cell
from shidian.apps.cases.views.queue_form import asker_of
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.workload import workload_of
from shidian.apps.review.domain import declare_conflict
from shidian.core.rulebook.model import StageKind
from shidian.ics import escaped, folded
from tests.factories import LONG_AGO, Walk

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person


def client_of(person: Person, language: str = "en") -> Client:
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def queue(person: Person, **wanted: str) -> set[str]:
    found = queue_of(asker_of(viewer_of(person)), wanted)
    return set(found.values_list("title_zh", flat=True))


def give(walk: Walk, officer: Person | None, *which: Case) -> int:
    return cases.assign_cases(
        cases=which,
        authority=walk.world.authorities["bureau"],
        officer=officer,
        reason="按专业分工",
        by=walk.officer,
        at=walk.tick(),
    )


def test_filters_narrow_the_queue(walk: Walk) -> None:
    world = walk.world
    screening = Walk(world, title="受理中").to(StageKind.SCREENING)
    Walk(world, title="评审中").to(StageKind.REVIEW)
    closed = Walk(world, title="已结")
    closed.create()
    closed.submit()
    cases.withdraw_case(case=closed.case, reason="退出", by=world.signer, at=closed.tick())
    give(walk, walk.officer, screening)
    me = walk.officer

    assert queue(me) == {"受理中", "评审中"}
    assert queue(me, state="closed") == {"已结"}
    assert queue(me, state="all") == {"受理中", "评审中", "已结"}
    assert queue(me, stage=screening.stage) == {"受理中"}
    assert queue(me, assigned="me") == {"受理中"}
    assert queue(me, assigned=str(me.pk)) == {"受理中"}
    assert queue(me, assigned="nobody") == {"评审中"}
    assert queue(me, q="受理") == {"受理中"}
    assert queue(me, q=screening.reference) == {"受理中"}
    assert queue(me, call=world.call.slug) == {"受理中", "评审中"}
    assert queue(me, call="another") == set()
    assert queue(me, due="late") == {"受理中", "评审中"}, "walks begin in March 2025"
    assert queue(me, turn="mine") >= {"受理中"}
    assert queue(me, turn="applicant") == set()
    assert queue(me, tier="high") == set()


def test_the_copied_day_is_that_of_the_earliest_open_task(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    days = [task.due for task in case.tasks.filter(closed_at=None) if task.due]
    assert case.due == min(days)


@pytest.mark.parametrize("who", ["national", "auditor"])
def test_another_authority_does_not_learn_who_is_in_charge(walk: Walk, who: str) -> None:
    case = walk.to(StageKind.SCREENING)
    give(walk, walk.officer, case)
    person: Person = getattr(walk.world, who)

    assert queue(person, assigned=str(walk.officer.pk)) == set()
    text = client_of(person).get(reverse("cases:queue")).content.decode()
    assert case.reference in text
    assert f">{walk.officer}<" not in text


def test_assigning_ends_what_stood_and_counts_what_changed(walk: Walk) -> None:
    first, second = walk.to(StageKind.SCREENING), Walk(walk.world).to(StageKind.SCREENING)

    assert give(walk, walk.officer, first, second) == 2
    assert give(walk, walk.officer, first) == 0
    assert give(walk, None, first) == 1
    assert CaseHandler.objects.get(case=second).ends is None
    assert CaseHandler.objects.get(case=first).ends is not None
    load = workload_of(walk.world.authorities["bureau"], [walk.officer], walk.officer)
    assert [(one.officer, one.cases) for one in load] == [(walk.officer, 1), (None, 1)]


def test_assigning_is_all_or_nothing_and_never_of_a_conflicted_officer(walk: Walk) -> None:

    case = walk.to(StageKind.REVIEW)
    assignment = walk.form_panel().assignments.select_related("expert__person").first()
    assert assignment is not None
    person = assignment.expert.person
    bureau = walk.world.authorities["bureau"]
    accounts.appoint_officer(
        person=person, authority=bureau, role=OfficerRole.CASE, starts=LONG_AGO
    )
    declare_conflict(assignment=assignment, conflict=True, reason="持股", by=person, at=walk.tick())
    other = Walk(walk.world).to(StageKind.SCREENING)

    with pytest.raises(DomainError) as refused:
        give(walk, person, other, case)
    assert refused.value.code == "officer"
    assert not CaseHandler.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "national", "auditor", "signer"])
def test_who_does_not_handle_a_case_assigns_nobody(walk: Walk, who: str) -> None:
    case = walk.to(StageKind.SCREENING)
    with pytest.raises(ForbiddenError):
        cases.assign_cases(
            cases=[case],
            authority=walk.world.authorities["bureau"],
            officer=walk.officer,
            reason="x",
            by=getattr(walk.world, who),
        )


@pytest.mark.parametrize("reason", ["", "  ", "理" * 401])
def test_assigning_wants_a_reason(walk: Walk, reason: str) -> None:
    case = walk.to(StageKind.SCREENING)
    with pytest.raises(DomainError, match="理由"):
        cases.assign_cases(
            cases=[case],
            authority=walk.world.authorities["bureau"],
            officer=walk.officer,
            reason=reason,
            by=walk.officer,
        )


def test_a_note_is_read_by_its_own_authority_alone(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    world = walk.world
    text = "内部批注：请核实股东"
    bureau = world.authorities["bureau"]
    cases.write_note(case=case, authority=bureau, text=text, by=walk.officer)
    page = reverse("cases:case", args=[case.reference])

    for reader in (walk.officer, world.signing_officer["bureau"]):
        assert text in client_of(reader).get(page).content.decode()
    others = (
        world.case_officer["finance"],
        world.national,
        world.auditor,
        world.signer,
        world.outsider,
        world.rival_signer,
    )
    for reader in others:
        assert not CaseNote.objects.visible_to(reader).exists()
        assert text not in client_of(reader).get(page).content.decode()
        with pytest.raises(ForbiddenError):
            cases.write_note(case=case, authority=bureau, text="x", by=reader)
    assert queue(walk.officer, q="股东") == set(), "notes are not searched"


def test_handlers_and_notes_are_never_rewritten(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    give(walk, walk.officer, case)
    cases.write_note(
        case=case, authority=walk.world.authorities["bureau"], text="x", by=walk.officer
    )
    for rows, change in (
        (CaseNote.objects.all(), {"text": "y"}),
        (CaseHandler.objects.all(), {"reason": "y"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def test_the_queue_page_says_what_is_wrong_with_an_address(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    answer = client_of(walk.officer).get(reverse("cases:queue"), {"stage": "nonsense"})
    assert answer.status_code == 422
    assert "nonsense" in answer.content.decode()
    assert walk.title not in answer.content.decode()


def test_the_queue_assigns_and_keeps_views_by_its_forms(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    client = client_of(walk.officer)
    query = f"stage={case.stage}&evil=1"
    sent = {"query": query, "case": case.reference, "officer": walk.officer.pk, "reason": "分工"}

    answer = client.post(reverse("cases:assign"), sent)
    assert answer["Location"] == f"{reverse('cases:queue')}?stage={case.stage}"
    assert CaseHandler.objects.get().officer == walk.officer

    client.post(reverse("cases:save-view"), {"query": query, "name": "受理"})
    view = SavedView.objects.get(person=walk.officer)
    assert view.query == f"stage={case.stage}"
    for page in ("cases:queue", "cases:desk"):
        assert "受理" in client.get(reverse(page)).content.decode()
    other = client_of(walk.world.case_officer["finance"])
    other.post(reverse("cases:save-view"), {"forget": view.pk})
    assert SavedView.objects.exists(), "another's view"
    client.post(reverse("cases:save-view"), {"forget": view.pk})
    assert not SavedView.objects.exists()


def test_a_case_one_may_not_see_cannot_be_ticked(walk: Walk) -> None:
    case = walk.to(StageKind.DRAFT)
    sent = {"case": case.reference, "officer": walk.officer.pk, "reason": "x"}
    assert client_of(walk.officer).post(reverse("cases:assign"), sent).status_code == 404


def test_the_feed_is_secret_revocable_and_names_no_titles(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    secret = cases.publish_deadlines(person=walk.officer)
    address = reverse("cases:deadline-feed", args=[secret])
    text = Client().get(address).content.decode()

    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert case.reference in text
    assert case.title not in text
    assert secret not in str(DeadlineFeed.objects.values())
    again = cases.publish_deadlines(person=walk.officer)
    assert Client().get(address).status_code == 404
    address = reverse("cases:deadline-feed", args=[again])
    assert Client().get(address).status_code == 200
    cases.revoke_deadlines(person=walk.officer)
    assert Client().get(address).status_code == 404


def test_the_feed_of_a_conflicted_person_does_not_know_the_case(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    assignment = walk.form_panel().assignments.select_related("expert__person").first()
    assert assignment is not None
    person = assignment.expert.person
    secret = cases.publish_deadlines(person=person)
    address = reverse("cases:deadline-feed", args=[secret])
    assert case.reference in Client().get(address).content.decode()

    declare_conflict(assignment=assignment, conflict=True, reason="x", by=person, at=walk.tick())

    assert case.reference not in Client().get(address).content.decode()


@given(st.text(max_size=120))
def test_calendar_lines_are_folded_and_unfold_to_themselves(text: str) -> None:
    line = f"SUMMARY:{escaped(text)}"
    parts = folded(line).split("\r\n ")
    assert "".join(parts) == line
    assert all(len(part.encode()) <= 75 - (n > 0) for n, part in enumerate(parts))
    assert "\n" not in escaped(text)
    assert calendar_text(text, [], "host", timezone.now()).endswith("END:VCALENDAR\r\n")


@given(st.text(max_size=40))
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert isinstance(cell, str)
    assert not cell.lstrip(" \u3000\ufeff").startswith(FORMULA_SIGNS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_shows_a_title_that_looks_like_a_formula_as_text(walk: Walk, kind: str) -> None:
    evil = '=HYPERLINK("http://x","y")'
    Walk(walk.world, title=evil).to(StageKind.SCREENING)
    address = reverse("cases:queue-export", args=[kind])
    content = client_of(walk.officer).get(address).content

    if kind == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert rows[1][2] == f"'{evil}"
        return
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    cell = sheet.cell(row=2, column=3)
    assert (cell.value, cell.data_type) == (f"'{evil}", "s")


PAGES = ("cases:queue", "cases:desk", "cases:workload", "cases:statistics", "cases:deadlines")


@pytest.mark.parametrize("size", [1, 3])
def test_pages_of_the_desk_have_constant_query_counts(walk: Walk, size: int) -> None:
    for _ in range(size):
        give(walk, walk.officer, Walk(walk.world).to(StageKind.SCREENING))
    client = client_of(walk.officer)
    counted = {}
    for name in PAGES:
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        counted[name] = len(queries)
    assert counted == {
        "cases:queue": 20,
        "cases:desk": 29,
        "cases:workload": 8,
        "cases:statistics": 9,
        "cases:deadlines": 6,
    }
