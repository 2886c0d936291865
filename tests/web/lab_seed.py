"""What the lab's browser test finds: a pilot, a case in screening, officers with passwords."""

from __future__ import annotations

PASSWORD = "a long enough password"
PEOPLE = ("case-bureau", "sign-bureau", "sign-finance", "signer")


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases import outbox
    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_world

    load_calendars()
    world = make_world()
    Walk(world, title="运行中的试点").to(StageKind.RUNNING)
    Walk(world, title="较早的案件").to(StageKind.SCREENING)
    for username in PEOPLE:
        person = Person.objects.get(username=username)
        person.set_password(PASSWORD)
        person.save()
    while outbox.deliver_pending():
        pass
