"""The queue of alerts: which a filter asks for, and what each rule has come to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils import timezone

from shidian.apps.accounts.models import Officer, OfficerRole, Person
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.models import AccessEffect, SchemeAuthority
from shidian.apps.cases.rules import DECIDING
from shidian.apps.supervision.board_figures import muted_now
from shidian.apps.supervision.domain.alerts import UNSEEN
from shidian.apps.supervision.models import AlertEpisode, EpisodeState
from shidian.apps.supervision.queries import watched_pilots

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.cases.models import Case

FIGURES_DAYS = 90
"""How far back a rule's figures reach where no time is asked for."""


class Show(StrEnum):
    """Which alerts: those to deal with (not seen, or open and not muted), or one kind of them."""

    TO_DO = ""
    UNSEEN = "unseen"
    RAISED = "raised"
    OPEN = "open"
    MUTED = "muted"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    FALSE_POSITIVE = "false-positive"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the queue is narrowed by; empty: not narrowed.

    `rank`: at least of that place on the ladder. `assigned`: a person's key, or `nobody`. `days`:
    received within so many.
    """

    scheme: str = ""
    pilot: str = ""
    rule: str = ""
    rank: int = 0
    show: Show = Show.TO_DO
    assigned: str = ""
    days: int = 0


def watched_episodes(person: Person | AnonymousUser) -> QuerySet[AlertEpisode]:
    """Episodes of pilots whose alerts `person` may see handled; a denial holds here as well."""
    return AlertEpisode.objects.filter(pilot__in=watched_pilots(person))


def queue_of(episodes: QuerySet[AlertEpisode], wanted: Wanted) -> QuerySet[AlertEpisode]:
    """Those asked for, gravest and newest first, without what only their pages show."""
    now = timezone.now()
    found = _narrowed(episodes, wanted, now).filter(_shown(wanted.show, now))
    if wanted.rank:
        found = found.filter(rank__gte=wanted.rank)
    if wanted.assigned:
        nobody = wanted.assigned == "nobody"
        found = found.filter(assignee=None if nobody else int(wanted.assigned))
    if wanted.days:
        found = found.filter(opened_at__gte=now - timedelta(days=wanted.days))
    return (
        found.order_by("-rank", "-last_seq")
        .select_related("assignee", "pilot__case__lead")
        .defer("explanation")
    )


def _narrowed(
    episodes: QuerySet[AlertEpisode], wanted: Wanted, now: datetime
) -> QuerySet[AlertEpisode]:
    del now
    if wanted.scheme:
        episodes = episodes.filter(pilot__case__scheme__slug=wanted.scheme)
    if wanted.pilot:
        episodes = episodes.filter(pilot__public_id=wanted.pilot)
    if wanted.rule:
        episodes = episodes.filter(rule=wanted.rule)
    return episodes


def _shown(show: Show, now: datetime) -> Q:
    is_open = Q(state=EpisodeState.OPEN)
    asked = {
        Show.TO_DO: UNSEEN | (is_open & ~(Q(muted_until__isnull=False) & muted_now(now))),
        Show.UNSEEN: UNSEEN,
        Show.RAISED: UNSEEN & Q(raised_rank=F("rank")),
        Show.OPEN: is_open,
        Show.MUTED: is_open & muted_now(now),
        Show.ENDED: Q(state=EpisodeState.ENDED),
        Show.WITHDRAWN: Q(state=EpisodeState.WITHDRAWN),
        Show.FALSE_POSITIVE: Q(false_positive=True),
        Show.ALL: Q(),
    }
    return asked[show]


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What a rule's alerts came to. Withdrawn ones are counted apart: they never were.

    `wait`: median from when an alert was received until an officer saw it, of those that were seen.
    """

    scheme: str
    rule: str
    title_zh: str
    title_en: str
    episodes: int
    withdrawn: int
    unseen: int
    false_positives: int
    wait: timedelta | None

    def order(self) -> tuple[int, int, str, str]:
        """Most false positives first, then most alerts."""
        return -self.false_positives, -self.episodes, self.scheme, self.rule

    @property
    def false_per_cent(self) -> float | None:
        """Share of false positives, 0 to 100; None where there was no episode."""
        return 100 * self.false_positives / self.episodes if self.episodes else None


def figures_of_rules(episodes: QuerySet[AlertEpisode], wanted: Wanted) -> list[RuleFigures]:
    """Each rule of each scheme, the one with most false positives first. One query.

    Of what was received in the time asked for, in whatever state it is now.
    """
    now = timezone.now()
    since = now - timedelta(days=wanted.days or FIGURES_DAYS)
    rows = _narrowed(episodes, wanted, now).filter(opened_at__gte=since, rank__gte=wanted.rank)
    told = defaultdict(list)
    for slug, rule, title_zh, title_en, *one in rows.order_by("pk").values_list(
        "pilot__case__scheme__slug",
        *("rule", "title_zh", "title_en"),
        *("state", "rank", "seen_rank", "false_positive", "opened_at", "seen_at"),
    ):
        told[slug, rule].append((title_zh, title_en, *one))
    found = [_figures(slug, rule, rows) for (slug, rule), rows in told.items()]
    return sorted(found, key=RuleFigures.order)


def _figures(slug: str, rule: str, rows: list[tuple]) -> RuleFigures:  # type: ignore[type-arg]
    title_zh, title_en = rows[-1][:2]
    real = [row[2:] for row in rows if row[2] != EpisodeState.WITHDRAWN]
    waits = [seen - opened for *_, opened, seen in real if seen is not None]
    return RuleFigures(
        scheme=slug,
        rule=rule,
        title_zh=title_zh,
        title_en=title_en,
        episodes=len(real),
        withdrawn=len(rows) - len(real),
        unseen=sum(seen_rank < rank for _state, rank, seen_rank, *_ in real),
        false_positives=sum(bool(row[3]) for row in real),
        wait=median(waits) if waits else None,
    )


def assignees_of(episodes: QuerySet[AlertEpisode]) -> list[Person]:
    """Who is in charge of any of these. One query."""
    held = episodes.order_by().exclude(assignee=None).values("assignee")
    return list(Person.objects.filter(pk__in=held).order_by("name_zh", "pk"))


def officers_for(case: Case) -> list[Person]:
    """Whom an alert of the case's pilot may be given to, by name. One query."""
    parts = SchemeAuthority.objects.filter(scheme=case.scheme_id, role__in=DECIDING)
    held = Officer.objects.filter(
        held_on(timezone.localdate()),
        authority__in=parts.values("authority"),
        role__in=(OfficerRole.CASE, OfficerRole.SIGNING),
    )
    denied = case.access.filter(effect=AccessEffect.DENY, person__isnull=False).values("person")
    people = Person.objects.filter(pk__in=held.values("person"), is_active=True)
    return list(people.exclude(pk__in=denied).order_by("name_zh", "pk"))
