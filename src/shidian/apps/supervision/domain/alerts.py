"""What people do with alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.permission import require_supervisor
from shidian.apps.supervision.models import AlertAcknowledgement
from shidian.core.rulebook.model import Severity

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import AlertEpisode

NOTE_MAX_CHARS = 2_000
LEVELS = tuple(severity.value for severity in Severity)
"""Rising."""


@transaction.atomic
def acknowledge_alert(
    *, episode: AlertEpisode, level: str, by: Person, note: str = "", at: datetime | None = None
) -> AlertAcknowledgement:
    """State that one has seen the episode at `level`, the level that the page showed.

    It changes nothing about the alert, and asks the pilot for nothing. If the episode rises above
    `level`, it asks to be seen again. Raises ForbiddenError, or SupervisionError where the note is
    too long or the episode is below `level`.
    """
    require_supervisor(by, episode.pilot)
    if level not in LEVELS or LEVELS.index(level) > LEVELS.index(episode.level):
        # Seen in advance, a later rise would not ask to be seen.
        raise SupervisionError(_("This alert has not reached that level. Reload the page."))
    if len(note) > NOTE_MAX_CHARS:
        raise SupervisionError(_("The note is longer than 2,000 characters."), field="note")
    return AlertAcknowledgement.objects.create(
        pilot_id=episode.pilot_id,
        episode=episode.episode,
        level=level,
        by=by,
        at=at or timezone.now(),
        note=note.strip(),
    )
