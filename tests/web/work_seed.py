"""A notice that is open and a pilot, as the public reads them."""

from __future__ import annotations

from datetime import timedelta


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.apps.supervision.things import run_outbox
    from tests.factories import Walk, make_world

    load_calendars()
    # Open today: the walk's last days are long ago otherwise.
    walk = Walk(make_world(), at=timezone.now() - timedelta(days=2))
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    run_outbox()
