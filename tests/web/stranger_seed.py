"""What a stranger finds: an open notice, and more running pilots than the home page has room for."""

from __future__ import annotations

from datetime import timedelta

PILOTS = 12


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.supervision.publish.refresh import publish_everything
    from shidian.core.rulebook.model import StageKind
    from tests.apps.supervision.test_board import clones
    from tests.apps.supervision.things import run_outbox
    from tests.factories import Walk, make_world

    load_calendars()
    world, now = make_world(), timezone.now()
    running = Walk(world, at=now - timedelta(days=60), title="智能交易助手")
    running.to(StageKind.RUNNING)
    noticed = Walk(world, at=now - timedelta(days=2), title="跨境数据核验")
    noticed.to(StageKind.NOTICE)
    noticed.open_notice()
    run_outbox()
    clones(running.case.pilot, PILOTS)
    publish_everything()
