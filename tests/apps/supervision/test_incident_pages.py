"""Incidents through the pages: reported twice at once, noted by telephone, handled, published."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.incident_words import shown_facts
from shidian.apps.supervision.models import Incident
from shidian.apps.supervision.publish.incidents import incident_lines
from shidian.core.procedure.incidents import IncidentFacts
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
from tests.apps.supervision.things import quick_pilot


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk, at=timezone.now() - timedelta(days=30))


@pytest.fixture
def address(pilot):
    return f"/supervision/pilots/{pilot.public_id}/incidents/"


def report_of(**more) -> dict[str, object]:
    moment = timezone.localtime() - timedelta(minutes=10)
    values = {
        "title": TITLE,
        "severity": "major",
        "occurred_at": f"{moment:%Y-%m-%dT%H:%M}",
        "known_at": f"{moment:%Y-%m-%dT%H:%M}",
        "text": TEXT,
        "investors": "2",
        "losses": "inv-1, 5, 5",
        "market": "none",
        "cause": "data",
        "seen": "0",
    }
    return values | more


def hidden(page: str, name: str) -> str:
    tags = [tag for tag in re.findall(r"<input[^>]+>", page) if f'name="{name}"' in tag]
    found = re.search(r'value="(\d+)"', tags[0])
    assert found is not None
    return found[1]


def test_two_people_report_at_once_and_the_second_says_whether_it_is_the_same(
    pilot, walk, address
) -> None:
    first, second = client_of(walk.world.signer), client_of(walk.world.drafter)
    assert hidden(second.get(f"{address}new/").text, "seen") == "0"
    assert first.post(f"{address}new/", report_of()).status_code == 302
    asked = second.post(f"{address}new/", report_of(text="客户来电反映"))
    assert asked.status_code == 409
    assert "客户来电反映" in asked.text, "nothing that was typed is lost"
    assert Incident.objects.count() == 1
    again = {name: hidden(asked.text, name) for name in ("seen", "first_seen")}
    unsaid = second.post(f"{address}new/", report_of(**again))
    assert unsaid.status_code == 422
    said = report_of(**again, text="客户来电反映", same_as="1")
    assert second.post(f"{address}new/", said).status_code == 302
    assert list(Incident.objects.get().steps.values_list("kind", flat=True)) == ["reported", "also"]
    other = report_of(**again, same_as="another")
    assert second.post(f"{address}new/", other).status_code == 302
    assert Incident.objects.count() == 2


def test_a_firm_that_reports_what_an_officer_noted_confirms_it(pilot, walk, address) -> None:
    officer, firm = client_of(walk.world.case_officer["bureau"]), client_of(walk.world.signer)
    call = report_of(caller="运维主管")
    assert officer.post(f"{address}phone/", call).status_code == 302
    asked = firm.post(f"{address}new/", report_of())
    assert asked.status_code == 409
    again = {name: hidden(asked.text, name) for name in ("seen", "first_seen")}
    assert firm.post(f"{address}new/", report_of(**again, same_as="1")).status_code == 302
    incident = Incident.objects.get()
    assert (incident.state, incident.loss_fen) == ("open", 500)
    assert officer.post(f"{address}phone/", call).status_code == 409


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"losses": "a, 1"}, 422),
        ({"title": ""}, 422),
        ({"investors": "-1"}, 422),
        ({"severity": "none"}, 422),
        ({"occurred_at": "yesterday"}, 422),
        ({"known_at": "2099-01-01T00:00"}, 422),
        ({"seen": "x"}, 422),
        ({"seen": "0", "first_seen": "x", "same_as": "9"}, 302),
    ],
)
def test_a_report_that_cannot_be_taken_is_shown_again(
    pilot,
    walk,
    address,
    more,
    status,
) -> None:
    answer = client_of(walk.world.signer).post(f"{address}new/", report_of(**more))
    assert answer.status_code == status
    assert Incident.objects.count() == (status == 302)


def test_officer_and_firm_work_through_the_page(pilot, walk, address) -> None:
    incident = reported(pilot, walk.world.signer, timezone.now())
    other = reported(pilot, walk.world.signer, timezone.now(), title="另一事件")
    officer, firm = client_of(walk.world.case_officer["bureau"]), client_of(walk.world.signer)
    page = f"{address}1/"
    assert officer.post(f"{page}handle/ask/", {"ask-text": " "}).status_code == 422
    assert officer.post(f"{page}handle/ask/", {"ask-text": "哪些？"}).status_code == 302
    assert officer.post(f"{page}handle/close/", {}).status_code == 404
    assert firm.post(f"{page}respond/ask/", {}).status_code == 404
    assert firm.post(f"{page}handle/ask/", {"ask-text": "x"}).status_code == 404
    shown = firm.get(page).text
    assert "哪些？" in shown
    assert "handle/" not in shown
    answer = {"answer-question": "1", "answer-text": "两名"}
    assert firm.post(f"{page}respond/answer/", answer).status_code == 302
    graded = {"grade-severity": "grave", "grade-text": "波及市场"}
    assert officer.post(f"{page}handle/grade/", graded).status_code == 302
    assert officer.post(f"{page}handle/note/", {"note-text": "内部备注字样"}).status_code == 302
    assert "内部备注字样" not in firm.get(page).text
    merged = {"merge-into": str(other.number), "merge-text": "同一事件"}
    assert officer.post(f"{page}handle/merge/", merged).status_code == 302
    assert other.reference in firm.get(page).text
    incident.refresh_from_db()
    assert (incident.state, incident.severity) == ("merged", "grave")
    listed = officer.get("/supervision/incidents/?state=all").text
    assert TITLE in listed
    assert TITLE not in officer.get("/supervision/incidents/").text
    assert officer.get("/supervision/incidents/?state=nothing").status_code == 422


def test_the_public_reads_incidents_only_where_the_register_has_them(pilot, walk) -> None:
    incident = reported(pilot, walk.world.signer, timezone.now())
    assert incident_lines(pilot, "en") == []
    rulebook = pilot.case.rulebook
    public = rulebook.public_register.model_copy(update={"public": ("incidents",)})
    opened = rulebook.model_copy(update={"public_register": public})
    lines = _lines(pilot, opened)
    assert [(one["id"], one["grade"]) for one in lines] == [(incident.reference, "Major")]
    said = str(lines)
    assert TITLE not in said
    assert TEXT not in said
    closed(incident, walk.world.signer, timezone.now() + timedelta(hours=1), OPEN_FACTS)
    (line,) = _lines(pilot, opened)
    assert line["cause"].startswith("cyber")
    assert line["closed_at"]
    assert "12050" not in str(line)


def _lines(pilot, rulebook):
    from unittest.mock import PropertyMock, patch

    from shidian.apps.cases.models import Case

    with patch.object(Case, "rulebook", new_callable=PropertyMock, return_value=rulebook):
        return incident_lines(pilot, "en")


def test_sums_are_shown_in_major_units() -> None:
    shown = shown_facts(FACTS)
    assert shown is not None
    assert (shown.loss, shown.paid, shown.open, shown.made_good) == (
        "120.51",
        "120.51",
        "0.00",
        True,
    )
    assert shown_facts(OPEN_FACTS).open == "120.00"
    assert shown_facts(IncidentFacts()).made_good
    assert shown_facts(None) is None


def test_a_telephone_note_is_not_public_before_it_is_confirmed(pilot, walk) -> None:
    verbs.note_telephone_report(
        pilot=pilot,
        told=told(timezone.now()),
        caller="运维主管",
        seen=0,
        by=walk.world.case_officer["bureau"],
    )
    rulebook = pilot.case.rulebook
    public = rulebook.public_register.model_copy(update={"public": ("incidents",)})
    assert _lines(pilot, rulebook.model_copy(update={"public_register": public})) == []


@pytest.mark.parametrize("name", ["cases:queue", "supervision:alerts", "supervision:incidents"])
def test_a_list_that_is_empty_says_what_will_stand_in_it(walk, name) -> None:
    page = client_of(walk.world.case_officer["bureau"]).get(reverse(name))

    assert page.status_code == 200
    assert 'class="empty' in page.content.decode()
