"""What the rulebook attaches to a breach by itself: recorded, never ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.models import Consequence
from shidian.core.monitor.items import Change
from shidian.core.monitor.program import severity_of
from shidian.core.rulebook.model import Severity

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.supervision.models import Pilot
    from shidian.core.monitor.items import Item
    from shidian.core.rulebook.model import AlertRule, Limit

BY_LAW = frozenset({"end-permission", "start-transition-plan"})
"""Values of `on_breach` that need no one's decision."""
_BREACHES = frozenset({Severity.BREACH, Severity.CRITICAL})


def follow(*, item: Item, pilot: Pilot, rule: Limit | AlertRule | None, at: datetime) -> None:
    """Record what follows from an episode as an item states it, or that its ground has gone.

    Idempotent. A breach that rests on open instants alone (`early`) has no effect until confirmed.
    """
    if rule is not None and rule.on_breach not in BY_LAW:
        return
    known = Consequence.objects.filter(pilot=pilot, episode=item.episode)
    if item.change is Change.WITHDRAWN or not _breached(item):
        changed = known.filter(withdrawn_at=None).update(withdrawn_at=at)
    else:
        changed = rule is not None and _record(item, pilot, rule, at)
    if changed:
        ask_for_snapshot(pilot, at=at)


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
    return any(not step.early and severity_of(step.rung) in _BREACHES for step in item.path)
