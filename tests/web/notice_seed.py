"""One case on public notice, and its officer with a password."""

from __future__ import annotations


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_world
    from tests.second_factor import open_account
    from tests.web.seed import PASSWORD

    load_calendars()
    walk = Walk(make_world())
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    open_account("case-bureau", PASSWORD)
