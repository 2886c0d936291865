"""The small world of the whole walk: everyone can sign in, nothing has happened yet."""

from __future__ import annotations

from tests.factories import PASSWORD, make_world


def seed() -> None:
    """The demonstration scheme with its people, an earlier call, and no case."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id

    store_calendar(by_id("cn-working-day"))
    make_world()
    for person in Person.objects.all():
        person.set_password(PASSWORD)
        person.save()
