"""Two digests by which streams of alerts are compared: as known, and final."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.core.monitor.items import Episode, Item


class AsKnownDigest:
    """Digest of a stream of items: rule, group, instants, levels, entries; no prose.

    The order of items counts. `hexdigest` may be read at any point of the stream.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.items = 0

    def add(self, items: Iterable[Item]) -> None:
        """Continue with the items that follow."""
        for item in items:
            self._hash.update(_line(as_known_row(item)))
            self.items += 1

    def text(self) -> str:
        """`sha256:<64 hex>`."""
        return f"sha256:{self._hash.hexdigest()}"


def as_known_row(item: Item) -> list[Any]:
    """What of an item is compared as known."""
    return [
        item.entry,
        item.project,
        item.rule,
        item.group,
        item.change.value,
        item.early,
        item.warming,
        item.episode,
        item.at_us,
        item.since_us,
        item.start_us,
        item.end_us,
        [[step.at_us, step.rung, step.early] for step in item.path],
    ]


def as_known_digest(items: Iterable[Item]) -> str:
    """Digest of a whole stream."""
    digest = AsKnownDigest()
    digest.add(items)
    return digest.text()


def final_digest(episodes: Mapping[tuple[str, str, str], Sequence[Episode]]) -> str:
    """Digest of the final view: (project, rule, group) → episodes; no entries, no ids."""
    found = hashlib.sha256()
    for key in sorted(episodes):
        for episode in episodes[key]:
            path = [[step.at_us, step.rung] for step in episode.path]
            row = [*key, episode.since_us, episode.start_us, episode.end_us, path]
            found.update(_line(row))
    return f"sha256:{found.hexdigest()}"


def _line(row: list[Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
