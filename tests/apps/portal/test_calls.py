"""A call's page counts down in its own zone, shows both signs, and the self-check says what lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases import domain as cases
from shidian.apps.cases.calendars import store_calendar
from shidian.apps.portal.self_check import Given, Kind, gaps
from shidian.apps.portal.windows import window_of
from shidian.apps.supervision.publish.calls import call_body
from shidian.core.procedure.calendars import DayKind, WorkingCalendar, by_id
from tests.apps.supervision.things import run_outbox
from tests.factories import LONG_AGO, START

if TYPE_CHECKING:
    from shidian.apps.cases.models import Call
    from tests.factories import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Madrid", "America/New_York", "Asia/Kolkata"])
MOMENTS = st.integers(0, 1065 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def body(zone: str, opens: date, closes: date | None, counting: list[str] | None = None) -> Any:
    found = {"zone": zone, "opens_on": opens.isoformat(), "closes_on": ""}
    if closes is not None:
        found["closes_on"] = closes.isoformat()
    return {**found, "counting_days": counting or []}


@given(ZONES, MOMENTS, st.integers(-9, 9), st.integers(0, 20), st.data())
def test_a_window_counts_days_of_its_own_zone(
    zone: str, at: datetime, ahead: int, length: int, data: st.DataObject
) -> None:
    today = at.astimezone(ZoneInfo(zone)).date()
    opens = today + timedelta(days=ahead)
    closes = opens + timedelta(days=length)
    days = [opens + timedelta(days=n) for n in range(length + 1)]
    counting = [day for day in days if data.draw(st.booleans())]

    found = window_of(body(zone, opens, closes, [day.isoformat() for day in counting]), at)

    if today < opens:
        assert (found.state, found.days) == ("later", (opens - today).days)
    elif today > closes:
        assert (found.state, found.days) == ("past", None)
    else:
        assert (found.state, found.days) == ("now", (closes - today).days)
        left = [day for day in counting if today < day <= closes]
        assert found.working_days == (len(left) if counting else None)
    assert (found.minutes is not None) is (today == closes)


@given(ZONES, MOMENTS)
def test_the_last_days_minutes_run_out_when_the_next_day_begins_there(
    zone: str, at: datetime
) -> None:
    today = at.astimezone(ZoneInfo(zone)).date()
    found = window_of(body(zone, today, today), at)

    assert found.minutes is not None
    assert 0 < found.minutes <= 25 * 60  # where clocks go back, the day has 25 hours
    end = at + timedelta(minutes=found.minutes)
    assert end.astimezone(ZoneInfo(zone)).date() > today
    assert (end - timedelta(minutes=1, seconds=1)).astimezone(ZoneInfo(zone)).date() == today


def test_a_call_without_end_has_no_countdown() -> None:
    found = window_of(
        body("Asia/Shanghai", date(2025, 1, 1), None), datetime(2025, 3, 1, tzinfo=UTC)
    )
    assert (found.state, found.days, found.minutes) == ("now", None, None)


def opened(world: World, closes_on: date | None) -> Call:
    call = cases.open_call(
        rulebook=world.version,
        title="有期限的批次",
        title_en="A call with an end",
        opens_on=date(2025, 4, 1),
        closes_on=closes_on,
        guide="申报指南字样",
        by=None,
        at=START,
    )
    run_outbox()
    return call


@pytest.fixture
def dated(world: World) -> Call:
    return opened(world, date(2025, 5, 9))


def page(client: Any, call: Call, at: datetime, query: str = "", name: str = "call") -> str:
    with time_machine.travel(at, tick=False):
        answer = client.get(
            reverse(name, args=[call.slug]) + query, headers={"accept-language": "en"}
        )
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_counts_days_and_the_working_days_among_them(client: Any, dated: Call) -> None:
    # 30 April, before the holidays of Labour Day, of which two days are worked for elsewhere.
    seen = page(client, dated, datetime(2025, 4, 30, 10, 0, tzinfo=SHANGHAI))
    assert "9 more days, working days among them: 4" in seen
    assert "(UTC+08:00)" in seen
    assert "申报指南字样" in seen


def test_the_last_day_is_told_by_the_clock_of_the_scheme(client: Any, dated: Call) -> None:
    # In London it is the afternoon before; what counts is Shanghai.
    seen = page(client, dated, datetime(2025, 5, 8, 17, 30, tzinfo=UTC))
    assert "Today is the last day: it closes at midnight, in 22 h 30 min." in seen
    assert "Start an application" in seen
    after = page(client, dated, datetime(2025, 5, 9, 16, 1, tzinfo=UTC))
    assert "Closed since the end of" in after
    assert "Start an application" not in after
    before = page(client, dated, datetime(2025, 3, 30, 10, 0, tzinfo=SHANGHAI))
    assert "in 2 days" in before
    assert "Start an application" not in before


def test_without_a_calendar_the_page_counts_days_alone(client: Any, world: World) -> None:
    call = opened(world, date(2031, 5, 9))
    seen = page(client, call, datetime(2031, 5, 6, 10, 0, tzinfo=SHANGHAI))
    assert "3 more days" in seen
    assert "working days among them" not in seen


def test_a_new_edition_of_the_calendar_recounts_open_calls(client: Any, world: World) -> None:
    with time_machine.travel(datetime(2025, 4, 2, tzinfo=SHANGHAI), tick=False):
        call = opened(world, date(2025, 5, 9))
        known = by_id("cn-working-day")
        off = date(2025, 5, 8)
        days = {**known.days, off: replace(known.row(off), kind=DayKind.HOLIDAY)}
        store_calendar(WorkingCalendar.from_rows(known.id, "another", days.values()))
        run_outbox()
    seen = page(client, call, datetime(2025, 4, 30, 10, 0, tzinfo=SHANGHAI))
    assert "working days among them: 3" in seen


def test_criteria_are_shown_with_the_signs_for_and_against(client: Any, dated: Call) -> None:
    seen = page(client, dated, datetime(2025, 4, 30, 10, 0, tzinfo=SHANGHAI))
    for criterion in dated.rulebook_version.rulebook.criteria:
        for sign in (*criterion.positive, *criterion.negative):
            assert sign.en in seen


def checked(client: Any, call: Call, query: str) -> str:
    at = datetime(2025, 4, 30, 10, 0, tzinfo=SHANGHAI)
    return page(client, call, at, query, "call-check")


def test_the_self_check_names_everything_that_is_missing(client: Any, dated: Call) -> None:
    nothing = checked(client, dated, "?done=1")
    rulebook = dated.rulebook_version.rulebook
    for section in rulebook.form:
        assert f"Section: {section.title.en}" in nothing
    assert "You have not said what kind of institution leads." in nothing
    assert "Nothing on the list is missing" not in nothing
    first = checked(client, dated, "")
    assert "Section: " not in first


def test_the_self_check_is_content_with_everything_and_forecasts_nothing(
    client: Any, dated: Call
) -> None:
    found = call_body(dated, "en")
    ticked = [("lead", "securities-firm")]
    ticked += [("standing", one) for one in ("licence", "checked", "account", "signer")]
    ticked += [("sections", str(n)) for n in range(len(found["sections"]))]
    ticked += [("documents", str(n)) for n in range(len(found["materials"]))]
    ticked += [("criteria", str(n)) for n, one in enumerate(found["criteria"]) if one["mandatory"]]
    query = "?" + "&".join(f"{name}={value}" for name, value in ticked)

    whole = checked(client, dated, query)
    assert "Nothing on the list is missing" in whole
    assert "That says nothing of how an application would be judged." in whole
    # A sign against is said back, and is no gap.
    place = next(n for n, one in enumerate(found["criteria"]) if one["negative"])
    against = checked(client, dated, f"{query}&against={place}-0")
    assert "Nothing on the list is missing" in against
    assert "You named what speaks against a project" in against


def test_a_kind_that_cannot_lead_is_told_which_can(client: Any, dated: Call) -> None:
    found = call_body(dated, "en")
    kinds = {one["id"]: one for one in found["kinds"]}
    [gap] = [
        one for one in gaps(found, Given(lead="tech-company")) if one.kind is Kind.LEAD_REFUSED
    ]
    assert gap.what == kinds["tech-company"]["name"]
    assert kinds["securities-firm"]["name"] in gap.more
    assert "cannot lead. These can:" in checked(client, dated, "?lead=tech-company")


@pytest.mark.parametrize(
    "query", ["?lead=nobody", "?sections=999", "?sections=x", "?partner_count=-1", "?against=9-9"]
)
def test_a_self_check_that_was_made_up_is_explained(client: Any, dated: Call, query: str) -> None:
    assert "Nothing on the list is missing" not in checked(client, dated, query)


def test_the_self_check_writes_nothing_and_takes_no_post(client: Any, dated: Call) -> None:
    address = reverse("call-check", args=[dated.slug])
    assert client.post(address, {"lead": "securities-firm"}).status_code == 405
    assert client.get(reverse("call-check", args=["none"])).status_code == 404


def test_a_call_of_an_earlier_release_has_a_page_and_no_self_check(
    client: Any, world: World
) -> None:
    from shidian.apps.notices.domain import publish_snapshot
    from shidian.apps.notices.models import SnapshotKind

    old = dict(call_body(world.call, "zh"))
    for name in ("zone", "counting_days", "kinds", "partners_max", "materials"):
        del old[name]
    publish_snapshot(kind=SnapshotKind.CALL, key="old", zh=old, en=old)
    assert LONG_AGO.isoformat() == old["opens_on"]
    assert client.get(reverse("call", args=["old"])).status_code == 200
    assert client.get(reverse("call-check", args=["old"])).status_code == 404
