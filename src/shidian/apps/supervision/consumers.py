"""What supervision does about outbox rows: pilots begin and end, pages are published, mail goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from shidian.apps.cases.domain.telling import tell
from shidian.apps.cases.models import Call, Case, Outbox, Scheme
from shidian.apps.cases.outbox import on
from shidian.apps.supervision.domain.pilots import (
    close_pilot,
    enter_stage,
    migrate_pilot,
    renew_calendar,
    start_pilot,
)
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.publish import refresh
from shidian.apps.supervision.term import term_of


@on("pilot.admitted", name="supervision.start-pilot")
def start(row: Outbox) -> None:
    """The run of the admitted case begins, from the moment the procedure named."""
    start_pilot(case=_case(row), plan=row.payload.get("plan") or {}, at=_at(row))


@on("pilot.closed", name="supervision.close-pilot")
def close(row: Outbox) -> None:
    """The run ends with its case."""
    pilot = Pilot.objects.filter(case=_case(row)).first()
    if pilot is not None:
        close_pilot(pilot=pilot, outcome=str(row.payload.get("outcome") or ""), at=_at(row))


@on("pilot.staged", name="supervision.stage-of-pilot")
def stage(row: Outbox) -> None:
    """The case of a pilot has entered another stage: other limits may be in force there."""
    pilot = Pilot.objects.filter(case=_case(row)).first()
    if pilot is not None:
        enter_stage(pilot=pilot, stage=str(row.payload["stage"]), at=_at(row))


@on("pilot.migrated", name="supervision.migrate-pilot")
def migrate(row: Outbox) -> None:
    """The pilot goes on under the rulebook version that its case was moved to."""
    pilot = Pilot.objects.filter(case=_case(row)).first()
    if pilot is not None:
        migrate_pilot(pilot=pilot, at=_at(row))


@on("calendar.changed", name="supervision.trading-days")
def renew(row: Outbox) -> None:
    """Windows of a trading day open by the newest edition of the market's calendar."""
    renew_calendar(calendar=str(row.payload["calendar"]), at=row.created)


@on("calendar.changed", name="supervision.call-windows")
def recount(row: Outbox) -> None:
    """The pages of calls that are still to close count their working days by the new edition."""
    calls = Call.objects.filter(closes_on__gte=timezone.localdate(row.created) - timedelta(days=1))
    for call in calls.select_related("scheme", "rulebook_version"):
        calendars = call.rulebook_version.rulebook.calendars
        if calendars is not None and calendars.deadlines == row.payload["calendar"]:
            refresh.publish_call(call)


@on("snapshot.*", name="supervision.snapshots")
def publish(row: Outbox) -> None:
    """The public page of the thing named is stale. Rows of unknown things are done with.

    A body says how things are now, not how they were at the row: where another row asks for the
    same page later, that one will publish it.
    """
    if _asked_again_later(row):
        return
    kind = row.topic.removeprefix("snapshot.")
    if row.case is not None:
        _publish_case(row.case)
    elif kind == "call":
        for call in Call.objects.filter(slug=row.payload.get("call", "")):
            refresh.publish_call(call)
    elif kind in ("scheme", "rulebook"):
        for scheme in Scheme.objects.filter(slug=row.payload.get("scheme", "")):
            refresh.publish_scheme(scheme)


def _asked_again_later(row: Outbox) -> bool:
    later = Outbox.objects.filter(topic__startswith="snapshot.", pk__gt=row.pk)
    if row.case_id is not None:
        return later.filter(case=row.case_id).exists()
    return later.filter(topic=row.topic, payload=row.payload).exists()


@on("mail.*", name="supervision.mail")
def mail(row: Outbox) -> None:
    """Tell those who may know: in their inbox, and by a letter that is sent afterwards."""
    tell(row)


def _publish_case(case: Case) -> None:
    refresh.publish_case(case)
    pilot = Pilot.objects.filter(case=case).select_related("case").first()
    if pilot is None:
        return
    _, ends_on = term_of(case, pilot.created_at)
    if ends_on != pilot.ends_on:
        pilot.ends_on = ends_on
        pilot.save(update_fields=["ends_on"])
    refresh.publish_pilot(pilot)
    refresh.publish_pilot_figures(pilot)


def _case(row: Outbox) -> Case:
    if row.case is None:
        raise ValueError(f"outbox row {row.pk} ({row.topic}) names no case")
    return row.case


def _at(row: Outbox) -> datetime:
    text = row.payload.get("at")
    return datetime.fromisoformat(text) if text else row.created
