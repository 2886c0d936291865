"""What a pilot's page shows, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from shidian.apps.accounts.models import Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, OutboxDelivery
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.rules import watched_parts
from shidian.apps.supervision.domain.control import CONSUMER
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.limits import AgreedLimit, LimitUse, agreed_limits, uses
from shidian.apps.supervision.models import (
    AlertEpisode,
    AlertStep,
    ControlReceipt,
    EpisodeState,
    GroupedReading,
    Pilot,
    PlanSignature,
    PlanVersion,
)
from shidian.apps.supervision.series import SPAN_US, changes_of
from shidian.apps.supervision.tiers import tier_of
from shidian.core.procedure.alerts import SEEN_BY
from shidian.core.rulebook.reading.plan_words import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.core.rulebook.model import PlanParameter, Rulebook, Text

TREND_SPAN_US = SPAN_US // 24
"""The board's trends show the last hour: what is happening, not how it came to be."""


@dataclass(frozen=True, slots=True)
class ShownEpisode:
    """An episode with what people did about it, oldest first; nothing where the reader may not."""

    episode: AlertEpisode
    steps: tuple[AlertStep, ...]
    now: datetime
    is_internal: bool = True
    """Whether the reader is of the authorities, whose own its handling is."""

    @property
    def unseen(self) -> bool:
        """No officer has acknowledged it at this level, whether it still goes on or has ended."""
        if self.episode.state == EpisodeState.WITHDRAWN:
            return False
        return self.is_internal and self.episode.seen_rank < self.episode.rank

    @property
    def muted(self) -> bool:
        """A mute keeps it out of the lists of what is open now."""
        until = self.episode.muted_until
        held = until is not None and self.now < until
        return self.is_internal and held and self.episode.rank <= self.episode.muted_rank

    @property
    def acknowledgement(self) -> AlertStep | None:
        """The newest step that nobody takes without having seen it."""
        seen = [step for step in self.steps if step.kind in SEEN_BY]
        return seen[-1] if seen else None

    @property
    def waited(self) -> timedelta | None:
        """From when it was received until an officer first saw it; None where none has."""
        seen_at = self.episode.seen_at
        return None if seen_at is None else seen_at - self.episode.opened_at


def visible_pilots(person: Person | AnonymousUser) -> QuerySet[Pilot]:
    """Pilots of the cases that `person` may see; a denial holds here as well."""
    return Pilot.objects.filter(of_one_of(Case.objects.visible_to(person)))


def watched_pilots(person: Person | AnonymousUser) -> QuerySet[Pilot]:
    """Of those, the pilots of schemes in which `person` holds an office, or audits.

    How alerts are handled is the authorities' own: a party to a case sees it nowhere.
    """
    if not isinstance(person, Person):
        return Pilot.objects.none()
    seen = visible_pilots(person)
    if roles_of(person).is_auditor:
        return seen
    return seen.filter(case__scheme__in=watched_parts(person).values("scheme"))


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


def shown_episodes(
    episodes: QuerySet[AlertEpisode], *, is_internal: bool = True
) -> list[ShownEpisode]:
    """Episodes with their steps, gravest and newest first. Two queries, one for who may not."""
    listed = list(episodes.select_related("assignee") if is_internal else episodes)
    steps: dict[str, list[AlertStep]] = {one.episode: [] for one in listed}
    if is_internal and listed:
        rows = AlertStep.objects.filter(episode__in=steps).select_related("by", "to")
        for step in rows.order_by("pk"):
            steps[step.episode].append(step)
    now = timezone.now()
    shown = [ShownEpisode(one, tuple(steps[one.episode]), now, is_internal) for one in listed]
    return sorted(shown, key=lambda one: (-one.episode.rank, -one.episode.last_seq))


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
