"""The app database: reached, of this release's shape, and its outbox worked off."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.doctor.finding import Finding, Level
from shidian.keyring import DJANGO_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.config import Settings

WITHIN_S = "3"
WAITS_WARN = timedelta(minutes=5)
"""The worker works a row off within a second where nothing is wrong."""


def database(config: Settings) -> Iterator[Finding]:
    """Nothing is made where there is nothing: neither a file nor a secret."""
    if not config.database_url and not config.app_database.exists():
        yield Finding("database", Level.FAIL, f"no {config.app_database}", "start `shidian up`")
        return
    if not (config.keys / DJANGO_SECRET).exists():
        yield Finding(
            "database", Level.WARN, "not looked at: `web` has no secret yet", "start `shidian up`"
        )
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    os.environ.setdefault("PGCONNECT_TIMEOUT", WITHIN_S)
    import django

    django.setup()
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        due = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding(
            "database",
            Level.FAIL,
            str(error).strip(),
            "look whether it runs, and at SHIDIAN_DATABASE_URL",
        )
        return
    if due:
        yield Finding(
            "database",
            Level.FAIL,
            f"{len(due)} migrations are due, the first {due[0][0]}",
            "start `shidian up`, which makes them",
        )
        return
    yield Finding("database", Level.OK, f"{connection.vendor}, of this release's shape")
    if config.zone == "public":
        yield from _tables(connection.introspection.table_names())
    else:
        yield from _outbox()
        yield from _mail()
        yield from _moves()


def _tables(there: list[str]) -> Iterator[Finding]:
    """That the public zone has no table of another zone."""
    from django.apps import apps
    from django.db import router

    foreign = sorted(
        model._meta.db_table  # noqa: SLF001 - Django's public API in spite of the underscore
        for model in apps.get_models()
        if not router.allow_migrate_model("default", model) and model._meta.db_table in there  # noqa: SLF001 - as above
    )
    if foreign:
        yield Finding(
            "zone-tables",
            Level.FAIL,
            f"this database has {len(foreign)} tables of another zone, the first {foreign[0]}",
            "give the public zone a database of its own, and have the internal one"
            " `shidian zone export --whole`",
        )
    else:
        yield Finding("zone-tables", Level.OK, "tables of what is published, and no others")


def _moves() -> Iterator[Finding]:
    """Pilots on their way between journals that have not come far for long."""
    from django.utils import timezone

    from shidian.apps.supervision.models import JournalMove

    moves = JournalMove.objects.filter(ended_at=None).select_related("pilot")
    for move in moves.filter(asked_at__lt=timezone.now() - WAITS_WARN):
        yield Finding(
            "move-waits",
            Level.WARN,
            f"{move.pilot.public_id} to {move.target}: {move.state}; {move.problem or 'goes on'}",
            "see that gate, monitor and worker of both journals run; `shidian journal list`",
        )


def _outbox() -> Iterator[Finding]:
    from django.utils import timezone

    from shidian.apps.cases.models import OutboxDelivery
    from shidian.apps.cases.outbox import ATTEMPTS_MAX

    failing = OutboxDelivery.objects.filter(delivered_at=None).order_by("outbox_id")
    first = failing.select_related("outbox").first()
    if first is None:
        yield Finding("outbox", Level.OK, "nothing fails")
        return
    age = timezone.now() - first.outbox.created
    given_up = failing.filter(attempts__gte=ATTEMPTS_MAX).count()
    yield Finding(
        "outbox",
        Level.FAIL if given_up else Level.WARN if age > WAITS_WARN else Level.OK,
        f"{failing.count()} deliveries fail, {given_up} were given up; the oldest, "
        f"{first.outbox.topic} ({first.outbox_id}) to {first.consumer}: {first.error}",
        "look at the output of `shidian worker`",
    )


def _mail() -> Iterator[Finding]:
    from django.utils import timezone

    from shidian.apps.cases.domain.telling import ATTEMPTS_MAX
    from shidian.apps.cases.models import Mail

    waiting = Mail.objects.filter(sent_at=None, dropped_at=None)
    first = waiting.exclude(error="").order_by("pk").first() or waiting.order_by("pk").first()
    if first is None:
        yield Finding("mail", Level.OK, "every letter is sent")
        return
    given_up = waiting.filter(attempts__gte=ATTEMPTS_MAX).count()
    late = timezone.now() - first.made_at > WAITS_WARN
    yield Finding(
        "mail",
        Level.FAIL if given_up else Level.WARN if late else Level.OK,
        f"{waiting.count()} letters wait, {given_up} were given up"
        + (f"; {first}: {first.error}" if first.error else ""),
        "look whether `shidian worker` runs, and at SHIDIAN_MAIL_URL",
    )
