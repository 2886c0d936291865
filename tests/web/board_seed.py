"""A board of five hundred pilots, none like the other, and an officer with a password."""

from __future__ import annotations


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.supervision.worker import projection
    from tests.apps.supervision.test_board import PILOTS, clones, fill
    from tests.apps.supervision.things import item, quick_pilot
    from tests.factories import Walk, make_world
    from tests.second_factor import open_account
    from tests.web.seed import PASSWORD

    load_calendars()
    pilot = quick_pilot(Walk(make_world()))
    projection.apply_items([item(pilot, 1)])
    fill([pilot, *clones(pilot, PILOTS - 1)])
    open_account("case-bureau", PASSWORD)
