"""What the rulebook attaches to a breach by itself: recorded, never ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.orders import propose_from_alert, withdraw_for_episode
from shidian.apps.supervision.domain.orders.proposing import PROPOSES
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.models import Consequence
from shidian.core.monitor.items import Change
from shidian.core.monitor.program import severity_of
from shidian.core.rulebook.model import Limit, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.supervision.models import Pilot
    from shidian.core.monitor.items import Item
    from shidian.core.rulebook.model import AlertRule

BY_LAW = frozenset({"end-permission", "start-transition-plan"})
"""Values of `on_breach` that need no one's decision."""
_RISING = tuple(Severity)


def follow(*, item: Item, pilot: Pilot, rule: Limit | AlertRule | None, at: datetime) -> None:
    """Record what follows from an episode as an item states it, or that its ground has gone.

    An order is only ever proposed. Idempotent. A breach that rests on open instants alone (`early`)
    has no effect until confirmed.
    """
    if rule is not None and rule.on_breach.startswith(PROPOSES):
        _propose(item, pilot, rule, at)
        return
    if rule is not None and rule.on_breach not in BY_LAW:
        return
    known = Consequence.objects.filter(pilot=pilot, episode=item.episode)
    if item.change is Change.WITHDRAWN or not _breached(item):
        changed = known.filter(withdrawn_at=None).update(withdrawn_at=at)
    else:
        changed = rule is not None and _record(item, pilot, rule, at)
    if changed:
        ask_for_snapshot(pilot, at=at)


def _propose(item: Item, pilot: Pilot, rule: Limit | AlertRule, at: datetime) -> None:
    if item.change is Change.WITHDRAWN:
        withdraw_for_episode(pilot=pilot, episode=item.episode, at=at)
    elif item.end_us is None and _reached(item, _level_that_proposes(rule)):
        propose_from_alert(item=item, pilot=pilot, rule=rule, at=at)


def _level_that_proposes(rule: Limit | AlertRule) -> Severity:
    """A breach; of a ladder that has none, its highest level."""
    if isinstance(rule, Limit):
        return Severity.BREACH
    return min(Severity.BREACH, max(rule.levels, key=_RISING.index), key=_RISING.index)


def _reached(item: Item, level: Severity) -> bool:
    return any(
        not step.early and _RISING.index(severity_of(step.rung)) >= _RISING.index(level)
        for step in item.path
    )


def _record(item: Item, pilot: Pilot, rule: Limit | AlertRule, at: datetime) -> bool:
    """Whether anything was recorded: what has taken effect already does not do so again."""
    standing = Consequence.objects.filter(
        pilot=pilot, rule=item.rule, kind=rule.on_breach, withdrawn_at=None
    )
    if standing.exists():
        return False
    digest = loaded_rulebook(pilot.case.rulebook_version_id).digest
    Consequence.objects.update_or_create(
        kind=rule.on_breach,
        episode=item.episode,
        defaults={
            "pilot": pilot,
            "rule": item.rule,
            "item_seq": item.seq,
            "start_us": item.start_us,
            "title_zh": rule.title.zh,
            "title_en": rule.title.en,
            "public": rule.public,
            "automatic": by_rule(item.rule, digest),
            "recorded_at": at,
            "withdrawn_at": None,
        },
    )
    return True


def _breached(item: Item) -> bool:
    return _reached(item, Severity.BREACH)
