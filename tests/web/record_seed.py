"""What the browser finds of the record: pages on a real log, one of them quoting a comment."""

from __future__ import annotations


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.notices.domain import publish_snapshot
    from shidian.apps.notices.models import SnapshotKind
    from shidian.config import settings
    from shidian.core.record.notary import Notary
    from tests.apps.record.things import LocalNotary, feed
    from tests.apps.supervision.things import run_outbox
    from tests.factories import make_world

    load_calendars()
    make_world()
    run_outbox()
    quoting = {
        "comments": [{"text": "我有异议 \U00020bb7"}],
        "n": 1,
        "ж": None,
        "A": [1, "é\u2028"],
    }
    publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=quoting, en=quoting)
    config = settings()
    with Notary(config.record, config.record_origin) as notary:
        feed(LocalNotary(notary), slot_s=1)
