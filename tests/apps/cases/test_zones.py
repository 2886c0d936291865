"""A scheme's pages show its legal time; the next request begins in the site's zone again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from shidian.apps.cases.zones import day_in, show_times_of
from shidian.web.context import product
from shidian.web.local_time import LocalTimeMiddleware
from shidian.web.words import moment

if TYPE_CHECKING:
    from django.http import HttpRequest

LATE = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
ABROAD = cast("Any", SimpleNamespace(rulebook=SimpleNamespace(zone="Europe/Paris")))


def test_show_times_of_a_scheme_lasts_for_the_request_alone() -> None:
    seen: dict[str, str] = {}

    def view(request: HttpRequest) -> HttpResponse:
        seen["before"] = moment(LATE)
        show_times_of(ABROAD)
        seen["after"] = moment(LATE)
        seen["named"] = product(request)["other_zone"]
        return HttpResponse()

    site = timezone.get_current_timezone_name()
    LocalTimeMiddleware(view)(RequestFactory().get("/"))
    assert seen["after"].endswith("00:30")
    assert seen["before"].endswith("07:30")
    assert seen["named"] == "Europe/Paris"
    assert timezone.get_current_timezone_name() == site


def test_day_in_a_scheme_is_its_own_day() -> None:
    assert day_in(ABROAD.rulebook, datetime(2026, 3, 2, 22, 30, tzinfo=UTC)) == date(2026, 3, 2)
    assert day_in(ABROAD.rulebook, LATE) == date(2026, 3, 3)
