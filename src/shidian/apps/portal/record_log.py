"""The public record as the site shows it: static files that the notary wrote, read like anyone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from shidian.config import settings
from shidian.core.record.leaf import Leaf, decode
from shidian.core.record.reader import LogReader
from shidian.core.record.tiles import FILE
from shidian_kit.wire.merkle import leaf_hash
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian_kit.wire.checkpoint import Checkpoint

_POLICY = "policy"


@dataclass(frozen=True)
class Entry:
    """A leaf as it stands on the log. `leaf` is None where this release cannot read its form."""

    index: int
    data: bytes
    leaf: Leaf | None

    @property
    def hash(self) -> str:
        """RFC 6962 hash of the leaf, in hex."""
        return leaf_hash(self.data).hex()


def checkpoint() -> Checkpoint | None:
    """The newest checkpoint; None before the notary has published its first."""
    try:
        return LogReader(settings().record_tiles).checkpoint()
    except RecordError as error:
        if error.name is Refusal.CHECKPOINT_MISSING:
            return None
        raise


def entries(first: int, last: int, size: int) -> Sequence[Entry]:
    """Leaves first to last, both included, of a log of `size`."""
    read = LogReader(settings().record_tiles).entries(size, first)
    return [_entry(index, data) for index, data in islice(read, last - first + 1)]


def entry(index: int) -> Entry | None:
    """One leaf under the newest checkpoint, or None."""
    newest = checkpoint()
    if newest is None or index >= newest.size:
        return None
    return _entry(index, LogReader(settings().record_tiles).entry(index, newest.size))


def tlog_proof(index: int) -> bytes:
    """The `.tlog-proof` of a leaf under the newest checkpoint. Raises IndexError."""
    return LogReader(settings().record_tiles).tlog_proof(index)


def trusted_keys() -> list[str]:
    """The keys that the site vouches for, the log's first, then its witnesses'; as vkeys."""
    text = file(_POLICY)
    if text is None:
        return []
    policy = parse_policy(text.decode())
    return [str(key) for key in (*policy.logs, *policy.witnesses.values())]


def file(path: str) -> bytes | None:
    """A file of the log; None for what is none of its files, or is not there."""
    if FILE.fullmatch(path) is None:
        return None
    try:
        return (settings().record_tiles / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _entry(index: int, data: bytes) -> Entry:
    try:
        return Entry(index, data, decode(data))
    except RecordError:
        return Entry(index, data, None)
