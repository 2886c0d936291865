"""Lists of what is published: always the current thing, in order, and cheap at any length."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.domain.listing import list_what_was_published
from shidian.apps.notices.models import PublishedCard, PublishedSnapshot, SnapshotKind
from shidian.apps.portal import snapshots

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tests.factories import World

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


def put(kind: SnapshotKind, key: str, body: dict[str, Any], hours: int = 0) -> None:
    publish_snapshot(kind=kind, key=key, zh=body, en=body, at=AT + timedelta(hours=hours))


def notice(number: int, closes_on: str = "", hours: int = 0) -> None:
    body = {
        "slug": f"n-2026-{number:04d}",
        "title": f"第 {number} 号公示",
        "lead": "示范证券",
        "opens_on": "2026-03-02",
        "closes_on": closes_on,
        "comments": [{"text": "一"}, {"text": "二"}],
    }
    put(SnapshotKind.NOTICE, body["slug"], body, hours)


def pilot(key: str, state: str = "running") -> None:
    body = {
        "public_id": key,
        "number": "",
        "title": key,
        "lead": "示范证券",
        "state": state,
        "state_label": state,
        "starts_on": "2026-01-01",
        "ends_on": "2027-01-01",
        "limits": [],
    }
    put(SnapshotKind.PILOT, key, body)


def figures(key: str, *levels: str, ended: str = "") -> None:
    alerts = [{"level": level, "ended_at": ended} for level in levels]
    live = {"alerts": alerts, "limits": [], "series": [], "stopped_at": "", "as_of": AT.isoformat()}
    put(SnapshotKind.FIGURES, f"pilot:{key}", live)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([SnapshotKind.CALL, SnapshotKind.SCHEME, SnapshotKind.FIGURES]),
        st.sampled_from(["one", "two"]),
        st.integers(-1, 2),
    ),
    max_size=12,
)


class TestCardsFollow(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(STEPS)
    def test_what_has_a_card_is_what_is_current_after_any_steps(
        self, steps: list[tuple[SnapshotKind, str, int]]
    ) -> None:
        for hour, (kind, key, number) in enumerate(steps):
            if number < 0:
                withdraw_snapshot(kind=kind, key=key, at=AT + timedelta(hours=hour))
            else:
                put(kind, key, {"n": number}, hour)

        current = set(PublishedSnapshot.objects.current().values_list("pk", flat=True))

        assert current == set(PublishedSnapshot.objects.newest().values_list("pk", flat=True))
        for card in PublishedCard.objects.select_related("snapshot"):
            assert (card.kind, card.key) == (card.snapshot.kind, card.snapshot.key)
            assert card.published_at == card.snapshot.published_at


@pytest.mark.django_db
def test_what_an_earlier_release_published_is_listed_once() -> None:
    notice(1)
    notice(2)
    withdraw_snapshot(kind=SnapshotKind.NOTICE, key="n-2026-0002")
    kept = list(PublishedCard.objects.values_list("kind", "key", "body_zh"))
    PublishedCard.objects.all().delete()

    list_what_was_published()
    list_what_was_published()

    assert list(PublishedCard.objects.values_list("kind", "key", "body_zh")) == kept


@pytest.mark.django_db
def test_a_card_counts_comments_and_leaves_their_texts_out() -> None:
    notice(1)

    assert PublishedCard.objects.get().body_zh["comments"] == 2
    assert "一" not in str(PublishedCard.objects.get().body_zh)


@pytest.mark.django_db
def test_notices_that_are_open_come_first_and_their_last_day_counts() -> None:
    notice(1, "2026-03-09", hours=3)
    notice(2, "2026-03-10", hours=1)
    notice(3, hours=2)

    listed = snapshots.notices(date(2026, 3, 10))

    assert [one.key[-1] for one in listed] == ["3", "2", "1"]
    assert [one.key[-1] for one in snapshots.notices(date(2026, 3, 10), open_only=True)] == [
        "3",
        "2",
    ]


@pytest.mark.django_db
def test_a_pilot_with_a_grave_open_alert_stands_on_top_and_a_closed_one_last() -> None:
    figures("p-3", "critical")
    for key in ("p-1", "p-2", "p-3", "p-4"):
        pilot(key)
    pilot("p-0", state="closed")
    figures("p-2", "warning", "breach")
    figures("p-4", "critical", ended="2026-03-02T05:00:00+00:00")

    assert [one.key for one in snapshots.pilots()] == ["p-3", "p-2", "p-1", "p-4", "p-0"]

    figures("p-3")
    pilot("p-2")

    assert [one.key for one in snapshots.pilots()] == ["p-2", "p-1", "p-3", "p-4", "p-0"]
    assert len(snapshots.pilots(running_only=True)) == 4


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("address", ["/", "/public-notices/", "/pilots/", "/calls/"])
def test_a_list_asks_the_database_as_often_for_one_as_for_many(
    client: Client,
    world: World,
    django_assert_num_queries: DjangoAssertNumQueries,
    address: str,
    language: str,
) -> None:
    def publish(number: int) -> None:
        notice(number)
        pilot(f"p-{number}")
        figures(f"p-{number}", "warning")

    client.cookies["django_language"] = language
    publish(1)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(2, 70):
        publish(number)

    with django_assert_num_queries(len(few)):
        client.get(address)


def test_a_long_list_has_pages_and_its_table_has_all(client: Client, world: World) -> None:
    for number in range(1, 61):
        notice(number, "" if number % 2 else "2026-03-03")

    first = client.get("/public-notices/")
    second = client.get("/public-notices/?page=2")
    table = client.get("/public-notices/?format=csv")

    assert first.text.count("号公示</a>") == 50
    assert second.text.count("号公示</a>") == 10
    assert "目前没有" not in second.text
    assert len(table.text.strip().splitlines()) == 61
