"""What follows from a breach by the rulebook itself is recorded once, and never as an order."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shidian.apps.supervision.domain import pilots
from shidian.apps.supervision.models import Consequence, PilotState
from shidian.apps.supervision.publish.pilots import pilot_body
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.items import Change, Step
from shidian.core.rulebook.reading.words import ON_BREACH

from .things import BREACH, MINUTE_US, WARNING, item, quick_pilot

RULE = "cap-investors"


@pytest.fixture
def pilot(walk, monkeypatch):
    """A pilot whose permission ends by law when the cap is breached."""
    pilot = quick_pilot(walk)
    loaded = pilots.loaded_rulebook(pilot.case.rulebook_version_id)
    limits = tuple(
        one.model_copy(update={"on_breach": "end-permission"}) if one.id == RULE else one
        for one in loaded.rulebook.limits
    )
    rules = loaded.rulebook.model_copy(update={"limits": limits})
    monkeypatch.setattr("shidian.apps.cases.models.Case.rulebook", rules)
    return pilot


def state(seq, change=Change.OPENED, **more):
    return lambda pilot: projection.apply_items([item(pilot, seq, change, rule=RULE, **more)])


def test_breach_is_recorded_with_rule_rulebook_and_software_and_the_pilot_runs_on(pilot):
    state(1)(pilot)

    one = Consequence.objects.get()

    assert (one.kind, one.rule, one.item_seq, one.withdrawn_at) == ("end-permission", RULE, 1, None)
    assert one.automatic["rule"] == RULE
    assert set(one.automatic) == {"rule", "rulebook", "software"}
    pilot.refresh_from_db()
    assert pilot.state == PilotState.RUNNING


def test_warning_and_early_breach_have_no_effect_until_it_is_confirmed(pilot):
    state(1, rung=WARNING)(pilot)
    path = (Step(5 * MINUTE_US, WARNING), Step(6 * MINUTE_US, BREACH, early=True))
    state(2, Change.ESCALATED, path=path)(pilot)
    assert not Consequence.objects.exists()

    state(3, Change.CONFIRMED, path=(*path[:1], Step(6 * MINUTE_US, BREACH)))(pilot)

    assert Consequence.objects.get().item_seq == 3


def test_what_ended_does_not_end_again(pilot):
    state(1)(pilot)
    state(2, Change.RESOLVED, end_us=9 * MINUTE_US)(pilot)
    state(3, episode="e2")(pilot)

    assert [one.episode for one in Consequence.objects.all()] == ["e1"]


def test_breach_that_never_was_is_marked_and_another_one_counts(pilot):
    state(1)(pilot)
    state(2, Change.WITHDRAWN)(pilot)
    assert Consequence.objects.get().withdrawn_at is not None

    state(3, episode="e2")(pilot)

    standing = Consequence.objects.get(withdrawn_at=None)
    assert standing.episode == "e2"


def test_breach_amended_to_a_warning_is_no_ground_and_may_be_one_again(pilot):
    state(1)(pilot)
    state(2, Change.AMENDED, rung=WARNING)(pilot)
    assert Consequence.objects.get().withdrawn_at is not None

    state(3, Change.AMENDED)(pilot)

    assert Consequence.objects.get().withdrawn_at is None


def test_rules_that_leave_it_to_people_record_nothing(pilot):
    projection.apply_items([item(pilot, 1)])

    assert not Consequence.objects.exists()


def test_public_page_says_what_followed_and_what_was_withdrawn(pilot):
    state(1)(pilot)
    state(2, Change.WITHDRAWN)(pilot)

    [line] = pilot_body(pilot, "en")["consequences"]

    assert line["kind"] == "end-permission"
    assert line["withdrawn_at"]


def test_officer_reads_what_followed(pilot, walk, client):
    state(1)(pilot)
    client.force_login(walk.officer)

    page = client.get(reverse("supervision:pilot", args=[pilot.public_id])).content.decode()

    assert ON_BREACH["end-permission"].zh in page
    assert "并非主管部门作出的决定" in page
