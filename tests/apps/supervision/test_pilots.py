"""Pilots begin and end with their cases; plans go down; keys are bound; acts reach the outbox."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.board import board
from shidian.apps.supervision.domain import alerts, control, keys, pilots
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.models import AlertEpisode, MachineKey, Pilot, PilotState, PlanVersion
from shidian.apps.supervision.queries import limits_with_use, shown_episodes
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.items import Change
from shidian.core.rulebook.model import StageKind, Text
from shidian.core.rulebook.problems import Problem
from shidian.core.rulebook.retention import kept_until
from shidian_kit.wire import keys as wire_keys

from .plans import tightened
from .things import BREACH, WARNING, item, quick_pilot, run_outbox, running_pilot


def controls(kind: str) -> list[Outbox]:
    return list(Outbox.objects.filter(topic=control.TOPIC, payload__kind=kind).order_by("pk"))


def public_key() -> str:
    return wire_keys.public_text(wire_keys.generate().public_key())


def test_admission_starts_the_pilot_once(walk):
    pilot = running_pilot(walk)
    run_outbox()
    assert pilots.start_pilot(case=walk.case, plan={}) == pilot
    assert Pilot.objects.count() == 1
    assert pilot.state == PilotState.RUNNING
    assert pilot.public_id == f"P-{pilot.starts_on.year}-0001"
    assert pilot.ends_on > pilot.starts_on
    assert set(pilot.automatic["started"]) == {"rule", "rulebook", "software"}
    (activation,) = controls("activation")
    assert activation.payload["plan"]["investors_max"] == "100"
    assert "document" not in activation.payload


def test_what_cannot_be_executed_blocks_activation_and_is_listed(walk, monkeypatch):
    walk.to(StageKind.RUNNING)
    message = Text(zh="尚不能执行：take: max", en="not executable yet: take: max")
    expected = Text(zh="可用 sum", en="sum runs")
    problem = Problem("/indicators/x/take", "demo", 0, message, expected)
    monkeypatch.setattr(pilots, "not_executable", lambda rulebook: (problem,))
    run_outbox()
    pilot = Pilot.objects.get()
    assert pilot.state == PilotState.PENDING
    assert pilot.problems[0]["path"] == "/indicators/x/take"
    assert controls("activation") == []
    with pytest.raises(SupervisionError):
        keys.register_machine_key(pilot=pilot, source="a", public_key=public_key(), by=None)


def with_rules(monkeypatch, pilot_or_walk, **changes):
    """The rulebook of the case, with other words, wherever it is read."""
    loaded = pilots.loaded_rulebook(pilot_or_walk.case.rulebook_version_id)
    changed = replace(loaded, rulebook=loaded.rulebook.model_copy(update=changes))
    monkeypatch.setattr(pilots, "loaded_rulebook", lambda version: changed)
    monkeypatch.setattr("shidian.apps.cases.models.Case.rulebook", changed.rulebook)
    return changed.rulebook


def test_another_stage_of_the_case_is_told_to_the_journal_where_limits_differ(walk, monkeypatch):
    pilot = quick_pilot(walk)
    pilots.enter_stage(pilot=pilot, stage="second")
    assert controls("plan") == []
    limits = tuple(
        one.model_copy(update={"stages": ("second",)}) if one.id == "cap-investors" else one
        for one in pilot.case.rulebook.limits
    )
    with_rules(monkeypatch, pilot, limits=limits)
    before = {use.limit.id for use in limits_with_use(pilot)}
    pilots.enter_stage(pilot=pilot, stage="second")
    (record,) = controls("plan")
    assert record.payload["stage"] == "second"
    assert record.payload["plan"] == PlanVersion.objects.get().values
    pilot.case.stage = "second"
    assert {use.limit.id for use in limits_with_use(pilot)} - before == {"cap-investors"}


def test_trading_days_beyond_the_calendar_hold_the_pilot_back_until_it_is_loaded(walk, monkeypatch):
    walk.to(StageKind.RUNNING)
    indicators = tuple(
        one.model_copy(update={"window": "trading-day"}) if one.id == "turnover_1d" else one
        for one in walk.case.rulebook.indicators
    )
    rules = with_rules(monkeypatch, walk, indicators=indicators)
    monkeypatch.setattr(pilots, "trading_days_of", lambda rulebook: ())
    run_outbox()
    pilot = Pilot.objects.get()
    assert pilot.state == PilotState.PENDING
    assert [one["path"] for one in pilot.problems] == ["/calendars/market"]
    ends = pilot.ends_on
    monkeypatch.setattr(pilots, "trading_days_of", lambda rulebook: (pilot.starts_on, ends))
    pilots.renew_calendar(calendar="other")
    assert controls("activation") == []
    pilots.renew_calendar(calendar=rules.calendars.market)
    pilot.refresh_from_db()
    assert (pilot.state, pilot.problems) == (PilotState.RUNNING, [])
    (activation,) = controls("activation")
    assert len(activation.payload["calendars"]["trading-day"]) == 2


def test_public_ids_count_up(walk, world):
    from tests.factories import Walk

    first = quick_pilot(walk)
    second = quick_pilot(Walk(world, title="另一项目"))
    assert int(second.public_id[-4:]) == int(first.public_id[-4:]) + 1


def test_closing_the_case_closes_the_pilot_and_revokes_its_keys(walk):
    pilot = running_pilot(walk)
    keys.register_machine_key(pilot=pilot, source="orders-1", public_key=public_key(), by=None)
    walk.begin_evaluation()
    walk.close()
    run_outbox()
    pilot.refresh_from_db()
    assert pilot.state == PilotState.CLOSED
    assert [row.payload["revoked"] for row in controls("key")] == [False, True]
    (closing,) = controls("closing")
    assert closing.payload["outcome"] == "graduated"
    assert closing.payload["effective_us"] == to_us(pilot.closed_at)
    until = kept_until(pilot.case.rulebook, "graduated", pilot.closed_at)
    assert closing.payload["keep_until_us"] == to_us(until)
    assert until > pilot.closed_at
    pilots.close_pilot(pilot=pilot, outcome="graduated")
    assert len(controls("closing")) == 1


def test_a_plan_goes_down_with_a_reason(walk):
    pilot = quick_pilot(walk)
    version = tightened(
        pilot=pilot, values={"investors_max": "60"}, reason="投诉较多", by=walk.officer
    )
    assert version.number == 2
    assert version.values["investors_max"] == "60"
    (record,) = controls("plan")
    assert record.payload["plan"] == version.values
    assert version.outbox_id == record.pk


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"investors_max": "101"}, "理由"),
        ({"investors_max": "60"}, " "),
        ({"investors_max": "100"}, "理由"),
        ({"investors_max": "-1"}, "理由"),
        ({"investors_max": "NaN"}, "理由"),
        ({"investors_max": "1e-999999"}, "理由"),
        ({"investors_max": "ten"}, "理由"),
        ({"unknown": "1"}, "理由"),
    ],
)
def test_a_plan_that_is_not_lowered_rightly_is_refused_and_nothing_is_written(walk, values, reason):
    pilot = quick_pilot(walk)
    with pytest.raises(SupervisionError):
        tightened(pilot=pilot, values=values, reason=reason, by=walk.officer)
    assert PlanVersion.objects.count() == 1
    assert controls("plan") == []


def test_what_scales_with_a_lowered_value_goes_down_in_proportion(walk, monkeypatch):
    pilot = quick_pilot(walk)
    rules = pilot.case.rulebook
    plan = tuple(
        one.model_copy(update={"scales_with": "investors_max"}) if one.id == "losses_max" else one
        for one in rules.plan
    )
    monkeypatch.setattr(
        "shidian.apps.cases.models.Case.rulebook", rules.model_copy(update={"plan": plan})
    )
    agreed = PlanVersion.objects.get().values
    sent = {
        **agreed,
        "investors_max": "60",
    }  # as the page sends it: all values, one of them changed
    version = tightened(pilot=pilot, values=sent, reason="投诉较多", by=walk.officer)
    assert Decimal(version.values["losses_max"]) == Decimal(agreed["losses_max"]) * 60 / 100
    assert version.values["turnover_daily_max"] == agreed["turnover_daily_max"]
    (record,) = controls("plan")
    assert record.payload["plan"] == version.values


def test_plan_versions_are_append_only(walk):
    quick_pilot(walk)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanVersion.objects.update(reason="x")


def test_a_key_is_registered_once_and_bound_to_its_place(walk):
    pilot = quick_pilot(walk)
    text = public_key()
    first = keys.register_machine_key(pilot=pilot, source="a", public_key=text, by=None)
    assert keys.register_machine_key(pilot=pilot, source="a", public_key=text, by=None) == first
    with pytest.raises(SupervisionError):
        keys.register_machine_key(pilot=pilot, source="b", public_key=text, by=None)
    keys.revoke_machine_key(key=first, by=None)
    with pytest.raises(SupervisionError):
        keys.register_machine_key(pilot=pilot, source="a", public_key=text, by=None)
    assert MachineKey.objects.count() == 1


@pytest.mark.parametrize("source", ["", "A", "a b", "-a", "a" * 64, "../x"])
def test_a_malformed_source_is_refused(walk, source):
    pilot = quick_pilot(walk)
    with pytest.raises(SupervisionError):
        keys.register_machine_key(pilot=pilot, source=source, public_key=public_key(), by=None)


def test_a_malformed_key_is_refused(walk):
    pilot = quick_pilot(walk)
    with pytest.raises(SupervisionError) as refusal:
        keys.register_machine_key(pilot=pilot, source="a", public_key="ssh-rsa AAAA", by=None)
    assert refusal.value.field == "public_key"


def test_an_alert_that_rises_asks_to_be_seen_again(walk):
    pilot = quick_pilot(walk)
    projection.apply_items([item(pilot, 1, rung=WARNING)])
    episode = AlertEpisode.objects.get()
    alerts.acknowledge_alert(episode=episode, level="warning", by=walk.officer)
    assert not shown_episodes(AlertEpisode.objects.all())[0].unseen
    projection.apply_items([item(pilot, 2, Change.ESCALATED, rung=BREACH)])
    assert shown_episodes(AlertEpisode.objects.all())[0].unseen


@pytest.mark.parametrize("level", ["breach", "critical", "nonsense", ""])
def test_an_alert_cannot_be_seen_above_the_level_it_has(walk, level):
    pilot = quick_pilot(walk)
    projection.apply_items([item(pilot, 1, rung=WARNING)])
    with pytest.raises(SupervisionError):
        alerts.acknowledge_alert(episode=AlertEpisode.objects.get(), level=level, by=walk.officer)
    assert shown_episodes(AlertEpisode.objects.all())[0].unseen


@pytest.mark.parametrize("who", ["outsider", "drafter"])
def test_verbs_ask_for_themselves_who_may_do_them(walk, world, who):
    pilot, person = quick_pilot(walk), getattr(world, who)
    projection.apply_items([item(pilot, 1, rung=WARNING)])
    key = keys.register_machine_key(pilot=pilot, source="a", public_key=public_key(), by=None)
    verbs = [
        lambda: keys.register_machine_key(
            pilot=pilot, source="b", public_key=public_key(), by=person
        ),
        lambda: keys.revoke_machine_key(key=key, by=person),
        lambda: tightened(pilot=pilot, values={"investors_max": "1"}, reason="理由", by=person),
        lambda: alerts.acknowledge_alert(
            episode=AlertEpisode.objects.get(), level="warning", by=person
        ),
    ]
    before = Outbox.objects.count()
    for verb in verbs:
        with pytest.raises(ForbiddenError):
            verb()
    assert Outbox.objects.count() == before


def test_the_board_puts_the_gravest_first(walk, world):
    from tests.factories import Walk

    quiet = quick_pilot(walk)
    loud = quick_pilot(Walk(world, title="另一项目"))
    projection.apply_items([item(loud, 1)])
    tiles = board(walk.officer).tiles
    assert [tile.pilot for tile in tiles] == [loud, quiet]
    assert (tiles[0].worst, tiles[0].unseen) == ("breach", 1)


@pytest.mark.parametrize("who", ["outsider", "rival_signer"])
def test_the_board_shows_nobody_what_they_may_not_see(walk, world, who):
    quick_pilot(walk)
    assert board(getattr(world, who)).tiles == []
