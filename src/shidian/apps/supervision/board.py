"""The board: every pilot that is not closed, with all that tells how it stands, gravest first.

A fixed number of queries for any number of pilots. Up to `DENSE_FROM` each has a tile, with its
open alerts and the last hour of its nearest limit, which take five queries more; from there on a
row of a table, whose values are the newest that were copied and cost no history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from shidian.apps.cases.models import Scheme
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.supervision.board_duties import drill_late, reports_late
from shidian.apps.supervision.board_figures import Alerts, Figures, Quality, figures_of, muted_now
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.limits import LimitUse, capped_limits, limits_in_force, uses
from shidian.apps.supervision.models import AlertEpisode, EpisodeState, PilotState, PlanVersion
from shidian.apps.supervision.queries import (
    TREND_SPAN_US,
    ShownEpisode,
    shown_episodes,
    watched_pilots,
)
from shidian.apps.supervision.series import Change, changes_of
from shidian.core.procedure.alerts import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.limits import AgreedLimit
    from shidian.apps.supervision.models import OrderAlarm, Pilot

DENSE_FROM = 24
"""From so many pilots on they stand in a table."""
LATE_PER_CENT_POOR = 1.0
"""From this share of late events on the board says so."""


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
    incidents: int = 0
    incidents_late: int = 0
    reports_late: int = 0
    drill_late: bool = False
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
    def overdue(self) -> int:
        """How many things somebody owes whose last day is over."""
        return sum(
            (
                *(self.complaints_late, self.duties_late, self.incidents_late),
                *(self.reports_late, self.drill_late),
            )
        )

    @property
    def order(self) -> tuple[bool, int, int, bool, int, float, str]:
        """Blind ones first, then gravest, unseen, stopped, overdue, then the nearest to a limit."""
        nearest = self.nearest
        return (
            not self.halted,
            -self.alerts.heard_rank,
            -self.unseen,
            not self.stopped,
            -self.overdue,
            -float(nearest.share) if nearest else 1.0,
            self.pilot.public_id,
        )


@dataclass(frozen=True, slots=True)
class Board:
    """What somebody's board shows. `to_decide`: how many orders wait for officers."""

    tiles: list[Tile]
    alarms: list[OrderAlarm]
    to_decide: int

    @property
    def is_dense(self) -> bool:
        """Whether the pilots stand in a table."""
        return len(self.tiles) >= DENSE_FROM

    @property
    def schemes(self) -> list[Scheme]:
        """The schemes of these pilots, by address."""
        found = {tile.pilot.case.scheme_id: tile.pilot.case.scheme for tile in self.tiles}
        return sorted(found.values(), key=lambda scheme: scheme.slug)


def schemes_on_board(person: Person | AnonymousUser) -> QuerySet[Scheme]:
    """The schemes whose pilots are on somebody's board."""
    pilots = watched_pilots(person).exclude(state=PilotState.CLOSED).order_by()
    return Scheme.objects.filter(pk__in=pilots.values("case__scheme"))


def board(person: Person | AnonymousUser, scheme: str = "") -> Board:
    """The pilots that are not closed, for one person, gravest first; of one scheme, if named.

    Two queries besides those that read the person's roles, and five more for tiles.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    pilots = _pilots(person, scheme)
    is_dense = len(pilots) >= DENSE_FROM
    figures = figures_of(person, {pilot.case.scheme_id for pilot in pilots}, now)
    heard = {} if is_dense else _heard([pilot.pk for pilot in pilots], now)
    used = _uses(pilots, figures, now, with_trend=not is_dense)
    tiles = [
        Tile(
            pilot,
            figures.alerts.get(pilot.pk) or Alerts(),
            tuple(used[pilot.pk]),
            figures.quality.get(pilot.pk),
            *figures.complaints.get(pilot.pk, (0, 0)),
            figures.duties_late.get(pilot.case_id, 0),
            *figures.incidents.get(pilot.pk, (0, 0)),
            reports_late(pilot, figures, today),
            drill_late(pilot, figures, today),
            tuple(heard.get(pilot.pk, ())),
        )
        for pilot in pilots
    ]
    tiles.sort(key=lambda tile: tile.order)
    return Board(tiles, figures.alarms, figures.to_decide)


def _pilots(person: Person | AnonymousUser, scheme: str) -> list[Pilot]:
    """With their newest plan as `newest_plan`. One query."""
    found = watched_pilots(person).exclude(state=PilotState.CLOSED)
    if scheme:
        found = found.filter(case__scheme__slug=scheme)
    plans = PlanVersion.objects.filter(pilot=OuterRef("pk")).order_by("-number")
    found = found.annotate(newest_plan=Subquery(plans.values("values")[:1]))
    joined = found.select_related("case__scheme", "case__lead", "case__rulebook_version", "fault")
    return list(
        joined.only(
            *("public_id", "state", "starts_on", "fault__entry"),
            *("case__reference", "case__title_zh", "case__title_en", "case__stage"),
            *("case__scheme__slug", "case__scheme__title_zh", "case__scheme__title_en"),
            *("case__lead__name_zh", "case__lead__name_en"),
            *("case__rulebook_version__digest", "case__rulebook_version__version"),
        )
    )


def _heard(pilots: list[int], now: datetime) -> dict[int, list[ShownEpisode]]:
    rows = AlertEpisode.objects.filter(pilot__in=pilots, state=EpisodeState.OPEN)
    found: dict[int, list[ShownEpisode]] = {}
    for shown in shown_episodes(rows.exclude(muted_now(now))):
        found.setdefault(shown.episode.pilot_id, []).append(shown)
    return found


def _uses(
    pilots: list[Pilot], figures: Figures, now: datetime, *, with_trend: bool
) -> dict[int, list[LimitUse]]:
    limits = _limits(pilots, figures)
    now_us = to_us(now)
    values: Mapping[int, Mapping[str, list[Change]]] = figures.values
    if with_trend:
        wanted = {limit.reading for found in limits.values() for limit in found}
        values = _by_pilot(changes_of(pilots, wanted, since_us=now_us - TREND_SPAN_US))
    return {
        pilot_id: uses(
            agreed,
            values.get(pilot_id, {}),
            now_us=now_us,
            grouped=figures.grouped.get(pilot_id),
            with_trend=with_trend,
        )
        for pilot_id, agreed in limits.items()
    }


def _by_pilot(
    changes: Mapping[tuple[int, str], list[Change]],
) -> dict[int, dict[str, list[Change]]]:
    found: dict[int, dict[str, list[Change]]] = {}
    for (pilot_id, indicator), own in changes.items():
        found.setdefault(pilot_id, {})[indicator] = own
    return found


def _limits(pilots: Iterable[Pilot], figures: Figures) -> Mapping[int, list[AgreedLimit]]:
    """Each pilot's limits. What only its rules, tier and stage decide is worked out once."""
    in_force = {}
    found = {}
    for pilot in pilots:
        case = pilot.case
        _event, tier = figures.tiers.get(pilot.case_id, (0, None))
        key = (case.rulebook_version_id, tier, case.stage)
        if key not in in_force:
            rulebook = rulebook_of(case.rulebook_version_id, case.rulebook_version.digest)
            in_force[key] = limits_in_force(rulebook, tier, case.stage)
        plan: Mapping[str, str] = getattr(pilot, "newest_plan", None) or {}
        found[pilot.pk] = capped_limits(in_force[key], plan)
    return found
