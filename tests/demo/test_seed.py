"""Demo City as loaded: a case in every stage, and what the tour promises is there."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from demo.abroad import SCHEMES
from demo.cast import PASSWORD, PLAYERS
from demo.days import Diary, anchor
from django.test import Client
from django.utils import timezone

from demo import seed, tour
from shidian.apps.accounts.models import Person
from shidian.apps.cases.calendars import load_calendars
from shidian.apps.cases.models import Case, CaseEvent, RulebookVersion, Scheme
from shidian.apps.lab.models import Difficulty, RulebookDraft
from shidian.apps.lab.publish.bodies import clauses_body
from shidian.apps.notices.models import Notice, PublishedSnapshot
from shidian.apps.supervision.models import Pilot
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from demo.director import Director
    from pytest_django import DjangoDbBlocker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""A Sunday, when the last working day is over for everyone."""


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Director:  # type: ignore[misc]
    """Loaded once for this module, in a transaction that is rolled back."""
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        load_calendars()
        yield seed.load(NOW)
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def test_there_is_a_case_in_every_stage() -> None:
    cases = Case.objects.filter(scheme__slug=seed.CITY)
    kinds = Counter(case.stage_rule.kind for case in cases)
    assert set(kinds) == set(StageKind)
    assert kinds[StageKind.RUNNING] == 3
    outcomes = set(cases.exclude(outcome="").values_list("outcome", flat=True))
    assert outcomes == {"graduated", "withdrawn", "rejected"}


def test_the_history_ends_on_the_morning_that_it_leads_up_to() -> None:
    """Whoever acts on a case next must not find that something later has happened to it."""
    last = CaseEvent.objects.latest("at").at
    assert last <= Diary(anchor(NOW)).on(0, "09:30")


def test_no_case_belongs_to_a_real_region() -> None:
    schemes = set(Case.objects.values_list("scheme__slug", flat=True))
    assert schemes == {seed.CITY, *(scheme.rulebook for scheme in SCHEMES)}
    assert all(slug.startswith(seed.DEMONSTRATION) for slug in schemes)


def test_history_lies_before_the_moment_of_loading_and_in_order() -> None:
    for case in Case.objects.all():
        moments = list(case.events.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert moments[-1] <= NOW


def test_officers_act_on_working_days_in_daytime() -> None:
    import chinese_calendar

    officers = CaseEvent.objects.filter(
        actor_kind__in=("officer", "signing-officer"), case__scheme__slug=seed.CITY
    )
    assert officers.exists()
    for event in officers:
        local = timezone.localtime(event.at)
        assert chinese_calendar.is_workday(local.date())
        assert 8 <= local.hour < 19


def test_one_request_is_open_and_one_authority_is_still_to_sign(city: Director) -> None:
    from shidian.apps.cases.history import state_of

    assert len(state_of(city.cases["hedging"]).open_requests) == 1
    assert not state_of(city.cases["roadshow"]).open_requests
    assert set(state_of(city.cases["settlement"]).signoffs) == {"finance"}


def test_an_expert_in_conflict_does_not_see_the_case(city: Director) -> None:
    barred = Person.objects.get(username="expert-7")
    scoring = Person.objects.get(username="expert-2")
    case = city.cases["suitability"]
    assert not Case.objects.visible_to(barred).filter(pk=case.pk).exists()
    assert Case.objects.visible_to(scoring).filter(pk=case.pk).exists()


def test_an_invited_expert_has_days_left_to_answer(city: Director) -> None:
    from shidian.apps.cases.models import Task

    today = timezone.localtime(NOW).date()
    panel = city.cases["suitability"].panels.get()
    assert panel.ends_on >= today + timedelta(days=3)
    due = Task.objects.filter(case=city.cases["suitability"], kind="expert", closed_at=None)
    assert {task.due for task in due} == {panel.ends_on}


def test_the_notice_is_open_with_an_answered_and_a_waiting_comment(city: Director) -> None:
    notice = Notice.objects.get(case=city.cases["voice"])
    assert notice.closes_on is not None
    assert notice.closes_on >= timezone.localtime(NOW).date()
    states = Counter(bool(comment.answer_zh) for comment in notice.comments.all())
    assert states == {True: 1, False: 1}


def test_earlier_edition_stays_with_the_cases_admitted_under_it(city: Director) -> None:
    versions = {
        project: case.rulebook_version.version
        for project, case in city.cases.items()
        if project in {"voucher", "kyc", "trading", "voice", "education"}
    }
    assert versions == {
        "voucher": "2025.1",
        "kyc": "2025.1",
        "trading": "2026.1",
        "voice": "2026.1",
        "education": "2026.1",
    }
    newest = RulebookVersion.objects.filter(scheme__slug=seed.CITY).latest("pk")
    assert newest.version == "2026.1"
    assert newest.digest == load_file(seed.RULEBOOKS / f"{seed.CITY}.yaml").digest


def test_drafts_were_adopted_and_rejected_and_one_is_before_the_public() -> None:
    states = dict(RulebookDraft.objects.values_list("number", "state"))
    assert states == {1: "published", 2: "rejected", 3: "draft"}
    clauses = clauses_body(Scheme.objects.get(slug=seed.CITY), "en")["clauses"]
    moves = {line["id"]: [move["adopted"] for move in line["moves"]] for line in clauses}
    assert moves == {"order-records": [True], "advice-confirmation": [False], "model-warning": []}
    assert Difficulty.objects.filter(evidence__isnull=False).distinct().count() == 3


def test_consultation_is_open_with_an_answered_and_a_waiting_comment() -> None:
    notice = Notice.objects.exclude(draft="").get()
    assert notice.closes_on is not None
    assert notice.closes_on >= timezone.localtime(NOW).date()
    states = Counter(bool(comment.answer_zh) for comment in notice.comments.all())
    assert states == {True: 1, False: 1}


def test_three_pilots_run_with_a_registered_key_each(city: Director) -> None:
    assert len(city.registrations) == 3
    for registration in city.registrations:
        pilot = Pilot.objects.get(public_id=registration.public_id)
        assert pilot.state == "running"
        assert pilot.machine_keys.filter(revoked_at=None).count() == 1
        assert registration.key_path.stat().st_mode & 0o077 == 0


def test_every_printed_account_can_sign_in() -> None:
    client = Client()
    for player in PLAYERS:
        if player.told:
            assert client.login(username=player.username, password=PASSWORD)


def test_every_step_of_the_tour_leads_to_a_page_its_reader_may_open() -> None:
    body = PublishedSnapshot.objects.get(kind="figures", key="tour").body_zh
    assert len(body["people"]) == len(tour.PARTS)
    for person in body["people"]:
        client = Client()
        if person["username"]:
            client.force_login(Person.objects.get(username=person["username"]))
        for step in person["steps"]:
            assert step["url"]
            # The public pages wait for the worker to publish; the staff's are there at once.
            if person["username"] and not step["url"].startswith("/rulebooks/"):
                assert client.get(step["url"]).status_code == 200, step["url"]
