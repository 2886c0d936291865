"""`shidian worker`: work off the outbox and copy what the monitor says."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import click

from shidian.cli.elsewhere import refuse_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.supervision.worker.loop import Duty
    from shidian.config import Settings

SCAN_S = 2.0
"""How soon a file that came from the public zone is shown to the scanner."""


@click.command()
@click.option(
    "--once", is_flag=True, help="Do every duty one time and end; for scripts and for looking."
)
def worker(once: bool) -> None:
    """Carry out what the outbox holds; bring alerts and figures to the pages.

    It goes on by itself when the gate or the monitor is down, and ends on SIGTERM or Ctrl-C after
    the duty in hand.
    """
    refuse_elsewhere("worker")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian import logs
    from shidian.config import settings

    if not once:
        logs.begin("worker", settings())
    if settings().zone == "public":
        _in_the_public_zone(settings(), once=once)
    else:
        _at_work(settings(), once=once)


def _at_work(config: Settings, *, once: bool) -> None:
    """All duties, in the threads that keep them from holding one another up."""
    from django.db import connections

    from shidian.apps.supervision.worker.duties import Worker
    from shidian.apps.supervision.worker.eager import eager_writes
    from shidian.apps.supervision.worker.loop import run_duties

    at_work = Worker(config)
    zone_duties = _zone_duties(config)
    try:
        if once:
            duties = (*at_work.duties(), *at_work.order_duties(), *at_work.mail_duties())
            for duty in (*duties, *zone_duties):
                duty.attempt(0.0)
            return
        stop = _until_told()

        def bring_orders() -> None:
            with eager_writes():
                run_duties(at_work.order_duties(), stop)
            connections.close_all()

        def keep(duties: Sequence[Duty]) -> None:
            run_duties(duties, stop)
            connections.close_all()

        # A worker of a further journal sends no mail.
        apart = {"mail": at_work.mail_duties(), "zone": zone_duties}
        threads = [threading.Thread(target=bring_orders, name="orders")]
        threads += [
            threading.Thread(target=keep, name=name, args=(duties,))
            for name, duties in apart.items()
            if duties
        ]
        for thread in threads:
            thread.start()
        try:
            run_duties(at_work.duties(), stop)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    finally:
        at_work.close()


def _until_told() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _zone_duties(config: Settings) -> list[Duty]:
    """What is done towards the other zone; nothing where no folder is named."""
    from shidian.apps.notices.zones.duty import ZoneDuty
    from shidian.apps.supervision.worker.loop import Duty

    duty = ZoneDuty(config)
    found = [Duty("zone", config.zone_every_s, duty.run)] if duty.has_folders else []
    if config.zone == "internal":
        from shidian.apps.notices.zones.scanning import ScanDuty

        found.append(Duty("scan", SCAN_S, ScanDuty().run))
    return found


def _in_the_public_zone(config: Settings, *, once: bool) -> None:
    """There the worker takes and sends bundles, and has nothing else to do."""
    from shidian.apps.supervision.worker.loop import run_duties

    duties = _zone_duties(config)
    if not duties:
        raise click.ClickException(
            "in the public zone the worker exchanges bundles: set SHIDIAN_ZONE_IN and"
            " SHIDIAN_ZONE_OUT"
        )
    if once:
        for duty in duties:
            duty.attempt(0.0)
        return
    run_duties(duties, _until_told())
