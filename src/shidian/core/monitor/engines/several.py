"""Several journals as one history: each project is told from the journal that keeps it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.monitor.digest import as_known_digest, final_digest
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.items import Item
    from shidian.core.rulebook.loaded import Loaded


def replay_all(
    readers: Sequence[JournalReader],
    *,
    project: str | None = None,
    override: Loaded | None = None,
) -> Replay:
    """The stream by project and entry, and the final view; projects do not see one another.

    A project that moved has its whole log where it is now, so it is left out where it was. One that
    is on its way is told from where it left. Raises as BatchReplay does.
    """
    arrived = {name for reader in readers for name in reader.arrivals()}
    whole = Replay()
    items: list[Item] = []
    for reader in readers:
        left = reader.departures().keys() & arrived
        found = BatchReplay(reader, cache_bytes=0).replay(project=project, override=override)
        items += [item for item in found.items if item.project not in left]
        whole.final |= {key: told for key, told in found.final.items() if key[0] not in left}
        whole.faults += [fault for fault in found.faults if fault.project not in left]
        whole.removed += [name for name in found.removed if name not in left]
        whole.last_entry = max(whole.last_entry, found.last_entry)
    whole.items = by_project(items)
    whole.as_known_digest = as_known_digest(whole.items)
    whole.final_digest = final_digest(whole.final)
    return whole


def by_project(items: Iterable[Item]) -> list[Item]:
    """Items of several streams in the one order that all of them have: project, then entry."""
    ordered = sorted(items, key=lambda item: (item.project, item.entry))
    return [item.numbered(seq) for seq, item in enumerate(ordered, 1)]
