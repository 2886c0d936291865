"""`shidian worker`: work off the outbox and copy what the monitor says."""

from __future__ import annotations

import os
import signal
import threading

import click


@click.command()
@click.option(
    "--once", is_flag=True, help="Do every duty one time and end; for scripts and for looking."
)
def worker(once: bool) -> None:
    """Carry out what the outbox holds; bring alerts and figures to the pages.

    It goes on by itself when the gate or the monitor is down, and ends on SIGTERM or Ctrl-C after
    the duty in hand.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from django.db import connections

    from shidian import logs
    from shidian.apps.supervision.worker.duties import Worker
    from shidian.apps.supervision.worker.eager import eager_writes
    from shidian.apps.supervision.worker.loop import run_duties
    from shidian.config import settings

    if not once:
        logs.begin("worker", settings())
    at_work = Worker(settings())
    try:
        if once:
            for duty in (*at_work.duties(), *at_work.order_duties(), *at_work.mail_duties()):
                duty.attempt(0.0)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())

        def bring_orders() -> None:
            with eager_writes():
                run_duties(at_work.order_duties(), stop)
            connections.close_all()

        def bring_mail() -> None:
            run_duties(at_work.mail_duties(), stop)
            connections.close_all()

        threads = [
            threading.Thread(target=bring_orders, name="orders"),
            threading.Thread(target=bring_mail, name="mail"),
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
