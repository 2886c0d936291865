"""The board: every pilot that is not closed, with all that tells how it stands, gravest first.

A fixed number of queries for any number of pilots. Up to `DENSE_FROM` each has a tile, with its
open alerts and the last hour of its nearest limit; from there on a row of a table, whose values are
the newest that were copied and cost no history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from shidian.apps.cases.models import Scheme, Task
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.supervision.domain.alerts import UNSEEN
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.limits import LimitUse, capped_limits, limits_in_force, uses
from shidian.apps.supervision.models import (
    AlertEpisode,
    Complaint,
    EpisodeState,
    PilotState,
    SourceReading,
)
from shidian.apps.supervision.queries import (
    TREND_SPAN_US,
    ShownEpisode,
    grouped_of,
    newest_plans,
    shown_episodes,
    watched_pilots,
)
from shidian.apps.supervision.series import Change, changes_of, newest_of
from shidian.apps.supervision.tiers import tiers_of
from shidian.core.procedure.alerts import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.limits import AgreedLimit
    from shidian.apps.supervision.models import Pilot

DENSE_FROM = 24
"""From so many pilots on they stand in a table."""
LATE_PER_CENT_POOR = 1.0
"""From this share of late events on the board says so."""
_WITH_INSTITUTION = (ComplaintState.FORWARDED.value, ComplaintState.ACKNOWLEDGED.value)


@dataclass(slots=True)
class Alerts:
    """A pilot's episodes in numbers, by rank from 1. Those that are muted are open too."""

    open: dict[int, int] = field(default_factory=dict)
    muted: dict[int, int] = field(default_factory=dict)
    unseen: int = 0

    @property
    def heard_rank(self) -> int:
        """The highest rank that has an open episode which no mute hides; 0 for none."""
        heard = (rank for rank, n in self.open.items() if n > self.muted.get(rank, 0))
        return max(heard, default=0)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Level and number of open episodes, gravest first; muted ones count."""
        return [(LEVELS[rank - 1], self.open[rank]) for rank in sorted(self.open, reverse=True)]

    @property
    def muted_count(self) -> int:
        """How many of the open ones are muted."""
        return sum(self.muted.values())


@dataclass(frozen=True, slots=True)
class Quality:
    """How a pilot's sources deliver. `late_per_cent`: of all events that ever came, 0 to 100."""

    late_per_cent: float
    missing: int
    silent: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A pilot on the board. `episodes` (open, not muted) and trends only where it has a tile."""

    pilot: Pilot
    alerts: Alerts
    uses: tuple[LimitUse, ...]
    quality: Quality | None = None
    complaints: int = 0
    complaints_late: int = 0
    duties_late: int = 0
    episodes: tuple[ShownEpisode, ...] = ()

    @property
    def worst(self) -> str:
        """Highest level of an open episode that no mute hides; empty where all is quiet."""
        rank = self.alerts.heard_rank
        return LEVELS[rank - 1] if rank else ""

    @property
    def unseen(self) -> int:
        """Episodes, open or ended, that nobody has acknowledged at their level."""
        return self.alerts.unseen

    @property
    def nearest(self) -> LimitUse | None:
        """The limit of which the largest share is used."""
        return max(self.uses, key=lambda use: use.share, default=None)

    @property
    def others(self) -> list[LimitUse]:
        """The limits besides the nearest, in the order of the rulebook."""
        nearest = self.nearest
        return [use for use in self.uses if use is not nearest]

    @property
    def halted(self) -> bool:
        """The monitor has stopped evaluating it: that nothing is reported says nothing."""
        return hasattr(self.pilot, "fault")

    @property
    def stopped(self) -> bool:
        """An order keeps it from taking new business."""
        return self.pilot.state in {PilotState.SUSPENDED, PilotState.TERMINATED}

    @property
    def order(self) -> tuple[bool, int, int, bool, int, float, str]:
        """Blind ones first, then gravest, unseen, stopped, overdue, then the nearest to a limit."""
        nearest = self.nearest
        return (
            not self.halted,
            -self.alerts.heard_rank,
            -self.unseen,
            not self.stopped,
            -(self.complaints_late + self.duties_late),
            -float(nearest.share) if nearest else 1.0,
            self.pilot.public_id,
        )


def schemes_on_board(person: Person | AnonymousUser) -> QuerySet[Scheme]:
    """The schemes whose pilots are on somebody's board."""
    pilots = watched_pilots(person).exclude(state=PilotState.CLOSED).order_by()
    return Scheme.objects.filter(pk__in=pilots.values("case__scheme"))


def board(person: Person | AnonymousUser, scheme: str = "") -> list[Tile]:
    """The pilots that are not closed, for one person, gravest first; of one scheme, if named."""
    found = watched_pilots(person).exclude(state=PilotState.CLOSED)
    if scheme:
        found = found.filter(case__scheme__slug=scheme)
    pilots = list(
        found.select_related("case__scheme", "case__lead", "case__rulebook_version", "fault").only(
            *("public_id", "state", "fault__entry"),
            *("case__reference", "case__title_zh", "case__title_en", "case__stage"),
            *("case__scheme__slug", "case__lead__name_zh", "case__lead__name_en"),
            *("case__rulebook_version__digest", "case__rulebook_version__version"),
        )
    )
    now, ids = timezone.now(), [pilot.pk for pilot in pilots]
    is_dense = len(pilots) >= DENSE_FROM
    alerts = _alerts(ids, now)
    used = _uses(pilots, now, with_trend=not is_dense)
    quality, complaints, late = _quality(ids), _complaints(ids, now), _late(pilots)
    heard = {} if is_dense else _heard(ids, now)
    tiles = [
        Tile(
            pilot,
            alerts.get(pilot.pk) or Alerts(),
            tuple(used[pilot.pk]),
            quality.get(pilot.pk),
            *complaints.get(pilot.pk, (0, 0)),
            late.get(pilot.case_id, 0),
            tuple(heard.get(pilot.pk, ())),
        )
        for pilot in pilots
    ]
    return sorted(tiles, key=lambda tile: tile.order)


def muted_now(now: datetime) -> Q:
    """Episodes that a mute hides from what is open now."""
    return Q(muted_until__gt=now, muted_rank__gte=F("rank"))


def _alerts(pilots: list[int], now: datetime) -> dict[int, Alerts]:
    is_open = Q(state=EpisodeState.OPEN)
    rows = (
        AlertEpisode.objects.filter(UNSEEN | is_open, pilot__in=pilots)
        .order_by()
        .values("pilot", "rank")
        .annotate(
            n=Count("pk", filter=is_open),
            muted=Count("pk", filter=is_open & muted_now(now)),
            unseen=Count("pk", filter=UNSEEN),
        )
    )
    found: dict[int, Alerts] = {}
    for row in rows:
        alerts = found.setdefault(row["pilot"], Alerts())
        if row["n"]:
            alerts.open[row["rank"]] = row["n"]
        if row["muted"]:
            alerts.muted[row["rank"]] = row["muted"]
        alerts.unseen += row["unseen"]
    return found


def _heard(pilots: list[int], now: datetime) -> dict[int, list[ShownEpisode]]:
    rows = AlertEpisode.objects.filter(pilot__in=pilots, state=EpisodeState.OPEN)
    found: dict[int, list[ShownEpisode]] = {}
    for shown in shown_episodes(rows.exclude(muted_now(now))):
        found.setdefault(shown.episode.pilot_id, []).append(shown)
    return found


def _uses(pilots: list[Pilot], now: datetime, *, with_trend: bool) -> dict[int, list[LimitUse]]:
    limits = _limits(pilots)
    wanted = {limit.reading for found in limits.values() for limit in found}
    now_us = to_us(now)
    if with_trend:
        changes = changes_of(pilots, wanted, since_us=now_us - TREND_SPAN_US)
    else:
        changes = newest_of(pilots, wanted)
    own: dict[int, dict[str, list[Change]]] = {}
    for (pilot_id, indicator), found in changes.items():
        own.setdefault(pilot_id, {})[indicator] = found
    grouped = grouped_of(pilots)
    return {
        pilot_id: uses(
            agreed,
            own.get(pilot_id, {}),
            now_us=now_us,
            grouped=grouped.get(pilot_id),
            with_trend=with_trend,
        )
        for pilot_id, agreed in limits.items()
    }


def _limits(pilots: list[Pilot]) -> Mapping[int, list[AgreedLimit]]:
    """Each pilot's limits. What only its rules, tier and stage decide is worked out once."""
    plans = newest_plans(pilots)
    versions = {pilot.case.rulebook_version_id: pilot.case.rulebook_version for pilot in pilots}
    rulebooks = {pk: rulebook_of(pk, version.digest) for pk, version in versions.items()}
    tiers = tiers_of(pilot.case for pilot in pilots)
    in_force = {}
    found = {}
    for pilot in pilots:
        case = pilot.case
        key = (case.rulebook_version_id, tiers.get(pilot.case_id), case.stage)
        if key not in in_force:
            in_force[key] = limits_in_force(rulebooks[key[0]], *key[1:])
        found[pilot.pk] = capped_limits(in_force[key], plans[pilot.pk])
    return found


def _quality(pilots: Iterable[int]) -> dict[int, Quality]:
    rows = (
        SourceReading.objects.filter(pilot__in=pilots)
        .order_by()
        .values("pilot")
        .annotate(
            came=Coalesce(Sum("events"), 0),
            late=Coalesce(Sum("late"), 0),
            lost=Coalesce(Sum("missing"), 0),
            quiet=Count("pk", filter=Q(silent=True)),
        )
    )
    return {
        row["pilot"]: Quality(
            100 * row["late"] / row["came"] if row["came"] else 0.0, row["lost"], row["quiet"]
        )
        for row in rows
    }


def _complaints(pilots: Iterable[int], now: datetime) -> dict[int, tuple[int, int]]:
    today = timezone.localdate(now)
    late = Q(state__in=_WITH_INSTITUTION, answer_by__lt=today) | Q(
        state=ComplaintState.FORWARDED.value, acknowledge_by__lt=today
    )
    rows = (
        Complaint.objects.filter(pilot__in=pilots)
        .exclude(state=ComplaintState.CLOSED.value)
        .order_by()
        .values("pilot")
        .annotate(n=Count("pk"), late=Count("pk", filter=late))
    )
    return {row["pilot"]: (row["n"], row["late"]) for row in rows}


def _late(pilots: Iterable[Pilot]) -> dict[int, int]:
    """Tasks of each case whose last day is over, whoever owes them. By case."""
    cases = [pilot.case_id for pilot in pilots]
    rows = (
        Task.objects.open()
        .filter(case__in=cases, due__lt=timezone.localdate())
        .order_by()
        .values("case")
        .annotate(n=Count("pk"))
    )
    return dict(rows.values_list("case", "n"))
