"""What the lab's browser test finds: a pilot, a case in screening, officers with passwords."""

from __future__ import annotations

PASSWORD = "a long enough password"
PEOPLE = ("case-bureau", "sign-bureau", "sign-finance", "signer")


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.cases import outbox
    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_world
    from tests.second_factor import open_account

    load_calendars()
    world = make_world()
    Walk(world, title="运行中的试点").to(StageKind.RUNNING)
    Walk(world, title="较早的案件").to(StageKind.SCREENING)
    for username in PEOPLE:
        open_account(username, PASSWORD)
    while outbox.deliver_pending():
        pass
