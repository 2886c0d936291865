"""Recomputing the stream from a journal, under the rules that governed or under others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.core.monitor.digest import AsKnownDigest, as_known_digest, final_digest
from shidian.core.monitor.evaluator import Evaluator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.items import Episode, Item
    from shidian.core.rulebook.loaded import Loaded


@dataclass(slots=True)
class Replay:
    """What a replay found: the as-known stream and the final view, each with its digest.

    `removed`: projects asked for of which nothing can be said, since their events were removed.
    """

    last_entry: int = 0
    items: list[Item] = field(default_factory=list)
    final: dict[tuple[str, str, str], list[Episode]] = field(default_factory=dict)
    as_known_digest: str = ""
    final_digest: str = ""
    faults: list[Fault] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def told_here(found: Replay, arrivals: Mapping[str, int]) -> Replay:
    """Without the items of what projects brought from other journals, whose monitors told them.

    `arrivals`: project → the entry with which it came.
    """
    left = [item for item in found.items if item.entry > arrivals.get(item.project, 0)]
    found.items = [item.numbered(seq) for seq, item in enumerate(left, 1)]
    found.as_known_digest = as_known_digest(found.items)
    return found


def replay(
    entries: Iterable[Entry],
    *,
    project: str | None = None,
    override: Loaded | None = None,
    last_entry: int | None = None,
    removed: Iterable[str] = (),
) -> Replay:
    """Evaluate entries in order, up to number `last_entry` if given.

    `override` stands in place of every rulebook activated; plan values are the log's.
    `removed`: see Evaluator.
    """
    evaluator = Evaluator(project=project, override=override, removed=removed)
    found = Replay()
    told: list[Item] = []
    for entry in entries:
        if last_entry is not None and entry.entry > last_entry:
            break
        told.extend(evaluator.apply(entry))
        found.last_entry = entry.entry
    # What a project said before its events turned out to be gone would be half of the truth.
    left = [item for item in told if item.project not in evaluator.removed]
    found.items = [item.numbered(seq) for seq, item in enumerate(left, 1)]
    digest = AsKnownDigest()
    digest.add(found.items)
    found.final = evaluator.final()
    found.as_known_digest = digest.text()
    found.final_digest = final_digest(found.final)
    gone = evaluator.removed
    found.faults = [one for one in evaluator.faults.values() if one.project not in gone]
    found.removed = sorted(name for name in gone if project in (None, name))
    return found
