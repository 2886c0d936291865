"""What officers do about alerts, what the clock does, and that nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.alert_queries import (
    Show,
    Wanted,
    figures_of_rules,
    officers_for,
    queue_of,
    watched_episodes,
)
from shidian.apps.supervision.board import board
from shidian.apps.supervision.domain import alerts
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import AlertEpisode, AlertItem, AlertStep, EpisodeState
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.items import Change
from tests.factories import Walk

from .things import BREACH, WARNING, item, quick_pilot

pytestmark = pytest.mark.rendering
REASON = "测试环境压测，并非真实委托"


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def episode(pilot):
    projection.apply_items([item(pilot, 1, rung=WARNING)])
    return AlertEpisode.objects.get()


def fresh(episode) -> AlertEpisode:
    return AlertEpisode.objects.get(pk=episode.pk)


def get(client, person, name, *args, query="", language="en"):
    client.force_login(person)
    return client.get(reverse(name, args=args) + query, headers={"accept-language": language})


# What is kept, and for how long.


def test_an_episode_is_received_when_its_first_item_was_whatever_is_rebuilt(pilot, walk):
    projection.apply_items([item(pilot, 1, rung=WARNING)])
    projection.apply_items([item(pilot, 2, Change.ESCALATED, rung=BREACH)])
    projection.apply_items(
        [item(pilot, 3, episode="e2"), item(pilot, 4, Change.RESOLVED, end_us=9)]
    )
    episode = AlertEpisode.objects.get(episode="e1")
    alerts.mute_alert(
        episode=episode,
        level="breach",
        until=timezone.now() + timedelta(days=1),
        reason=REASON,
        by=walk.officer,
    )
    alerts.assign_alert(episode=episode, to=walk.officer, by=walk.officer)
    first, second = AlertItem.objects.order_by("seq")[:2]
    assert (fresh(episode).opened_at, fresh(episode).level_at) == (
        first.received_at,
        second.received_at,
    )

    before = list(AlertEpisode.objects.order_by("episode").values())
    assert projection.rebuild_episodes() == 2
    after = list(AlertEpisode.objects.order_by("episode").values())
    for rows in (before, after):
        for row in rows:
            del row["id"], row["changed_at"]
    assert after == before


def test_steps_are_append_only(episode, walk):
    alerts.note_on_alert(episode=episode, text="查看", by=walk.officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertStep.objects.update(text="别的")
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertStep.objects.all().delete()


@pytest.mark.parametrize("who", ["drafter", "rival_signer", "outsider", "national", "auditor"])
def test_only_who_supervises_acts(episode, world, who):
    with pytest.raises(ForbiddenError):
        alerts.note_on_alert(episode=episode, text="x", by=getattr(world, who))
    assert not AlertStep.objects.exists()


def test_an_alert_is_given_to_officers_of_its_authorities_alone(episode, walk, world):
    for person in (world.drafter, world.outsider, world.national):
        with pytest.raises(SupervisionError):
            alerts.assign_alert(episode=episode, to=person, by=walk.officer)
    colleague = world.signing_officer["finance"]
    assert {walk.officer, colleague} <= set(officers_for(walk.case))
    assert not {world.drafter, world.outsider} & set(officers_for(walk.case))
    alerts.assign_alert(episode=episode, to=colleague, by=walk.officer)
    assert fresh(episode).assignee == colleague
    assert fresh(episode).seen_rank == 0  # that somebody shall look is not that somebody has


def test_a_link_is_to_something_of_the_same_pilot(episode, walk, world):
    for kind, name in (("order", "D-1999-0001"), ("case", walk.case.reference)):
        with pytest.raises(SupervisionError):
            alerts.link_alert(episode=episode, kind=kind, name=name, by=walk.officer)


def test_a_refused_step_writes_nothing(episode, walk):
    with pytest.raises(SupervisionError):
        alerts.mark_false_positive(episode=episode, level="warning", reason=" ", by=walk.officer)
    with pytest.raises(SupervisionError):
        alerts.mute_alert(
            episode=episode, level="warning", until=timezone.now(), reason="x", by=walk.officer
        )
    with pytest.raises(SupervisionError):  # seen in advance, a rise would not ask
        alerts.mute_alert(
            episode=episode,
            level="critical",
            until=timezone.now() + timedelta(hours=1),
            reason="x",
            by=walk.officer,
        )
    assert not AlertStep.objects.exists()
    assert fresh(episode).muted_until is None


# Lists: what is open now, what is counted.


def muted(episode, walk, *, hours=1):
    return alerts.mute_alert(
        episode=episode,
        level=episode.level,
        until=timezone.now() + timedelta(hours=hours),
        reason=REASON,
        by=walk.officer,
    )


def listed(person, **more):
    return [one.episode for one in queue_of(watched_episodes(person), Wanted(**more))]


def test_a_muted_alert_leaves_what_is_open_now_and_nothing_else(client, episode, pilot, walk):
    muted(episode, walk)
    assert listed(walk.officer) == []
    assert listed(walk.officer, show=Show.MUTED) == listed(walk.officer, show=Show.OPEN) == ["e1"]
    (tile,) = board(walk.officer).tiles
    assert (tile.episodes, tile.worst) == ((), "")
    assert tile.alerts.counts == [("warning", 1)]
    assert tile.alerts.muted_count == 1
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id).text
    assert "Surge of failed orders" in page
    assert "muted until" in page
    (figures,) = figures_of_rules(watched_episodes(walk.officer), Wanted())
    assert figures.episodes == 1


def test_a_muted_alert_that_rises_is_heard_again(episode, pilot, walk):
    muted(episode, walk)
    projection.apply_items([item(pilot, 2, Change.ESCALATED, rung=BREACH)])
    assert listed(walk.officer) == ["e1"]
    (tile,) = board(walk.officer).tiles
    assert (tile.worst, tile.unseen, tile.alerts.muted_count) == ("breach", 1, 0)


def test_a_mute_that_is_over_hides_nothing(episode, walk, time_machine):
    muted(episode, walk)
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    assert listed(walk.officer) == ["e1"]


def test_an_alert_that_opened_and_ended_unseen_is_asked_for(pilot, walk):
    projection.apply_items([item(pilot, 1), item(pilot, 2, Change.RESOLVED, end_us=9)])
    assert AlertEpisode.objects.get().state == EpisodeState.ENDED
    assert listed(walk.officer) == listed(walk.officer, show=Show.UNSEEN) == ["e1"]
    (tile,) = board(walk.officer).tiles
    assert (tile.unseen, tile.alerts.counts) == (1, [])


def test_what_was_withdrawn_asks_nobody(pilot, walk):
    projection.apply_items([item(pilot, 1), item(pilot, 2, Change.WITHDRAWN)])
    assert listed(walk.officer) == []
    assert listed(walk.officer, show=Show.WITHDRAWN) == ["e1"]
    assert alerts.escalate_due_alerts(timezone.now() + timedelta(days=9)) == 0


def test_the_queue_is_narrowed_by_what_the_address_says(client, pilot, walk, world):
    projection.apply_items(
        [item(pilot, 1, rung=WARNING), item(pilot, 2, episode="e2", rung=BREACH)]
    )
    other = quick_pilot(Walk(world, title="另一项目"))
    projection.apply_items([item(other, 3, episode="e3", rung=WARNING)])
    mine = AlertEpisode.objects.get(episode="e2")
    alerts.assign_alert(episode=mine, to=walk.officer, by=walk.officer)

    def shown(query):
        page = get(client, walk.officer, "supervision:alerts", query=query)
        assert page.status_code == 200
        return [name for name in ("e1", "e2", "e3") if f"/alerts/{name}/" in page.text]

    assert shown("") == ["e1", "e2", "e3"]
    assert shown(f"?pilot={pilot.public_id}") == ["e1", "e2"]
    assert shown("?level=breach") == ["e2"]
    assert shown("?assigned=me") == ["e2"]
    assert shown("?assigned=nobody") == ["e1", "e3"]
    assert shown("?state=ended") == []
    assert shown("?state=all&days=7") == ["e1", "e2", "e3"]
    for wrong in ("?state=x", "?level=<b>", "?pilot=a'b", "?days=2", "?assigned=0"):
        page = get(client, walk.officer, "supervision:alerts", query=wrong)
        assert page.status_code == 422


def test_a_rules_figures_are_measured_from_when_the_alert_was_received(pilot, walk):
    projection.apply_items([item(pilot, seq, episode=f"e{seq}") for seq in (1, 2, 3, 4)])
    projection.apply_items([item(pilot, 5, Change.WITHDRAWN, episode="e4")])
    opened = AlertEpisode.objects.get(episode="e1").opened_at
    for name, minutes in (("e1", 10), ("e2", 30)):
        alerts.acknowledge_alert(
            episode=AlertEpisode.objects.get(episode=name),
            level="breach",
            by=walk.officer,
            at=opened + timedelta(minutes=minutes),
        )
    alerts.mark_false_positive(
        episode=AlertEpisode.objects.get(episode="e1"),
        level="breach",
        reason=REASON,
        by=walk.officer,
    )
    projection.rebuild_episodes()
    (figures,) = figures_of_rules(watched_episodes(walk.officer), Wanted())
    assert (figures.episodes, figures.withdrawn, figures.unseen) == (3, 1, 1)
    assert figures.false_positives == 1
    assert figures.false_per_cent == pytest.approx(100 / 3)
    assert figures.wait == timedelta(minutes=20)


# The clock.


def mails():
    return list(Outbox.objects.filter(topic="mail.signing-officer", payload__kind="alert.raised"))


def test_what_nobody_acknowledges_is_raised_once(pilot, walk):
    projection.apply_items([item(pilot, seq, episode=f"e{seq}") for seq in (1, 2)])
    opened = AlertEpisode.objects.first().level_at
    assert alerts.escalate_due_alerts(opened + timedelta(minutes=59)) == 0
    assert alerts.escalate_due_alerts(opened + timedelta(minutes=61)) == 2
    (mail,) = mails()  # one for the pilot, not one an alert
    assert mail.case == walk.case
    assert alerts.escalate_due_alerts(opened + timedelta(days=3)) == 0
    assert len(mails()) == 1
    step = AlertStep.objects.filter(kind="escalate").first()
    assert (step.by, step.office) == (None, "signing-officer")
    assert {"rule", "rulebook", "software"} <= step.automatic.keys()
    assert listed(walk.officer, show=Show.RAISED) == ["e2", "e1"]


def test_a_rise_is_raised_once_more_and_an_acknowledgement_ends_it(pilot, episode, walk):
    later = episode.level_at + timedelta(days=2)
    assert alerts.escalate_due_alerts(later) == 1
    projection.apply_items([item(pilot, 2, Change.ESCALATED, rung=BREACH)])
    assert alerts.escalate_due_alerts(later) == 1
    alerts.acknowledge_alert(episode=episode, level="breach", by=walk.officer)
    assert listed(walk.officer, show=Show.RAISED) == []
    assert alerts.escalate_due_alerts(later) == 0


@pytest.mark.parametrize("act", ["acknowledge", "mute", "false-positive"])
def test_what_an_officer_has_seen_is_not_raised(episode, walk, act):
    if act == "acknowledge":
        alerts.acknowledge_alert(episode=episode, level="warning", by=walk.officer)
    elif act == "mute":
        muted(episode, walk)
    else:
        alerts.mark_false_positive(episode=episode, level="warning", reason=REASON, by=walk.officer)
    assert alerts.escalate_due_alerts(timezone.now() + timedelta(days=9)) == 0


# Pages, and who sees what on them.

SECRET = "内部研判字样"


def test_nothing_that_officers_do_reaches_the_institution_or_the_public(
    client, episode, pilot, walk, world
):
    alerts.assign_alert(episode=episode, to=walk.officer, by=walk.officer, note=SECRET)
    alerts.note_on_alert(episode=episode, text=SECRET, by=walk.officer)
    alerts.mark_false_positive(episode=episode, level="warning", reason=SECRET, by=walk.officer)
    muted(episode, walk)
    alerts.escalate_due_alerts(timezone.now() + timedelta(days=9))
    ours = (SECRET, "false positive", "muted", walk.officer.name, "act-note", "acknowledge/")
    pages = [("supervision:pilot", pilot.public_id), ("supervision:pilot-live", pilot.public_id)]
    pages.append(("supervision:alert", pilot.public_id, "e1"))
    for person in (world.drafter, world.signer):
        for name, *args in pages:
            page = get(client, person, name, *args)
            assert page.status_code == 200
            assert "Surge of failed orders" in page.text
            assert [word for word in ours if word in page.text] == []
        for name in ("supervision:alerts", "supervision:board"):
            assert get(client, person, name).status_code == 404
    officer = get(client, walk.officer, *pages[-1]).text
    assert SECRET in officer
    client.logout()
    assert SECRET not in client.get(reverse("pilot", args=[pilot.public_id])).text


def test_who_may_not_see_the_case_sees_no_alert_of_it(client, episode, pilot, world):
    for person in (world.outsider, world.rival_signer):
        assert get(client, person, "supervision:alert", pilot.public_id, "e1").status_code == 404
        assert not watched_episodes(person).exists()
    page = get(client, world.outsider, "supervision:alerts", query="?state=all")
    assert "e1" not in page.text


def test_an_alerts_page_says_what_governs_and_until_when_it_waits(client, episode, pilot, walk):
    for language, words in (("zh-hans", "委托失败激增"), ("en", "Surge of failed orders")):
        page = get(
            client, walk.officer, "supervision:alert", pilot.public_id, "e1", language=language
        )
        assert page.status_code == 200
        assert words in page.text
    assert "it is raised to the signing officers" in page.text
    assert "An alert is raised when" in page.text  # the rulebook's own article
    assert get(client, walk.officer, "supervision:alert", pilot.public_id, "no").status_code == 404


def post(client, person, pilot, act, **data):
    client.force_login(person)
    address = reverse("supervision:alert-act", args=[pilot.public_id, "e1", act])
    return client.post(address, data, headers={"accept-language": "en"})


def test_each_act_of_the_page_does_what_it_says(client, episode, pilot, walk):
    officer = walk.officer
    for act, data in (
        ("acknowledge", {"level": "warning", "text": ""}),
        ("assign", {"to": str(officer.pk)}),
        ("note", {"text": "已电话核实"}),
        ("false-positive", {"level": "warning", "text": REASON}),
        ("stands", {"text": "复核后不成立"}),
        ("mute", {"level": "warning", "hours": "24", "text": REASON}),
        ("unmute", {"text": ""}),
    ):
        assert post(client, officer, pilot, act, **data).status_code == 302, act
    kinds = list(AlertStep.objects.values_list("kind", flat=True))
    assert kinds == ["acknowledge", "assign", "note", "false-positive", "stands", "mute", "unmute"]
    now = fresh(episode)
    assert (now.assignee, now.false_positive, now.muted_until) == (officer, False, None)


def test_a_refused_act_keeps_what_was_typed(client, episode, pilot, walk):
    page = post(client, walk.officer, pilot, "mute", level="critical", hours="24", text=SECRET)
    assert page.status_code == 422
    assert SECRET in page.text
    assert post(client, walk.officer, pilot, "note", text="").status_code == 422
    assert post(client, walk.officer, pilot, "escalate").status_code == 404
    assert not AlertStep.objects.exists()


@pytest.mark.parametrize("who", ["drafter", "rival_signer", "outsider", "national", "auditor"])
def test_who_does_not_supervise_posts_into_nothing(client, episode, pilot, world, who):
    answer = post(client, getattr(world, who), pilot, "note", text="x")
    assert answer.status_code == 404
    assert not AlertStep.objects.exists()


def test_the_queue_costs_the_same_for_one_alert_and_a_page_full(client, pilot, walk):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert get(client, walk.officer, "supervision:alerts").status_code == 200
        return len(captured)

    projection.apply_items([item(pilot, 1, episode="e1")])
    cost()
    one = cost()
    projection.apply_items([item(pilot, seq, episode=f"e{seq}") for seq in range(2, 40)])
    for episode in AlertEpisode.objects.all()[:5]:
        alerts.acknowledge_alert(episode=episode, level="breach", by=walk.officer)
    assert cost() == one
