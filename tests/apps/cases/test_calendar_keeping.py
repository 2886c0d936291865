"""A year is added by an officer as a new edition: clocks that could not tell their last day do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from shidian.apps.cases import calendars
from shidian.apps.cases.domain.calendar_keeping import add_year, draft_year
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import CalendarVersion, Outbox
from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.procedure.types import ClockState
from shidian.core.rulebook.model import Text, Unit
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import World

OFF = "2027-01-01..2027-01-03 元旦 / New Year's Day\n2027-02-05..2027-02-11 春节 / Spring Festival"
WORKED = "2027-01-30 春节调休\n2027-02-20"
NOTICE = "（演示）2027年放假安排"
CALENDAR = "cn-working-day"


def seen() -> int:
    edition = calendars.newest_edition(CALENDAR)
    assert edition is not None
    return edition.pk


def add(world: World, **more: object) -> CalendarVersion:
    given = {"calendar": CALENDAR, "year": 2027, "off": OFF, "worked": WORKED, "source": NOTICE}
    return add_year(**{**given, "seen": seen(), "by": world.case_officer["bureau"], **more})  # type: ignore[arg-type]


def ten_days(world: World, received: date) -> tuple[ClockState, date | None]:
    run = ClockRun("k", "k", Text(zh="期限", en="Time"), 10, Unit.WORKING_DAY, received)
    summed = clock_sum(run, calendars.calendar_of(world.rulebook), received)
    return summed.state, summed.due


def test_clock_tells_its_last_day_once_the_year_is_there(world: World) -> None:
    assert ten_days(world, date(2026, 12, 25)) == (ClockState.UNKNOWN, None)
    add(world)
    assert ten_days(world, date(2026, 12, 25)) == (ClockState.RUNNING, date(2027, 1, 11))


def test_edition_is_on_record_and_the_earlier_one_stays(world: World) -> None:
    before = seen()
    stored = add(world, at=datetime(2026, 11, 29, tzinfo=UTC))
    assert (stored.source, max(stored.years)) == (NOTICE, 2027)
    assert CalendarVersion.objects.get(pk=before).days.filter(day__year=2027).count() == 0
    rows = Outbox.objects.filter(payload__calendar=CALENDAR, payload__edition=stored.version)
    assert [row.topic for row in rows] == ["record.leaf"]
    assert canonical.dumps(rows[0].payload)
    assert Outbox.objects.filter(topic="calendar.changed").exists()


def test_year_that_was_added_outlives_an_upgrade_of_the_library(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world)
    monkeypatch.setattr(calendars, "edition_of", lambda _id: "library 9.9+abcdef01")
    newer = by_id(CALENDAR)
    monkeypatch.setattr(
        calendars,
        "by_id",
        lambda _id: type(newer).from_rows(CALENDAR, "library 9.9+abcdef01", newer.days.values()),
    )
    calendars.load_calendars_of(world.rulebook)
    edition = calendars.newest_edition(CALENDAR)
    assert edition is not None
    assert edition.version == "library 9.9+abcdef01"
    assert ten_days(world, date(2026, 12, 25)) == (ClockState.RUNNING, date(2027, 1, 11))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"year": 2029}, "year-far"),
        ({"off": "2027-13-01 元旦"}, "bad-year"),
        ({"calendar": "no-such"}, "no-such-calendar"),
        ({"seen": 0}, "overtaken"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_stored(
    world: World, more: dict[str, object], code: str
) -> None:
    editions = CalendarVersion.objects.count()
    with pytest.raises(DomainError) as error:
        add(world, **more)
    assert error.value.code == code
    assert CalendarVersion.objects.count() == editions


def test_same_year_twice_is_one_edition(world: World) -> None:
    add(world)
    with pytest.raises(DomainError) as error:
        add(world)
    assert error.value.code == "unchanged"


def test_corrected_year_says_which_days_change(world: World) -> None:
    add(world)
    drafted = draft_year(
        calendar=CALENDAR, year=2027, off=OFF, worked="2027-01-30 春节调休", seen=seen()
    )
    assert [after.day for _before, after in drafted.changed] == [date(2027, 2, 20)]


@pytest.mark.parametrize("who", ["signer", "national", "auditor", "outsider"])
def test_only_case_officers_of_a_leading_authority_keep_calendars(
    world: World, who: str, client: Client
) -> None:
    with pytest.raises(ForbiddenError):
        add(world, by=getattr(world, who))
    client.force_login(getattr(world, who))
    assert client.get(reverse("cases:calendars")).status_code in (302, 404)


def test_year_is_written_looked_at_and_stored_on_the_pages(world: World, client: Client) -> None:
    client.force_login(world.case_officer["bureau"])
    listed = client.get(reverse("cases:calendars")).content.decode()
    assert CALENDAR in listed
    url = reverse("cases:calendar-add", args=[CALENDAR])
    form = {"seen": seen(), "year": 2027, "off": OFF, "worked": WORKED, "source": NOTICE}
    preview = client.post(url, {**form, "then": "preview"})
    assert preview.status_code == 200
    assert "春节" in preview.content.decode()
    assert max(CalendarVersion.objects.get(pk=seen()).years) == 2026
    assert client.post(url, {**form, "then": "publish"}).status_code == 302
    assert max(CalendarVersion.objects.get(pk=seen()).years) == 2027


def test_wrong_line_is_shown_at_its_field_and_what_was_written_stays(
    world: World, client: Client
) -> None:
    client.force_login(world.case_officer["bureau"])
    url = reverse("cases:calendar-add", args=[CALENDAR])
    wrong = {"seen": seen(), "year": 2027, "off": "元旦放三天", "source": NOTICE}
    answer = client.post(url, {**wrong, "then": "preview"})
    assert answer.status_code == 422
    assert "元旦放三天" in answer.content.decode()
