"""Alert items appended, and the episodes that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from shidian.apps.supervision.domain.consequences import follow
from shidian.apps.supervision.handling import columns_of, handlings
from shidian.apps.supervision.models import AlertEpisode, AlertItem, EpisodeState
from shidian.apps.supervision.worker.projection.stream import (
    ITEMS,
    NUMBERING,
    Applied,
    locked_cursor,
    move,
    of_journal,
    pilots_of,
)
from shidian.config import MAIN_JOURNAL
from shidian.core.monitor.items import Change
from shidian.core.procedure.alerts import rank
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from shidian.apps.supervision.models import Pilot
    from shidian.core.monitor.items import Item
    from shidian.core.procedure.alerts import Handling
    from shidian.core.rulebook.model import AlertRule, Limit


@transaction.atomic
def apply_items(items: Sequence[Item], journal: str = MAIN_JOURNAL) -> Applied:
    """Append these items and bring their episodes up to date; items read before are passed over.

    Items of projects that are no pilots here are passed over as well: the cursor moves past them.
    `journal`: that of the monitor whose stream it is. Here items of all are numbered in one row.
    """
    applied = Applied()
    cursor = locked_cursor(of_journal(ITEMS, journal))
    read = [item for item in items if item.seq > cursor.position]
    fresh, places = _numbered(read, journal)
    pilots = pilots_of(item.project for item in fresh)
    now = timezone.now()
    newest: dict[str, Item] = {}
    rows = []
    for item in fresh:
        pilot = pilots.get(item.project)
        if pilot is None:
            continue
        rows.append(_row(item, pilot, now, journal, places[item.seq]))
        newest[item.episode] = item
        applied.note(pilot, item.entry)
    AlertItem.objects.bulk_create(rows)
    known = known_since(newest)
    handled = handlings(newest)
    for item in newest.values():
        pilot = pilots[item.project]
        project_episode(item, pilot, known[item.episode], handled[item.episode], now)
        follow(item=item, pilot=pilot, rule=_rule(pilot, item.rule), at=now)
    move(cursor, read[-1].seq if read else cursor.position, now)
    return applied


def _numbered(read: Sequence[Item], journal: str) -> tuple[list[Item], dict[int, int]]:
    """The items under numbers of their own here, and number → place in the monitor's stream."""
    if not read:
        return [], {}
    numbering = locked_cursor(NUMBERING)
    last = numbering.position or AlertItem.objects.aggregate(last=Max("seq"))["last"] or 0
    fresh, places = [], {}
    for item in read:
        # With one journal alone a number is the place.
        last = max(last + 1, item.seq if journal == MAIN_JOURNAL else 0)
        fresh.append(item.numbered(last))
        places[last] = item.seq
    move(numbering, last, timezone.now())
    return fresh, places


def _row(item: Item, pilot: Pilot, now: datetime, journal: str, place: int) -> AlertItem:
    return AlertItem(
        seq=item.seq,
        journal=journal,
        place=place,
        entry=item.entry,
        pilot=pilot,
        episode=item.episode,
        rule=item.rule,
        group=item.group,
        change=item.change.value,
        level=item.level,
        early=item.early,
        warming=item.warming,
        at_us=item.at_us,
        since_us=item.since_us,
        start_us=item.start_us,
        end_us=item.end_us,
        path=item.path_json(),
        rules_digest=item.rules_digest,
        explanation=item.explanation,
        received_at=now,
    )


@dataclass(frozen=True, slots=True)
class Since:
    """When an episode was first known: by which entry, and when each level was received first."""

    entry: int
    levels: Mapping[str, datetime]

    @property
    def opened_at(self) -> datetime:
        """When its first item was received: whatever is rebuilt, it stays."""
        return min(self.levels.values())


def known_since(episodes: Iterable[str]) -> dict[str, Since]:
    """Since when these episodes are known, by the items that were copied. One query."""
    found: dict[str, Since] = {}
    rows = (
        AlertItem.objects.filter(episode__in=list(episodes))
        .order_by()
        .values("episode", "level")
        .annotate(first=Min("received_at"), first_entry=Min("entry"))
        .values_list("episode", "level", "first", "first_entry")
    )
    for episode, level, first, entry in rows:
        before = found.get(episode, Since(entry, {}))
        found[episode] = Since(min(before.entry, entry), {**before.levels, level: first})
    return found


def project_episode(
    item: Item | AlertItem, pilot: Pilot, since: Since, handling: Handling, now: datetime
) -> None:
    """An item carries its episode's whole state: the newest one is the episode.

    `handling`: what its steps come to, kept where the episode is new here; where it is not, the
    verbs that write steps keep it.
    """
    rule = _rule(pilot, item.rule)
    title = rule.title if rule else _title(item)
    known: dict[str, object] = {
        "pilot": pilot,
        "rule": item.rule,
        "group": item.group,
        "state": _state(item),
        "level": item.level,
        "rank": rank(item.level),
        "early": item.early,
        "warming": item.warming,
        "start_us": item.start_us,
        "end_us": item.end_us,
        "opened_entry": since.entry,
        "opened_at": since.opened_at,
        "level_at": since.levels[item.level],
        "last_entry": item.entry,
        "last_seq": item.seq,
        "rules_digest": item.rules_digest,
        "explanation": item.explanation,
        "title_zh": title.zh,
        "title_en": title.en,
        "public": bool(rule and rule.public),
        "changed_at": now,
    }
    AlertEpisode.objects.update_or_create(
        episode=item.episode,
        defaults=known,
        create_defaults={**known, **columns_of(handling)},
    )


def _title(item: Item | AlertItem) -> Text:
    """Of a rule that the case's rulebook does not have: it is built in, or of other rules."""
    rule = item.explanation.get("rule") or {}
    return Text(**rule["title"]) if "title" in rule else Text(zh=item.rule, en=item.rule)


@transaction.atomic
def rebuild_episodes() -> int:
    """Make every episode anew from the items and the steps; how many there are.

    What is made is what was there, to the moment at which each became known.
    """
    newest: dict[str, AlertItem] = {}
    for item in AlertItem.objects.select_related("pilot__case__scheme").order_by("seq"):
        newest[item.episode] = item
    AlertEpisode.objects.all().delete()
    known, handled = known_since(newest), handlings(newest)
    for name, item in newest.items():
        project_episode(item, item.pilot, known[name], handled[name], item.received_at)
    return len(newest)


def _state(item: Item | AlertItem) -> EpisodeState:
    if item.change == Change.WITHDRAWN:
        return EpisodeState.WITHDRAWN
    return EpisodeState.OPEN if item.end_us is None else EpisodeState.ENDED


def _rule(pilot: Pilot, rule_id: str) -> Limit | AlertRule | None:
    rulebook = pilot.case.rulebook
    rules: list[Limit | AlertRule] = [*rulebook.limits, *rulebook.alerts]
    return next((rule for rule in rules if rule.id == rule_id), None)
