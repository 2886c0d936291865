"""What the walk from an alert to the weekly review finds: a pilot that runs, and a breach."""

from __future__ import annotations

EPISODE = "planted-breach"


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    import time

    from shidian.apps.supervision.models import IndicatorReading, Pilot
    from shidian.apps.supervision.worker import projection
    from shidian.core.monitor.items import Step
    from tests.apps.supervision.things import BREACH, MINUTE_US, item
    from tests.web import lab_seed

    lab_seed.seed()
    pilot = Pilot.objects.get(state="running")
    began_us = (time.time_ns() // 1000 // MINUTE_US - 10) * MINUTE_US
    times = {"at_us": began_us, "since_us": began_us, "start_us": began_us}
    path = (Step(began_us, BREACH),)
    projection.apply_items([item(pilot, 1, episode=EPISODE, path=path, **times)])
    IndicatorReading.objects.bulk_create(
        IndicatorReading(
            pilot=pilot,
            indicator="failures_5m",
            instant_us=began_us + n * MINUTE_US,
            value=150 if n == 0 else (n * 7) % 23,
            scale=0,
        )
        for n in range(-600, 8)
    )
