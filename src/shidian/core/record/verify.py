"""Verifies a whole log from its files: every leaf, every tile, the root, the signatures, and that
nothing of an earlier checkpoint was taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.record.leaf import LeafKind, decode
from shidian.core.record.rotation import read_rotation
from shidian.core.record.tiles import ENTRIES, WIDTH, Tile, edge, levels, pack, row
from shidian.core.record.tree import Edges, grow, leaf_hashes, root_of
from shidian_kit.wire.checkpoint import Checkpoint, decimal
from shidian_kit.wire.merkle import HASH_BYTES, check_consistency
from shidian_kit.wire.note import Note, Vkey
from shidian_kit.wire.policy import Policy
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shidian.core.record.reader import LogReader
    from shidian_kit.wire.policy import Opened


@dataclass(frozen=True)
class Verified:
    """What a log was found to be: its checkpoint, and its keys, the last of them in force."""

    opened: Opened
    keys: tuple[Vkey, ...]
    old: Checkpoint | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint that everything led to."""
        return self.opened.checkpoint


def verify_log(
    reader: LogReader,
    policy: Policy,
    *,
    since: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Read the whole log and recompute everything that its checkpoint stands for.

    1. Each bundle's entries are leaves in canonical form, and hash to the tile at level 0.
    2. The tiles above are those that follow; the root is the checkpoint's.
    3. Each change of key is signed by both; the checkpoint by the key in force, which the policy
       trusts or which follows from one that it trusts, and by the witnesses that it asks for.
    4. The log begins with all that the checkpoint `since` (bytes of a signed note) covered.
    5. In a folder, partial tiles of earlier checkpoints tell the same.

    `progress` is called with leaves done and leaves in all. Raises RecordError.
    """
    note = reader.note()
    claimed = Checkpoint.parse(Note.parse(note).text)
    walk = _Walk(reader, claimed)
    walk.run(progress)
    keys = walk.keys
    opened = _opened(policy, keys, note)
    old = None if since is None else _check_since(reader, policy, keys, opened.checkpoint, since)
    if reader.root is not None:
        _check_leftovers(reader, reader.root, claimed.size)
    return Verified(opened, keys or opened.log_keys, old)


class _Walk:
    """Goes once through all bundles and tiles."""

    def __init__(self, reader: LogReader, claimed: Checkpoint) -> None:
        self._reader = reader
        self._claimed = claimed
        self._size = 0
        self._edges: Edges = ()
        self.keys: tuple[Vkey, ...] = ()

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        size = self._claimed.size
        for tile in row(ENTRIES, size):
            self._bundle(tile)
            if progress is not None:
                progress(self._size, size)
        for level, hashes in enumerate(self._edges):
            partial = edge(level, size)
            if partial is not None:
                self._compare(partial, hashes)
        if root_of(self._edges) != self._claimed.root:
            raise RecordError(
                Refusal.TILE_DIFFERS,
                f"the {size} entries do not lead to the checkpoint's root",
            )

    def _bundle(self, tile: Tile) -> None:
        entries = self._reader.bundle(tile)
        hashes = leaf_hashes(entries)
        # Named here by the bundle: its tile is compared before any higher one.
        self._compare(Tile(0, tile.number, tile.width), hashes)
        for index, entry in enumerate(entries, tile.number * WIDTH):
            self._leaf(index, entry)
        tiles, self._edges = grow(self._size, self._edges, hashes)
        self._size += len(entries)
        for above, data in tiles:
            if above.level and above.width == WIDTH:
                self._compare(above, data)

    def _leaf(self, index: int, entry: bytes) -> None:
        try:
            leaf = decode(entry)
        except RecordError as error:
            raise RecordError(error.name, f"leaf {index}: {error.detail}") from None
        if leaf.kind is not LeafKind.KEY_ROTATED:
            return
        old, new = read_rotation(leaf, index, self._claimed.origin)
        if self.keys and self.keys[-1] != old:
            raise RecordError(
                Refusal.ROTATION_WRONG, f"key rotation at leaf {index}: not by the key in force"
            )
        self.keys = (*(self.keys or (old,)), new)

    def _compare(self, tile: Tile, computed: bytes) -> None:
        read = self._reader.tile(tile)
        if read == computed:
            return
        wrong = [
            at
            for at in range(tile.width)
            if read[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            != computed[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        ]
        raise RecordError(
            Refusal.TILE_DIFFERS,
            f"{tile.path}: {len(wrong)} of {tile.width} hashes are not those of the entries "
            f"below it, the first is number {wrong[0]}",
        )


def _opened(policy: Policy, keys: tuple[Vkey, ...], note: bytes) -> Opened:
    """The checkpoint under the key in force, if the policy's trust leads to it."""
    if not keys:
        return policy.open(note)
    trusted = [at for at, key in enumerate(keys) if key in policy.logs]
    if not trusted:
        raise RecordError(
            Refusal.SIGNATURE_MISSING, "none of the keys that this log has had is trusted"
        )
    return policy.trusting(keys[-1:]).open(note)


def _check_since(
    reader: LogReader, policy: Policy, keys: tuple[Vkey, ...], now: Checkpoint, since: bytes
) -> Checkpoint:
    # An older checkpoint may be under an older key, and from before there were witnesses.
    old = Policy(logs=keys or policy.logs).open(since).checkpoint
    if old.origin != now.origin:
        raise RecordError(Refusal.ORIGIN_DIFFERS, f"the older checkpoint is of {old.origin!r}")
    if old.size > now.size:
        raise RecordError(
            Refusal.ROLLED_BACK, f"the log had {old.size} leaves already, now it has {now.size}"
        )
    try:
        check_consistency(
            old_size=old.size,
            new_size=now.size,
            proof=reader.tree(now.size).consistency(old.size),
            old_root=old.root,
            new_root=now.root,
        )
    except RecordError as error:
        raise RecordError(
            Refusal.SPLIT_VIEW,
            f"the older checkpoint of {old.size} leaves is of another log: {error.detail}",
        ) from None
    return old


def _check_leftovers(reader: LogReader, root: Path, size: int) -> None:
    """Partial tiles that earlier checkpoints led to begin the wider ones of today."""
    for level in (ENTRIES, *range(levels(size))):
        for wider in row(level, size):
            folder = root / wider.partials
            for path in folder.iterdir() if folder.is_dir() else ():
                width = decimal(path.name)
                if width is None or width >= wider.width:
                    continue  # not a tile, the one compared above, or not yet published
                _check_leftover(reader, path, Tile(level, wider.number, width), wider)


def _check_leftover(reader: LogReader, path: Path, partial: Tile, wider: Tile) -> None:
    data = path.read_bytes()
    if partial.level == ENTRIES:
        right = pack(reader.bundle(wider)[: partial.width])
    else:
        right = reader.tile(wider)[: partial.width * HASH_BYTES]
    if len(data) != len(right):
        raise RecordError(
            Refusal.TILE_TRUNCATED, f"{partial.path}: {len(data)} bytes instead of {len(right)}"
        )
    if data != right:
        raise RecordError(
            Refusal.TILE_DIFFERS, f"{partial.path} does not tell what {wider.path} does"
        )
