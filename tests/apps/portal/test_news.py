"""News, decisions on the home page, and last days for the public's calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.models import Case
from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.supervision.domain.exits import due_days
from shidian.apps.supervision.domain.pilots import close_pilot
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.publish import last_days as days_module
from shidian.apps.supervision.publish.last_days import last_days
from shidian.apps.supervision.publish.refresh import publish_home, publish_pilot
from shidian.apps.supervision.publish.schemes import home_figures
from shidian.core.exit.drill import Step
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import quick_pilot, run_outbox

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Walk

pytestmark = pytest.mark.django_db


def call(key: str, **more: str) -> None:
    body = {"slug": key, "title": f"征集 {key}", "scheme_title": "", "opens_on": "2020-01-01"}
    body |= {"closes_on": "", **more}
    publish_snapshot(kind=SnapshotKind.CALL, key=key, zh=body, en=body)


def test_the_newest_comes_first_and_says_when_it_is_not_new(client: Client) -> None:
    call("a")
    call("b")
    call("a", title="改过的征集")
    page = client.get(reverse("news"), headers={"accept-language": "en"}).text
    assert page.index("改过的征集") < page.index("征集 b")
    assert page.count("published anew") == 1


def test_news_asks_the_database_alike_for_one_and_for_many(client: Client) -> None:
    counts = []
    for n in (1, 3):
        for key in range(n):
            call(f"c-{n}-{key}")
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("news"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_only_decisions_on_published_cases_are_told(client: Client, walk: Walk) -> None:
    walk.to(StageKind.RUNNING)
    assert home_figures("en")["decisions"] == []  # nothing is published before the outbox ran
    run_outbox()
    publish_home()
    told = home_figures("en")["decisions"]
    assert [one["what"] for one in told][:1] == ["The pilot started"]
    assert {one["reference"] for one in told} == {walk.case.reference}
    page = client.get("/", headers={"accept-language": "en"}).text
    assert "Latest decisions" in page
    assert reverse("case-timeline", args=[walk.case.reference]) in page
    assert "Admitted with the consent of all authorities" in page


def test_last_days_that_are_to_come_are_in_the_calendar(client: Client) -> None:
    today = timezone.localdate()
    call("soon", closes_on=(today + timedelta(days=3)).isoformat(), title="近期; 征集,一\n行")
    call("past", closes_on=(today - timedelta(days=1)).isoformat())
    call("rolling")
    answer = client.get(reverse("public-calendar", args=["zh"]))
    assert answer["Content-Type"].startswith("text/calendar")
    text = answer.content.decode().replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 1
    assert f"DTSTART;VALUE=DATE:{today + timedelta(days=3):%Y%m%d}" in text
    assert "近期\\; 征集\\,一\\n行" in text
    assert "URL:http://testserver/calls/soon/" in text
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert client.get(reverse("public-calendar", args=["fr"])).status_code == 404


def days_in(client: Client) -> str:
    answer = client.get(reverse("public-calendar", args=["en"]))
    return answer.content.decode().replace("\r\n ", "")


def test_the_last_day_of_a_pilot_is_in_the_calendar_and_then_that_of_its_run_off(
    client: Client, walk: Walk
) -> None:
    pilot = quick_pilot(walk)
    run_outbox()
    with time_machine.travel(walk.tick(), tick=False):
        _last_days_are_told(client, pilot)


def _last_days_are_told(client: Client, pilot: Pilot) -> None:
    text = days_in(client)
    assert f"DTSTART;VALUE=DATE:{pilot.ends_on:%Y%m%d}" in text
    assert "SUMMARY:The pilot's term ends: " in text
    assert f"UID:pilot-term-{pilot.public_id}@testserver" in text

    close_pilot(pilot=pilot, outcome="withdrawn", at=timezone.now())
    publish_pilot(Pilot.objects.get(pk=pilot.pk))
    until = due_days(pilot.case, timezone.localdate())[Step.RUN_OFF]
    text = days_in(client)
    assert text.count("BEGIN:VEVENT") == 1
    assert f"DTSTART;VALUE=DATE:{until:%Y%m%d}" in text
    assert "SUMMARY:The pilot's run-off ends: " in text


def test_where_orders_are_not_public_the_calendar_does_not_tell_that_one_ended_a_pilot(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = quick_pilot(walk)
    Pilot.objects.filter(pk=pilot.pk).update(state="terminated")
    register = walk.world.rulebook.public_register
    rulebook = walk.world.rulebook

    def kinds(*names: str) -> list[str]:
        public = register.model_copy(update={"public": names})
        changed = rulebook.model_copy(update={"public_register": public})
        monkeypatch.setattr(Case, "rulebook", property(lambda _: changed))
        return [one["kind"] for one in last_days(Pilot.objects.get(pk=pilot.pk))]

    with monkeypatch.context() as patch:
        patch.setattr(days_module, "_ordered_at", lambda _: walk.at)
        assert kinds("dates", "orders") == ["run-off"]
        assert kinds("dates") == ["term"]
        assert kinds("orders") == []


def test_home_counts_down_to_last_days(client: Client) -> None:
    today = timezone.localdate()
    call("soon", closes_on=(today + timedelta(days=3)).isoformat())
    call("today", closes_on=today.isoformat())
    page = client.get("/", headers={"accept-language": "en"}).text
    assert "3 more days" in page
    assert "today is the last day" in page
