"""Statistics of casework: what is counted, for whom, and that old histories are counted alike."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.marks import Before, after, marks_of
from shidian.apps.cases.models import CaseMark
from shidian.apps.cases.statistics import figures_for
from shidian.apps.review.domain import declare_conflict
from shidian.core.rulebook.model import StageKind
from tests.apps.cases.test_desk import client_of
from tests.factories import LONG_AGO, Walk


def test_figures_are_those_of_the_histories(walk: Walk) -> None:
    walk.to(StageKind.CLOSED)
    second = Walk(walk.world).to(StageKind.SCREENING)
    cases.request_information(
        case=second, question="请补充", due_working_days=5, by=walk.officer, at=walk.tick()
    )
    figures = figures_for(walk.officer, date(2025, 1, 1))
    stays = {one.stage: one for one in figures.stays}

    assert stays["publicity"].ended == 1
    assert 14 <= stays["publicity"].median_days < 15
    assert stays["draft"].ended == 2
    assert sum(one.submitted for one in figures.months) == 2
    assert sum(one.closed for one in figures.months) == 1
    assert dict(figures.requests) == {"screening": 1}
    assert {(one.stage, one.kind) for one in figures.waiting} >= {("screening", "applicant")}
    nothing = figures_for(walk.world.outsider, date(2025, 1, 1))
    assert (nothing.stays, nothing.waiting, nothing.requests) == ((), (), ())


def test_stays_have_their_median_and_the_length_of_nine_in_ten(walk: Walk) -> None:
    """Of five stays in screening of 1, 2, 3, 4 and 50 days; a stay that goes on is not counted."""
    for days in (3, 1, 50, 4, 2):
        one = Walk(walk.world)
        one.to(StageKind.SCREENING)
        one.sleep(days)
        one.pass_screening()
    Walk(walk.world).to(StageKind.SCREENING)
    screening = next(
        one for one in figures_for(walk.officer, date(2025, 1, 1)).stays if one.stage == "screening"
    )

    assert screening.ended == 5
    assert round(screening.median_days) == 3
    assert round(screening.tenth_longest_days) == 50


def test_figures_leave_out_what_was_before_and_what_the_reader_is_denied(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    first = walk.form_panel().assignments.select_related("expert__person").first()
    assert first is not None
    conflicted = first.expert.person
    accounts.appoint_officer(
        person=conflicted,
        authority=walk.world.authorities["bureau"],
        role=OfficerRole.CASE,
        starts=LONG_AGO,
    )
    assert figures_for(conflicted, date(2025, 1, 1)).stays
    declare_conflict(assignment=first, conflict=True, reason="持股", by=conflicted, at=walk.tick())

    figures = figures_for(conflicted, date(2025, 1, 1))
    assert (figures.stays, figures.waiting) == ((), ())
    assert not any(one.submitted for one in figures.months)
    assert not figures_for(walk.officer, case.changed_at.date() + timedelta(days=30)).stays


def test_marks_of_old_histories_are_those_kept_as_they_happened(walk: Walk) -> None:
    walk.to(StageKind.CLOSED)
    other = Walk(walk.world).to(StageKind.SCREENING)
    cases.request_information(
        case=other, question="请补充", due_working_days=5, by=walk.officer, at=walk.tick()
    )
    kept = CaseMark.objects.order_by("case", "day", "kind", "key", "hours")
    rows = list(kept.values_list("case", "kind", "key", "day", "hours"))
    assert {one[1] for one in rows} >= {"stay", "filed", "closed", "requested"}
    CaseMark.objects.all().delete()

    import_module("shidian.apps.cases.migrations.0008_marks_of_old_events").fill(apps, None)

    assert list(kept.values_list("case", "kind", "key", "day", "hours")) == rows


def test_what_happens_again_on_a_day_is_one_mark_that_counts_it(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    walk.at = (walk.at + timedelta(days=1)).replace(hour=1)
    for _ in range(3):
        cases.request_information(
            case=walk.case, question="请补充", due_working_days=5, by=walk.officer, at=walk.tick()
        )

    marks: Counter[tuple[object, ...]] = Counter()
    before = Before()
    for event in walk.case.events.order_by("seq"):
        for one in marks_of(event.kind, event.at, event.data, before):
            marks[one.kind, one.key, one.day, one.hours] += 1
        before = after(event.kind, event.at, event.data, before)
    kept = CaseMark.objects.filter(case=walk.case).values_list(
        "kind", "key", "day", "hours", "times"
    )
    assert {one[:4]: one[4] for one in kept} == marks
    assert 3 in marks.values()
    figures = figures_for(walk.officer, date(2025, 1, 1))
    assert dict(figures.requests)["screening"] == 3


def test_what_requests_find_wanting_is_counted_by_section_or_document_and_stage(
    walk: Walk,
) -> None:
    walk.to(StageKind.SCREENING)
    section, document = walk.world.rulebook.form[0], walk.world.rulebook.materials[0]
    for about in ([section.id, document.id], [section.id], []):
        cases.request_information(
            case=walk.case, question="请补充", about=about, by=walk.officer, at=walk.tick()
        )
    figures = figures_for(walk.officer, date(2025, 1, 1))
    assert figures.wanting == ((f"screening/{section.id}", 2), (f"screening/{document.id}", 1))
    assert dict(figures.requests) == {"screening": 3}
    assert figures_for(walk.officer, walk.at.date() + timedelta(days=30)).wanting == ()
    assert figures_for(walk.world.outsider, date(2025, 1, 1)).wanting == ()

    client = client_of(walk.officer, "en")
    shown = client.get(reverse("cases:statistics"), {"days": "1095"}).content.decode()
    assert f"{section.title.en} · Screening" in shown
    sheet = client.get(reverse("cases:statistics-export", args=["csv"]), {"days": "1095"})
    rows = sheet.content.decode("utf-8-sig").splitlines()
    assert any(
        row.startswith("Wanting in applications") and document.name.en in row for row in rows
    )


def test_a_request_names_what_the_rulebook_has_and_the_applicant_sees_it(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    section = walk.world.rulebook.form[0]
    with pytest.raises(DomainError) as refused:
        cases.request_information(
            case=case, question="请补充", about=["no-such"], by=walk.officer, at=walk.tick()
        )
    assert refused.value.field == "about"
    page = reverse("cases:act", args=[case.reference, "request-information"])
    case.refresh_from_db()
    client = client_of(walk.officer, "en")
    given = {"seq": case.last_seq, "question": "Please add", "due_working_days": 5}
    assert client.post(page, {**given, "about": ["no-such"]}).status_code == 422
    assert client.post(page, {**given, "about": [section.id]}).status_code == 302
    read = client_of(walk.world.drafter, "en").get(reverse("cases:case", args=[case.reference]))
    assert "Concerns:" in read.content.decode()
    assert section.title.en in read.content.decode()


def test_a_mark_of_long_ids_fits_its_column(walk: Walk) -> None:
    data = {"about": ["x" * 64]}
    before = Before(stage="y" * 64)
    marks = list(marks_of("request.opened", walk.at, data, before))
    assert [len(one.key) for one in marks] == [64, 64]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_statistics_are_shown_and_exported(walk: Walk, language: str) -> None:
    walk.to(StageKind.CLOSED)
    client = client_of(walk.officer, language)
    assert client.get(reverse("cases:statistics"), {"days": "1095"}).status_code == 200
    assert client.get(reverse("cases:statistics"), {"days": "7"}).status_code == 404
    for kind in ("csv", "xlsx"):
        assert client.get(reverse("cases:statistics-export", args=[kind])).status_code == 200
