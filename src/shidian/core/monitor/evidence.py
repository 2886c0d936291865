"""What a figure of a period rests on: entries of the journal, their sources and their digest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.events import Ints


@dataclass(frozen=True, slots=True)
class Evidence:
    """The journal's entries that a figure rests on; 0 and 0 where no event is counted.

    `feeds`: (source, epoch) of these entries. `entries`: how many data entries of the project lie
    from the first to the last. `digest`: SHA-256 of the canonical JSON of their numbers and
    digests.
    """

    first_entry: int
    last_entry: int
    entries: int
    feeds: tuple[tuple[str, int], ...]
    digest: str


def entries_digest(numbered: Iterable[tuple[int, bytes]]) -> str:
    """`sha256:` of the canonical JSON `[[entry, sha256 in hex], …]`, in order."""
    rows = [[number, digest.hex()] for number, digest in numbered]
    return f"sha256:{hashlib.sha256(canonical.dumps(rows)).hexdigest()}"


def digest_of(heads: Iterable[Entry]) -> str:
    return entries_digest((head.entry, head.sha256) for head in heads)


@dataclass(frozen=True, slots=True)
class Revisions:
    """Every revision of every event: its stream, time, identity, and the entry that brought it."""

    streams: tuple[str, ...]
    stream: Ints
    time_us: Ints
    identity: Ints
    entry: Ints

    @classmethod
    def of(cls, raw: Iterable[tuple[Entry, pa.Table]]) -> Revisions:
        codes: dict[str, int] = {}
        feeds: dict[tuple[str, int], int] = {}
        parts: defaultdict[str, list[Ints]] = defaultdict(list)
        for entry, table in raw:
            kinds = table.column("type").to_pylist()
            parts["stream"].append(
                np.array([codes.setdefault(kind, len(codes)) for kind in kinds], np.int64)
            )
            parts["time"].append(table.column("time_us").to_numpy())
            parts["seqno"].append(table.column("seqno").to_numpy())
            feed = feeds.setdefault((entry.source, entry.epoch), len(feeds))
            parts["feed"].append(np.full(table.num_rows, feed, np.int64))
            parts["entry"].append(np.full(table.num_rows, entry.entry, np.int64))
        joined = {name: np.concatenate(found) for name, found in parts.items()}
        none = np.empty(0, np.int64)
        seqno, feed_of = joined.get("seqno", none), joined.get("feed", none)
        pairs = np.stack((feed_of, seqno))
        _, identity = np.unique(pairs, axis=1, return_inverse=True)
        return cls(
            tuple(codes),
            joined.get("stream", none),
            joined.get("time", none),
            identity.reshape(-1).astype(np.int64),
            joined.get("entry", none),
        )

    def entries(self, stream: str, from_us: int | None, to_us: int) -> list[tuple[int, int]]:
        """(first, last entry) of all revisions of events that ever lay in the stretch; or none."""
        if stream not in self.streams:
            return []
        inside = (self.stream == self.streams.index(stream)) & (self.time_us < to_us)
        if from_us is not None:
            inside &= self.time_us >= from_us
        concerned = np.zeros(int(self.identity.max()) + 1 if len(self.identity) else 0, np.bool_)
        concerned[self.identity[inside]] = True
        entries = self.entry[concerned[self.identity]]
        return [(int(entries.min()), int(entries.max()))] if len(entries) else []
