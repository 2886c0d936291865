"""`shidian journal`: which journal keeps which pilot, and moving one."""

from __future__ import annotations

import os
import time

import click

LOOK_S = 0.5


@click.group()
def journal() -> None:
    """See which journal keeps which pilot's telemetry, and move it between journals."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()


@journal.command("list")
def list_journals() -> None:
    """List journals, their gates and how many pilots each has, and moves that are not done."""
    from shidian.apps.supervision.journals import in_journal
    from shidian.apps.supervision.models import JournalMove, Pilot
    from shidian.config import settings

    for name, url in settings().gate_urls.items():
        number = Pilot.objects.filter(in_journal(name)).count()
        click.echo(f"{name}  {url}  {number} pilots")
    for move in JournalMove.objects.filter(ended_at=None).select_related("pilot"):
        way = f"{move.source} → {move.target}"
        waits = f": {move.problem}" if move.problem else ""
        click.echo(f"{move.pilot.public_id}: {way}, {move.get_state_display()}{waits}")


@journal.command()
@click.argument("project")
@click.option("--to", required=True, metavar="JOURNAL", help="A name of SHIDIAN_GATES, or main.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is there.")
def move(project: str, to: str, wait: bool) -> None:
    """Have another journal keep a pilot's telemetry, from the next event on, with its whole log.

    The worker does it step by step, and goes on after whatever kills it. Meanwhile the pilot's
    system is told to come again, and its leases last on. Exit status 1 if it is refused.
    """
    from shidian.apps.supervision.domain.errors import SupervisionError
    from shidian.apps.supervision.domain.journals import move_pilot
    from shidian.apps.supervision.models import MoveState, Pilot

    pilot = Pilot.objects.filter(public_id=project).first()
    if pilot is None:
        raise click.ClickException(f"there is no pilot {project}")
    try:
        asked = move_pilot(pilot=pilot, to=to)
    except SupervisionError as error:
        raise click.ClickException(str(error)) from None
    if asked is None:
        click.echo(f"{project}: assigned to {to}; no journal knew of it yet")
        return
    said = ""
    while wait and asked.ended_at is None:
        now = f"{asked.get_state_display()}{f' ({asked.problem})' if asked.problem else ''}"
        if now != said:
            click.echo(f"{project}: {now}")
            said = now
        time.sleep(LOOK_S)
        asked.refresh_from_db()
    if asked.state == MoveState.REFUSED:
        raise click.ClickException(f"{project} stays in {asked.source}: {asked.problem}")
    click.echo(f"{project}: {asked.get_state_display()}")


@journal.command()
def announce() -> None:
    """Tell every gate where each pilot is kept, such as after a gate was added.

    By itself a gate learns it when a key is registered, and when a pilot moves.
    """
    from django.db import transaction
    from django.utils import timezone

    from shidian.apps.supervision.domain.journals import tell_elsewhere
    from shidian.apps.supervision.models import AT_WORK, Pilot

    pilots = Pilot.objects.filter(state__in=AT_WORK).select_related("case")
    with transaction.atomic():
        for pilot in pilots:
            tell_elsewhere(pilot, at=timezone.now())
    click.echo(f"{len(pilots)} pilots")
