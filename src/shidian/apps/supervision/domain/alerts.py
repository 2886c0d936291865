"""What people do with alerts, and what the clock does where nobody does anything.

Every verb writes one step and refolds what the episode keeps of its steps. None of them changes
anything about the alert itself, and nothing of it is told to the pilot's institution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.permission import require_supervisor
from shidian.apps.supervision.handling import act_of, columns_of, handlings
from shidian.apps.supervision.models import (
    AlertEpisode,
    AlertStep,
    Complaint,
    EpisodeState,
    Incident,
    Order,
    Pilot,
    PilotState,
)
from shidian.core.procedure.alerts import (
    LEVELS,
    AlertStepKind,
    acknowledge_within,
    after,
    rank,
    refusal,
)

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

NOTE_MAX_CHARS = 2_000
NEXT_OFFICE = "signing-officer"
"""Whom the clock tells of an alert that no officer has acknowledged."""
ESCALATION_RULE = "monitoring.acknowledge_within"
UNSEEN = ~Q(state=EpisodeState.WITHDRAWN) & Q(rank__gt=F("seen_rank"))
"""Episodes that no officer has seen at their level, ended ones too.

What was withdrawn never was, and asks nobody.
"""
LINKED = {"order": Order, "complaint": Complaint, "incident": Incident}
"""Kinds of things that an alert may be linked to, each found by its name and of the same pilot."""


def acknowledge_alert(
    *, episode: AlertEpisode, level: str, by: Person, note: str = "", at: datetime | None = None
) -> AlertStep:
    """State that one has seen the episode at `level`, the level that the page showed.

    If the episode rises above `level`, it asks to be seen again. Raises ForbiddenError, or
    SupervisionError where the note is too long, the episode is below `level`, or an officer has
    acknowledged it at this level already.
    """
    return _step(episode, AlertStepKind.ACKNOWLEDGE, by=by, level=level, text=note, at=at)


def assign_alert(
    *,
    episode: AlertEpisode,
    to: Person | None,
    by: Person,
    note: str = "",
    at: datetime | None = None,
) -> AlertStep:
    """Say which officer is expected to deal with it; None: nobody. It gives nobody a right.

    Raises ForbiddenError, or SupervisionError where `to` may not supervise the pilot or has it.
    """
    if to is not None and not allows(to, Permission.PILOT_SUPERVISE, episode.pilot.case):
        raise SupervisionError(_("This person cannot act on the pilot."), field="to")
    return _step(episode, AlertStepKind.ASSIGN, by=by, text=note, at=at, to=to)


def note_on_alert(
    *, episode: AlertEpisode, text: str, by: Person, at: datetime | None = None
) -> AlertStep:
    """Note something for the authorities' own file. Raises ForbiddenError or SupervisionError."""
    return _step(episode, AlertStepKind.NOTE, by=by, text=text, at=at)


def mark_false_positive(
    *, episode: AlertEpisode, level: str, reason: str, by: Person, at: datetime | None = None
) -> AlertStep:
    """Judge that the rule fired though nothing was wrong; counted for the rule.

    It counts as seen at `level`. Raises ForbiddenError, or SupervisionError without a reason.
    """
    return _step(episode, AlertStepKind.FALSE_POSITIVE, by=by, level=level, text=reason, at=at)


def let_alert_stand(
    *, episode: AlertEpisode, reason: str, by: Person, at: datetime | None = None
) -> AlertStep:
    """Take back that it is a false positive. Raises ForbiddenError, or SupervisionError."""
    return _step(episode, AlertStepKind.STANDS, by=by, text=reason, at=at)


def link_alert(
    *, episode: AlertEpisode, kind: str, name: str, by: Person, at: datetime | None = None
) -> AlertStep:
    """Tie it to an order, a complaint or an incident of the same pilot, by its public name.

    Raises ForbiddenError, or SupervisionError where there is no such thing.
    """
    model, name = LINKED.get(kind), name.strip().upper()
    key = "public_id" if model is Order else "reference"
    if (
        model is None
        or not model._default_manager.filter(  # noqa: SLF001
            pilot=episode.pilot_id, **{key: name}
        ).exists()
    ):
        raise SupervisionError(_("This pilot has nothing of that name."), field="name")
    return _step(episode, AlertStepKind.LINK, by=by, at=at, link_kind=kind, link_name=name)


def mute_alert(
    *,
    episode: AlertEpisode,
    level: str,
    until: datetime,
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> AlertStep:
    """Take it out of the lists of what is open now, until a moment within 30 days.

    It stays on the pilot's page, in the record and in every count; if it rises above `level` it is
    heard again. It counts as seen. Raises ForbiddenError, or SupervisionError without a reason or
    an end that lies ahead.
    """
    return _step(episode, AlertStepKind.MUTE, by=by, level=level, text=reason, at=at, until=until)


def unmute_alert(
    *, episode: AlertEpisode, by: Person, note: str = "", at: datetime | None = None
) -> AlertStep:
    """End a mute before its time. Raises ForbiddenError, or SupervisionError where none stands."""
    return _step(episode, AlertStepKind.UNMUTE, by=by, text=note, at=at)


@transaction.atomic
def _step(
    episode: AlertEpisode,
    kind: AlertStepKind,
    *,
    by: Person,
    level: str | None = None,
    text: str = "",
    at: datetime | None = None,
    **more: Any,
) -> AlertStep:
    require_supervisor(by, episode.pilot)
    locked = AlertEpisode.objects.select_for_update(of=("self",)).get(pk=episode.pk)
    if level is not None and (level not in LEVELS or rank(level) > locked.rank):
        # Seen in advance, a later rise would not ask to be seen.
        raise SupervisionError(_("This alert has not reached that level. Reload the page."))
    text = text.strip()
    if len(text) > NOTE_MAX_CHARS:
        raise SupervisionError(_("The text is longer than 2,000 characters."), field="text")
    step = AlertStep(
        pilot_id=locked.pilot_id,
        episode=locked.episode,
        kind=kind.value,
        level=level or locked.level,
        by=by,
        at=at or timezone.now(),
        text=text,
        **more,
    )
    _write(step)
    return step


def _write(step: AlertStep) -> None:
    """Keep the step and what it makes of its episode, which is locked. Raises SupervisionError."""
    handling = handlings([step.episode])[step.episode]
    act = act_of(step)
    if wrong := refusal(handling, act):
        field, words = wrong
        raise SupervisionError(localized(words), field=field or None)
    step.save(force_insert=True)
    AlertEpisode.objects.filter(episode=step.episode).update(**columns_of(after(handling, act)))


def escalate_due_alerts(at: datetime | None = None) -> int:
    """Raise alerts that waited too long for an officer to the signing officers, each level once.

    How long is too long the pilot's rulebook says by severity; the time runs from when the level
    was received. One mail a pilot, however many of its alerts are due. How many were raised.
    """
    moment = at or timezone.now()
    waiting = AlertEpisode.objects.filter(UNSEEN, rank__gt=F("raised_rank")).exclude(
        pilot__state=PilotState.CLOSED
    )
    versions = waiting.order_by().values_list("pilot__case__rulebook_version", flat=True)
    due: list[tuple[int, int]] = []
    for version in set(versions.distinct()):
        within = acknowledge_within(loaded_rulebook(version).rulebook.monitoring.acknowledge_within)
        overdue = Q(pk__in=())
        for level, time in within.items():
            overdue |= Q(rank=rank(level), level_at__lte=moment - time)
        found = waiting.filter(overdue, pilot__case__rulebook_version=version)
        due += found.values_list("pilot", "pk")
    pilots = sorted({pilot for pilot, _pk in due})
    return sum(_escalate(one, [pk for pilot, pk in due if pilot == one], moment) for one in pilots)


@transaction.atomic
def _escalate(pilot_id: int, episodes: list[int], moment: datetime) -> int:
    pilot = Pilot.objects.select_related("case__rulebook_version").get(pk=pilot_id)
    automatic = by_rule(ESCALATION_RULE, pilot.case.rulebook_version.digest)
    still = AlertEpisode.objects.filter(UNSEEN, pk__in=episodes, rank__gt=F("raised_rank"))
    raised = 0
    for episode in still.select_for_update(of=("self",)).order_by("pk"):
        _write(
            AlertStep(
                pilot=pilot,
                episode=episode.episode,
                kind=AlertStepKind.ESCALATE.value,
                level=episode.level,
                by=None,
                at=moment,
                office=NEXT_OFFICE,
                automatic=automatic,
            )
        )
        raised += 1
    if raised:
        said = {"kind": "alert.raised", "alerts": raised}
        put(f"mail.{NEXT_OFFICE}", said, case=pilot.case, at=moment)
    return raised
