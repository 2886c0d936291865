"""Cases before their decision, in a call whose decisions are released together."""

from __future__ import annotations

from tests.looks import EVERY_LOOK

PASSWORD = "a long enough password"
PEOPLE = (
    "signer",
    "case-bureau",
    "sign-bureau",
    "sign-finance",
    "case-province",
)


def titles(language: str, width: int) -> tuple[str, str]:
    """One to admit, one on which the authorities disagree."""
    return f"准入 {language} {width}", f"分歧 {language} {width}"


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.cases.models import Call
    from shidian.apps.supervision.domain import exits
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_officer, make_world
    from tests.second_factor import open_account

    load_calendars()
    world = make_world()
    make_officer(world.authorities["province"], "case-province", "case-officer")
    for look in EVERY_LOOK:
        for title in titles(*look):
            walk = Walk(world, title=title)
            walk.to(StageKind.ADMISSION)
            # The site decides now: a drill of the exit is good for a year.
            exits.run_drill(case=walk.case, by=world.signer, at=timezone.now())
    Call.objects.update(released_together=True)
    for username in PEOPLE:
        open_account(username, PASSWORD)
