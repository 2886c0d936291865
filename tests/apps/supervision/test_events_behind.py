"""The events behind an alert, as officers read them: from the journal, as they were known then."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shidian.apps.supervision.events_behind import SHOWN_MAX, behind
from shidian.apps.supervision.models import AlertEpisode, AlertItem
from shidian.apps.supervision.report_lines import NoFiguresError
from shidian.apps.supervision.worker import projection
from shidian.config import settings
from shidian.core.journal.reader import JournalReader
from shidian.core.monitor.live import Live
from shidian.core.monitor.store import StoreReader

from .reporting import Telemetry
from .things import item, quick_pilot

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def telemetry(pilot):
    """Ninety failed orders in one minute, which is a breach; one is taken back days later."""
    found = Telemetry(pilot)
    found.fail(5, 90)
    found.fail(60, 1)
    found.write()
    yield found
    found.remove()


def monitored(store) -> None:
    """Let the monitor judge the journal, and copy its items as the worker does."""
    with JournalReader(settings().journal) as reader:
        live = Live(reader, store)
        while live.poll(100):
            pass
        live.close()
    with StoreReader(store) as found:
        projection.apply_items(found.items_after(0, 1_000))


@pytest.fixture
def episode(telemetry, tmp_path):
    monitored(tmp_path / "monitor.sqlite")
    return AlertEpisode.objects.get(rule="failing")


def address(episode) -> str:
    return reverse("supervision:alert-events", args=[episode.pilot.public_id, episode.episode])


def first_item(episode) -> AlertItem:
    return AlertItem.objects.filter(episode=episode.episode).order_by("seq")[0]


def test_an_officer_reads_the_very_events_that_the_explanation_counted(client, episode, walk):
    client.force_login(walk.officer, backend=BACKEND)
    seq = first_item(episode).seq
    page = client.get(f"{address(episode)}?item={seq}", headers={"accept-language": "en"})

    assert page.status_code == 200
    assert "90 events count." in page.text
    assert page.text.count('<td class="nowrap"><span class="code">orders</span></td>') == 90
    assert "1/90/0" in page.text
    assert "No. 1" in page.text, "an investor is a number"
    assert "do not agree" not in page.text
    alert = reverse("supervision:alert", args=[episode.pilot.public_id, episode.episode])
    assert f'href="{address(episode)}"' in client.get(alert).text


def test_what_was_known_then_stays_and_a_late_correction_has_its_own_item(
    episode, telemetry, tmp_path
):
    pilot = episode.pilot
    then = first_item(episode)
    for seqno in range(51, 91):
        telemetry.take_back(seqno, 5)
    telemetry.write()
    monitored(tmp_path / "again.sqlite")

    (before,) = behind(pilot, then)
    newest = AlertItem.objects.filter(episode=episode.episode).order_by("-seq")[0]
    (after,) = behind(pilot, newest)
    assert (before.number, before.frozen, before.agrees) == (90, 90, True)
    assert newest.entry > then.entry
    assert after.number == 60, "with the sixtieth left it was no breach any more"
    assert after.agrees


def test_the_newest_are_listed_where_there_are_many(pilot, walk, tmp_path):
    found = Telemetry(pilot)
    found.fail(5, SHOWN_MAX + 30)
    found.fail(60, 1)
    found.write()
    try:
        monitored(tmp_path / "monitor.sqlite")
        episode = AlertEpisode.objects.get(rule="failing")
        (part,) = behind(episode.pilot, first_item(episode))
    finally:
        found.remove()
    assert (part.number, len(part.events), part.more) == (SHOWN_MAX + 30, SHOWN_MAX, 30)
    assert part.events[0].name == f"1/{SHOWN_MAX + 30}/0", "the newest first"


def test_a_journal_that_does_not_agree_with_the_alert_is_said(episode):
    changed = first_item(episode)
    explanation = changed.explanation | {"events": 91}
    (part,) = behind(episode.pilot, _with(changed, explanation))
    assert not part.agrees


def _with(found: AlertItem, explanation) -> AlertItem:
    found.explanation = explanation
    return found


def test_without_a_journal_or_a_window_the_page_says_why(client, pilot, walk):
    projection.apply_items([item(pilot, 1)])
    episode = AlertEpisode.objects.get()
    client.force_login(walk.officer, backend=BACKEND)
    page = client.get(address(episode), headers={"accept-language": "en"})
    assert "The journal is not on this machine" in page.text
    with pytest.raises(NoFiguresError, match="has no window"):
        behind(episode.pilot, _with(first_item(episode), {"rule": None, "words": {}}))
    for asked in ("?item=999", "?item=0"):
        assert client.get(address(episode) + asked).status_code == 404
    assert client.get(address(episode) + "?item=x%00").status_code == 200


def test_raw_events_are_the_authorities_own(client, episode, world, walk):
    client.force_login(world.signer, backend=BACKEND)
    assert client.get(address(episode)).status_code == 404
    alert = reverse("supervision:alert", args=[episode.pilot.public_id, episode.episode])
    page = client.get(alert)
    assert page.status_code == 200
    assert "/events/" not in page.text
    client.force_login(world.auditor, backend=BACKEND)
    assert client.get(address(episode)).status_code == 200
