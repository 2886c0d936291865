"""One project's share of a replay, and the whole that the shares make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.monitor.digest import AsKnownDigest, final_digest
from shidian.core.monitor.evaluator import Place, item_of
from shidian.core.monitor.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.core.monitor.engines.batch import Found
    from shidian.core.monitor.items import Episode, Item


@dataclass(frozen=True, slots=True)
class Share:
    """Items and final episodes of a project. `replay`: how the evaluator found them, if it did."""

    items: list[Item]
    final: dict[tuple[str, str, str], list[Episode]]
    replay: Replay | None = None


def share_of(project: str, found: Found, *, explain: bool) -> Share:
    """What the batch engine found; without `explain` explanations are empty."""
    items = [
        item_of(
            told.timeline,
            told.known if explain else None,
            Place(told.entry, project, told.rule, told.group),
            told.draft,
        )
        for told in found.told
    ]
    return Share(items, {(project, *key): episodes for key, episodes in found.final.items()})


def from_evaluator(found: Replay) -> Share:
    """What the evaluator found of one project."""
    return Share(found.items, found.final, found)


def joined(shares: Iterable[Share], last_entry: int) -> Replay:
    """The stream and the final view of all; shares come by the names of their projects."""
    found = Replay(last_entry=last_entry)
    items: list[Item] = []
    for share in shares:
        items.extend(share.items)
        found.final |= share.final
        if share.replay is not None:
            found.faults.extend(share.replay.faults)
            found.removed.extend(share.replay.removed)
    # Shares are by name, and each in its order: that of the stream within an entry.
    items.sort(key=lambda item: item.entry)
    found.items = [item.numbered(seq) for seq, item in enumerate(items, 1)]
    digest = AsKnownDigest()
    digest.add(found.items)
    found.as_known_digest = digest.text()
    found.final_digest = final_digest(found.final)
    return found
