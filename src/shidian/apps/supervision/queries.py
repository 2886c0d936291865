"""What the board and a pilot's page show, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from shidian.apps.cases.models import Case, OutboxDelivery
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.supervision.domain.alerts import LEVELS
from shidian.apps.supervision.domain.control import CONSUMER
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.limits import AgreedLimit, LimitUse, agreed_limits, uses
from shidian.apps.supervision.models import (
    AlertAcknowledgement,
    AlertEpisode,
    ControlReceipt,
    EpisodeState,
    GroupedReading,
    Pilot,
    PilotState,
    PlanSignature,
    PlanVersion,
)
from shidian.apps.supervision.series import SPAN_US, Change, changes_of
from shidian.apps.supervision.tiers import tier_of, tiers_of
from shidian.core.rulebook.reading.plan_words import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import PlanParameter, Rulebook, Text

TREND_SPAN_US = SPAN_US // 24
"""The board's trends show the last hour: what is happening, not how it came to be."""


def rank(level: str) -> int:
    """The level's place on the ladder, from 1; 0 for none."""
    return LEVELS.index(level) + 1 if level in LEVELS else 0


@dataclass(frozen=True, slots=True)
class ShownEpisode:
    """An episode with what people did about it."""

    episode: AlertEpisode
    acknowledgement: AlertAcknowledgement | None

    @property
    def unseen(self) -> bool:
        """Open, and nobody has acknowledged it at this level."""
        if self.episode.state != EpisodeState.OPEN:
            return False
        seen = self.acknowledgement
        return seen is None or rank(seen.level) < rank(self.episode.level)


@dataclass(frozen=True, slots=True)
class Tile:
    """A pilot on the board."""

    pilot: Pilot
    episodes: tuple[ShownEpisode, ...]
    nearest: LimitUse | None

    @property
    def worst(self) -> str:
        """Highest level of an open episode; empty where all is quiet."""
        return max((shown.episode.level for shown in self.episodes), key=rank, default="")

    @property
    def unseen(self) -> int:
        """Open episodes that nobody has acknowledged at their level."""
        return sum(shown.unseen for shown in self.episodes)

    @property
    def halted(self) -> bool:
        """The monitor has stopped evaluating it: that nothing is reported says nothing."""
        return hasattr(self.pilot, "fault")

    @property
    def stopped(self) -> bool:
        """An order keeps it from taking new business."""
        return self.pilot.state in {PilotState.SUSPENDED, PilotState.TERMINATED}

    @property
    def order(self) -> tuple[bool, int, int, bool, float, str]:
        """Blind ones first, then gravest, then unseen, stopped, then the nearest to a limit."""
        share = float(self.nearest.share) if self.nearest else -1.0
        return (
            not self.halted,
            -rank(self.worst),
            -self.unseen,
            not self.stopped,
            -share,
            self.pilot.public_id,
        )


def visible_pilots(person: Person | AnonymousUser) -> QuerySet[Pilot]:
    """Pilots of the cases that `person` may see; a denial holds here as well."""
    return Pilot.objects.filter(case__in=Case.objects.visible_to(person))


def board(person: Person | AnonymousUser) -> list[Tile]:
    """The pilots that run, for one person, gravest first."""
    pilots = list(
        visible_pilots(person)
        .exclude(state=PilotState.CLOSED)
        .select_related("case__scheme", "case__lead", "case__rulebook_version", "fault")
        .defer("case__rulebook_version__document")
    )
    episodes = shown_episodes(
        AlertEpisode.objects.filter(pilot__in=pilots, state=EpisodeState.OPEN)
    )
    of_pilot: dict[int, list[ShownEpisode]] = {}
    for shown in episodes:
        of_pilot.setdefault(shown.episode.pilot_id, []).append(shown)
    nearest = _nearest(pilots)
    tiles = [
        Tile(pilot, tuple(of_pilot.get(pilot.pk, ())), nearest.get(pilot.pk)) for pilot in pilots
    ]
    return sorted(tiles, key=lambda tile: tile.order)


def _nearest(pilots: list[Pilot]) -> dict[int, LimitUse]:
    plans = newest_plans(pilots)
    versions = {pilot.case.rulebook_version_id for pilot in pilots}
    rulebooks = {version: rulebook_of(version) for version in versions}
    tiers = tiers_of(pilot.case for pilot in pilots)
    limits = {
        pilot.pk: agreed_limits(
            rulebooks[pilot.case.rulebook_version_id],
            plans[pilot.pk],
            tiers.get(pilot.case_id),
            pilot.case.stage,
        )
        for pilot in pilots
    }
    wanted = {limit.reading for found in limits.values() for limit in found}
    now_us = to_us(timezone.now())
    changes = changes_of(pilots, wanted, since_us=now_us - TREND_SPAN_US)
    own: dict[int, dict[str, list[Change]]] = {}
    for (pilot_id, indicator), found in changes.items():
        own.setdefault(pilot_id, {})[indicator] = found
    grouped = grouped_of(pilots)
    nearest = {}
    for pilot_id, agreed in limits.items():
        ranked = uses(agreed, own.get(pilot_id, {}), now_us=now_us, grouped=grouped.get(pilot_id))
        if ranked:
            nearest[pilot_id] = max(ranked, key=lambda use: use.share)
    return nearest


def grouped_of(pilots: Iterable[Pilot]) -> dict[int, dict[str, GroupedReading]]:
    """Pilot id → limit → how its groups stand. One query."""
    found: dict[int, dict[str, GroupedReading]] = {}
    for row in GroupedReading.objects.filter(pilot__in=[pilot.pk for pilot in pilots]):
        found.setdefault(row.pilot_id, {})[row.rule] = row
    return found


def newest_plans(pilots: Iterable[Pilot]) -> dict[int, dict[str, str]]:
    """The newest plan of each pilot by its id. One query."""
    plans: dict[int, dict[str, str]] = {pilot.pk: {} for pilot in pilots}
    rows = PlanVersion.objects.filter(pilot__in=plans).order_by("number")
    plans.update(rows.values_list("pilot_id", "values"))
    return plans


def shown_episodes(episodes: QuerySet[AlertEpisode]) -> list[ShownEpisode]:
    """Episodes with their newest acknowledgement, gravest and newest first. Two queries."""
    listed = list(episodes)
    seen: dict[str, AlertAcknowledgement] = {}
    rows = AlertAcknowledgement.objects.filter(episode__in=[e.episode for e in listed])
    for row in rows.select_related("by").order_by("pk"):
        seen[row.episode] = row
    shown = [ShownEpisode(episode, seen.get(episode.episode)) for episode in listed]
    return sorted(shown, key=lambda one: (-rank(one.episode.level), -one.episode.last_seq))


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value of a plan: a `number` in major units with its unit, or `words`."""

    title: Text
    number: Decimal | None
    words: Text | None
    unit: Text


def shown_value(parameter: PlanParameter, value: str) -> ShownValue:
    """A value of the plan as people read it."""
    if parameter.type in ("int", "money", "decimal"):
        return ShownValue(parameter.title, Decimal(value), None, parameter.unit)
    return ShownValue(parameter.title, None, in_words(parameter, value), parameter.unit)


def shown_values(rulebook: Rulebook, plan: Mapping[str, str]) -> tuple[ShownValue, ...]:
    """A plan's values in the order of the rulebook."""
    return tuple(shown_value(one, plan[one.id]) for one in rulebook.plan if one.id in plan)


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A version of the plan with the journal entry from which it is in force.

    Without an entry it is pending or, where `refused` gives the gate's reason, will never be.
    """

    version: PlanVersion
    entry: int | None
    refused: str
    values: tuple[ShownValue, ...]
    """In the order of the rulebook."""
    signed: PlanSignature | None
    """The institution's signature, of the version or of the change that carries it."""


def plan_versions(pilot: Pilot) -> list[ShownPlan]:
    """The plan's versions, newest first. Four queries."""
    versions = list(
        pilot.plan_versions.select_related("made_by", "change", "order").order_by("-number")
    )
    outbox_ids = [version.outbox_id for version in versions]
    entries, refused = receipts(outbox_ids), refusals(outbox_ids)
    signatures = list(
        PlanSignature.objects.filter(Q(version__pilot=pilot) | Q(change__pilot=pilot))
    )
    by_version = {one.version_id: one for one in signatures if one.version_id}
    by_change = {one.change_id: one for one in signatures if one.change_id}
    return [
        ShownPlan(
            version,
            entries.get(version.outbox_id or 0),
            refused.get(version.outbox_id or 0, ""),
            shown_values(pilot.case.rulebook, version.values),
            by_version.get(version.pk) or by_change.get(version.change_id or 0),
        )
        for version in versions
    ]


def receipts(outbox_ids: Iterable[int | None]) -> dict[int, int]:
    """Journal entries of these control records, as far as they have arrived. One query."""
    wanted = [outbox_id for outbox_id in outbox_ids if outbox_id is not None]
    return dict(
        ControlReceipt.objects.filter(outbox_id__in=wanted).values_list("outbox_id", "entry")
    )


def refusals(outbox_ids: Iterable[int | None]) -> dict[int, str]:
    """Why the gate refused these control records, for those that it did. One query."""
    wanted = [outbox_id for outbox_id in outbox_ids if outbox_id is not None]
    rows = OutboxDelivery.objects.filter(outbox_id__in=wanted, consumer=CONSUMER)
    return dict(rows.values_list("outbox_id", "error"))


def limits_with_use(pilot: Pilot) -> list[LimitUse]:
    """All limits of a pilot with their use and the trend of the last hour."""
    plan = newest_plans([pilot])[pilot.pk]
    limits: list[AgreedLimit] = agreed_limits(
        pilot.case.rulebook, plan, tier_of(pilot.case), pilot.case.stage
    )
    now_us = to_us(timezone.now())
    changes = changes_of(
        [pilot], {limit.reading for limit in limits}, since_us=now_us - TREND_SPAN_US
    )
    own = {name: rows for (_, name), rows in changes.items()}
    grouped = grouped_of([pilot]).get(pilot.pk)
    return uses(limits, own, now_us=now_us, grouped=grouped)
