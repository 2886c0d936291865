"""The small worlds of the whole walks: everyone can sign in, nothing has happened yet."""

from __future__ import annotations

from tests.factories import PASSWORD, make_world
from tests.second_factor import open_account


def seed() -> None:
    """The demonstration scheme with its people, an earlier call, and no case."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id

    store_calendar(by_id("cn-working-day"))
    make_world()
    for username in Person.objects.values_list("username", flat=True):
        open_account(username, PASSWORD)


def seed_abroad() -> None:
    """The two further demonstration schemes with their people and open calls, and no case."""
    from datetime import date

    from demo.abroad import PLAYERS
    from demo.days import Diary
    from demo.seed import found_abroad

    from shidian.apps.cases.calendars import load_calendars

    for _scene in found_abroad(Diary(date(2025, 4, 1)), date(2024, 1, 1)):
        pass
    load_calendars()
    for player in PLAYERS:
        open_account(player.username, PASSWORD)
