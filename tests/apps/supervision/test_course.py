"""The course of an indicator: any stretch of the run, near or far, and no peak is lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from shidian.apps.supervision import series
from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.models import IndicatorReading
from shidian.apps.supervision.worker import projection

from .things import MINUTE_US, item, quick_pilot

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk, at=timezone.now() - timedelta(days=10))


def measured(pilot, *values, minute=0, scale=0):
    IndicatorReading.objects.bulk_create(
        IndicatorReading(
            pilot=pilot,
            indicator="failures_5m",
            instant_us=pilot.start_us + (minute + n) * MINUTE_US,
            value=value,
            scale=scale,
        )
        for n, value in enumerate(values)
    )


def stretch(pilot, first, last):
    return series.stretch_of(
        pilot,
        "failures_5m",
        pilot.start_us + first * MINUTE_US,
        pilot.start_us + last * MINUTE_US,
    )


def test_a_stretch_begins_with_what_held_and_knows_nothing_of_what_came_later(pilot):
    measured(pilot, 3, 9, 4, 100)
    found = stretch(pilot, 1, 2)
    assert found.points[0] == (pilot.start_us + MINUTE_US, Decimal(9))
    assert {value for _, value in found.points} == {Decimal(9), Decimal(4)}
    assert not found.coarse
    assert stretch(pilot, 10, 20).points[0][1] == 100, "the last value holds on"


def test_of_many_changes_each_step_has_the_highest_value_that_held_in_it(pilot):
    values = [n % 5 for n in range(1000)]
    values[617] = 77
    measured(pilot, *values)
    found = stretch(pilot, 0, 1000)
    assert found.coarse
    assert len(found.points) <= series.POINTS_MAX + 2
    assert max(value for _, value in found.points) == 77
    at = next(at for at, value in found.points if value == 77)
    assert abs(at - (pilot.start_us + 617 * MINUTE_US)) <= 1000 // series.POINTS_MAX * MINUTE_US * 2
    assert [at for at, _ in found.points] == sorted(at for at, _ in found.points)


def test_a_value_that_holds_on_is_drawn_as_it_held_and_no_peak_goes_on(pilot):
    measured(pilot, *([1] * 200), 60, 2)
    found = stretch(pilot, 0, 5_000)
    assert found.coarse
    peak = max(at for at, value in found.points if value == 60)
    later = [value for at, value in found.points if at > peak]
    assert set(later) == {Decimal(2)}
    assert len(later) > 100


def test_a_stretch_costs_the_same_queries_however_long(pilot, django_assert_max_num_queries):
    measured(pilot, *range(300))
    for last in (2, 299):
        with django_assert_max_num_queries(4):
            stretch(pilot, 0, last)


def page(client, person, pilot, query="", indicator="failures_5m"):
    client.force_login(person, backend=BACKEND)
    address = reverse("supervision:course", args=[pilot.public_id, indicator])
    return client.get(address + query, headers=ENGLISH)


def moment(pilot, minute):
    return timezone.localtime(from_us(pilot.start_us + minute * MINUTE_US)).strftime(
        "%Y-%m-%dT%H:%M"
    )


def test_the_page_shows_the_stretch_that_was_asked_for_with_its_alerts(client, pilot, walk):
    measured(pilot, 1, 2, 30, 4, minute=60)
    began = pilot.start_us + 62 * MINUTE_US
    projection.apply_items(
        [item(pilot, 1, at_us=began, since_us=began, start_us=began, rule="failure-surge")]
    )
    near = f"?since={moment(pilot, 61)}&until={moment(pilot, 64)}"
    far = f"?since={moment(pilot, 100)}&until={moment(pilot, 120)}"

    shown, past = page(client, walk.officer, pilot, near), page(client, walk.officer, pilot, far)

    assert "highest 30" in shown.text
    assert "Surge of failed orders" in shown.text
    assert "highest 4" in past.text
    assert "Surge of failed orders" not in past.text
    assert "The same as a table" in shown.text
    assert 'class="chart brushed"' in shown.text
    whole = page(client, walk.officer, pilot, "?span=run")
    assert "highest 30" in whole.text
    assert "Zoom out" not in whole.text
    assert "Zoom out" in shown.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?since=nonsense", 422),
        ("?since=2026-02-01T00:00&until=2026-01-01T00:00", 422),
        ("?since=1990-01-01T00:00&until=1991-01-01T00:00", 200),
        ("?span=nonsense", 200),
        ("", 200),
    ],
)
def test_what_cannot_be_read_is_named_and_what_lies_outside_is_cut(
    client, pilot, walk, query, status
):
    measured(pilot, 5)
    assert page(client, walk.officer, pilot, query).status_code == status


def test_it_is_read_by_who_reads_the_pilot(client, pilot, walk, world):
    measured(pilot, 5)
    assert page(client, world.signer, pilot).status_code == 200
    assert page(client, world.rival_signer, pilot).status_code == 404
    assert page(client, walk.officer, pilot, indicator="no-such").status_code == 404
