"""Moving a pilot's telemetry between journals: nothing is lost, and nothing is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.domain.control import TOPIC, post_control
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.journals import journal_of
from shidian.apps.supervision.models import JournalMove, Pilot, PilotJournal, PilotState
from shidian.config import settings

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def move_pilot(*, pilot: Pilot, to: str, at: datetime | None = None) -> JournalMove | None:
    """Have a pilot's telemetry kept by another journal from now on.

    A pilot of which no journal knows yet is assigned at once (None). For another one the move is
    written down, and the worker carries it out step by step: the old gate takes nothing more, its
    alerts are all here, its log is copied and compared, the new gate takes it up, clients are sent
    there. Raises SupervisionError: no such journal, it is there, it moves already, it is closed.
    """
    moment = at or timezone.now()
    pilot = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    if to not in settings().gate_urls:
        raise SupervisionError(_("There is no journal of this name: see SHIDIAN_GATES."))
    source = journal_of(pilot)
    if source == to:
        raise SupervisionError(_("This pilot's telemetry is kept there already."))
    if pilot.state == PilotState.CLOSED:
        raise SupervisionError(_("This pilot is closed: its telemetry stays where it is."))
    if pilot.journal_moves.filter(ended_at=None).exists():
        raise SupervisionError(_("This pilot is being moved already."))
    if not Outbox.objects.filter(topic=TOPIC, payload__project=pilot.public_id).exists():
        PilotJournal.objects.update_or_create(pilot=pilot, defaults={"journal": to})
        return None
    PilotJournal.objects.get_or_create(pilot=pilot, defaults={"journal": source})
    return JournalMove.objects.create(pilot=pilot, source=source, target=to, asked_at=moment)


def tell_elsewhere(pilot: Pilot, *, at: datetime) -> None:
    """Tell every other gate where this pilot is kept, and by which keys it is asked for."""
    urls = settings().gate_urls
    home = journal_of(pilot)
    known = dict(pilot.machine_keys.filter(revoked_at=None).values_list("key_id", "public_key"))
    for journal in urls:
        if journal != home:
            body = {"journal": journal, "url": urls[home], "keys": known}
            post_control(pilot, "route", body, at=at)
