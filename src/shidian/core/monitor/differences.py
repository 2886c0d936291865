"""What an entry changed: episodes before and after it, matched, as drafts of items."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shidian.core.monitor.items import Change, Episode, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Stated:
    """An episode with the id under which it was first stated."""

    id: str
    episode: Episode


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it is explained: what changed, the episode as it now stands, the instant."""

    change: Change
    stated: Stated
    early: bool
    at_us: int


def episode_id(project: str, rule: str, group: str, entry: int, start_us: int) -> str:
    """Name of an episode: from where and when it was first stated, 32 hex digits."""
    name = json.dumps([project, rule, group, entry, start_us], ensure_ascii=False)
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def match(before: Sequence[Stated], after: Sequence[Episode]) -> list[Stated | None]:
    """For each episode after, in order of start: the first before, not yet taken, that overlaps.

    An episode that has not ended overlaps everything from its start on.
    """
    found: list[Stated | None] = []
    place = 0
    for episode in after:
        while place < len(before) and _end(before[place].episode) <= episode.start_us:
            place += 1
        if place < len(before) and before[place].episode.start_us < _end(episode):
            found.append(before[place])
            place += 1
        else:
            found.append(None)
    return found


def withdrawn(before: Sequence[Stated], matched: Sequence[Stated | None]) -> Iterator[Draft]:
    """Those of before that nothing matches."""
    kept = {stated.id for stated in matched if stated is not None}
    for stated in before:
        if stated.id not in kept:
            episode = stated.episode
            yield Draft(Change.WITHDRAWN, stated, episode.early, episode.start_us)


def opened(stated: Stated) -> Iterator[Draft]:
    """A new episode, told from its beginning."""
    first = stated.episode.path[:1]
    beginning = replace(stated.episode, path=first, end_us=None)
    yield Draft(Change.OPENED, Stated(stated.id, beginning), beginning.early, beginning.start_us)
    yield from _grown(stated, len(first), None)


def changed(before: Stated, after: Episode) -> Iterator[Draft]:
    """The same episode, told anew: nothing where nothing changed."""
    old, now = before.episode, Stated(before.id, after)
    if old == after:
        return
    if old.early and not after.early:
        running = replace(after, end_us=None)
        yield _whole(Change.CONFIRMED, Stated(before.id, running))
        yield from _grown(now, len(after.path), None)
        return
    path = tuple(replace(step, early=False) for step in old.path)
    told = tuple(replace(step, early=False) for step in after.path[: len(path)])
    same_past = (old.since_us, old.start_us, path) == (after.since_us, after.start_us, told)
    # A rung once final cannot become early again, the watermark never goes back.
    if not same_past or old.end_us is not None:
        yield _whole(Change.AMENDED, now)
        return
    if old.path != after.path[: len(path)]:
        known = replace(after, path=after.path[: len(path)], end_us=None)
        yield _whole(Change.CONFIRMED, Stated(before.id, known))
    yield from _grown(now, len(path), old.end_us)


def _grown(stated: Stated, told: int, told_end_us: int | None) -> Iterator[Draft]:
    """Rungs beyond the first `told`, then the end if it is new."""
    episode = stated.episode
    for count in range(told + 1, len(episode.path) + 1):
        path = episode.path[:count]
        so_far = Stated(stated.id, replace(episode, path=path, end_us=None))
        yield Draft(Change.ESCALATED, so_far, path[-1].early, path[-1].at_us)
    if episode.end_us is not None and told_end_us is None:
        yield Draft(Change.RESOLVED, stated, early=False, at_us=episode.end_us)


def _whole(change: Change, stated: Stated) -> Draft:
    last: Step = stated.episode.path[-1]
    return Draft(change, stated, stated.episode.has_early, last.at_us)


def _end(episode: Episode) -> int:
    return _FOREVER if episode.end_us is None else episode.end_us
