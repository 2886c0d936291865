"""How episodes are handled: their steps read, folded, and kept beside the episode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.supervision.models import AlertStep
from shidian.core.procedure.alerts import AlertAct, AlertStepKind, Handling, folded, rank

if TYPE_CHECKING:
    from collections.abc import Iterable


def act_of(step: AlertStep) -> AlertAct:
    """A stored step as the fold reads it."""
    return AlertAct(
        kind=AlertStepKind(step.kind),
        at=step.at,
        level=step.level,
        by=step.by_id,
        to=step.to_id,
        until=step.until,
        text=step.text,
        link=(step.link_kind, step.link_name) if step.link_kind else None,
        office=step.office,
    )


def handlings(episodes: Iterable[str]) -> dict[str, Handling]:
    """How each of these episodes is handled. One query."""
    acts: dict[str, list[AlertAct]] = {episode: [] for episode in episodes}
    for step in AlertStep.objects.filter(episode__in=acts).order_by("pk"):
        acts[step.episode].append(act_of(step))
    return {episode: folded(found) for episode, found in acts.items()}


def columns_of(handling: Handling) -> dict[str, Any]:
    """What an episode keeps of it, so that lists can be filtered."""
    return {
        "seen_rank": rank(handling.seen_level),
        "seen_at": handling.seen_at,
        "assignee_id": handling.assignee,
        "false_positive": handling.false_positive,
        "muted_rank": rank(handling.muted_level),
        "muted_until": handling.muted_until,
        "raised_rank": rank(handling.raised_level),
        "raised_to": handling.raised_to,
    }
