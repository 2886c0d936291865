"""The sequencer and signer of the record: takes leaves, grows the log, publishes checkpoints.

A tree is published in this order, and a crash at any point leaves a log that verifies:

1. the new tiles are written and fsynced, at paths to which no published checkpoint leads;
2. they are read again, and from what is read the new root is computed, and proven to be of a tree
   that begins with the whole of the one signed last;
3. the signer's state decides for this tree, in one transaction with the outbox ids of its leaves;
4. the checkpoint is signed, witnesses are asked, and it replaces the one before at once;
5. only now is anybody told that a leaf is on the record.

Before 3 nothing has happened: what was written is cleared away. After 3 a restart completes 4.
"""

from __future__ import annotations

import fcntl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Self

from shidian.core.record.disk import named_errors, replace
from shidian.core.record.files import LogFiles
from shidian.core.record.keyfiles import ensure_key, key_path, load_key
from shidian.core.record.leaf import (
    BEARS_TEXT,
    ItemRefusedError,
    Leaf,
    LeafKind,
    decode,
    encode,
    moment,
    text_digest,
    time_text,
)
from shidian.core.record.reader import LogReader
from shidian.core.record.rotation import rotation_leaf
from shidian.core.record.state import Signed, SignerState
from shidian.core.record.tiles import CHECKPOINT, POLICY
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.merkle import EMPTY_ROOT, leaf_hash
from shidian_kit.wire.note import Line, Note, Vkey, sign
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from shidian.core.record.tree import Tree

NO_WITNESSES = "quorum none\n"
CLOCK_SLACK_US = 1_000_000
"""How far the clock may be behind the last signature: less than a step anyone would set."""
FUTURE_S_MAX = 300
"""How far a leaf's time may be ahead of the clock: the clocks of two machines."""


class Witnesses(Protocol):
    """Whoever is asked to cosign."""

    def ask(self, note: Note, checkpoint: Checkpoint, tree: Tree) -> Sequence[Line]:
        """Lines of witnesses that are not in the note yet, each verified. Never raises."""


class Notary:
    """The record in a folder: `tiles` is published, `signer` holds state and keys.

    `witness_policy` is the text of a C2SP policy without `log` lines. One notary holds a folder.
    Not for several threads at once. Raises RecordError already-running, key-loose, key-differs,
    origin-differs, state-behind, tile-…, split-view, policy-malformed, disk-…
    """

    def __init__(
        self,
        folder: Path,
        origin: str,
        *,
        clock: Callable[[], float] = time.time,
        witness_policy: str = NO_WITNESSES,
        witnesses: Witnesses | None = None,
    ) -> None:
        self._tiles, self._signer = folder / "tiles", folder / "signer"
        self._origin, self._clock, self._witnesses = origin, clock, witnesses
        self._witness_policy = witness_policy
        self._log: LogFiles
        self._note: bytes
        self._sound = False
        if parse_policy(witness_policy).logs:
            raise RecordError(
                Refusal.POLICY_MALFORMED, "the log's own line is put in by the notary"
            )
        with named_errors("the record's folders"):
            self._tiles.mkdir(parents=True, exist_ok=True)
            self._signer.mkdir(mode=0o700, exist_ok=True)
            self._lock = (self._signer / "lock").open("w")
        try:
            self._take_lock()
            self._state = SignerState(self._signer / "state.sqlite3", origin)
        except BaseException:
            self._lock.close()
            raise
        try:
            self._recover()
            self._record_policy()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self._state.close()
        self._lock.close()

    @property
    def vkey(self) -> Vkey:
        """The log's key in force."""
        return Vkey.parse(self._state.keys_at(self._log.now.size)[-1][1])

    def checkpoint(self) -> bytes:
        """The checkpoint as published."""
        return self._note

    def append(self, items: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        """Outbox ids and encoded leaves → indices, all under `checkpoint()`.

        The same id with the same leaf again gives the same index.
        Raises ItemRefusedError where a leaf is to blame: leaf-malformed, leaf-too-large,
        leaf-from-the-future, outbox-id-reused; else RecordError clock-backwards, disk-…, tile-….
        Whatever is raised, none of the new leaves is acknowledged, and all may be sent again.
        """
        self._ready()
        indices: dict[int, int] = {}
        fresh: dict[int, bytes] = {}
        last = self._state.last_outbox_id()
        for outbox_id, leaf in items:
            index = None if outbox_id > last else self._state.index_of(outbox_id)
            if index is not None:
                self._check_same(outbox_id, leaf, index)
                indices[outbox_id] = index
            elif fresh.setdefault(outbox_id, leaf) != leaf:
                raise _reused(outbox_id)
        for outbox_id, leaf in fresh.items():
            self._check_leaf(outbox_id, leaf)
        if fresh:
            size = self._log.now.size
            indices.update((outbox_id, size + nth) for nth, outbox_id in enumerate(fresh))
            self._extend(list(fresh.values()), ids=[(size + n, one) for n, one in enumerate(fresh)])
        return indices

    def prove(self, index: int) -> bytes:
        """The `.tlog-proof` of a leaf. Raises RecordError request-malformed for no such index."""
        try:
            return LogReader(self._tiles).tlog_proof(index, note=self._note)
        except IndexError as error:
            raise RecordError(Refusal.REQUEST_MALFORMED, str(error)) from None

    def rotate_key(self) -> int:
        """Make a new key and record it in a leaf that both sign; the leaf's index.

        The checkpoint that first covers it bears both signatures; then the old key is destroyed.
        """
        self._ready()
        size = self._log.now.size
        number = self._state.keys_at(size)[-1][0]
        with named_errors("the new key"):
            new = ensure_key(self._signer, number + 1)
        old = load_key(key_path(self._signer, number))
        leaf = rotation_leaf(self._origin, size, old, new, self._time())
        self._extend([encode(leaf)], key=(number + 1, str(Vkey.of(self._origin, new))))
        return size

    def ask_again(self) -> None:
        """Ask witnesses that have not cosigned what is published yet, and add their lines."""
        self._ready()
        held = Note.parse(self._note)
        lines = self._asked(held)
        if lines:
            with named_errors("the checkpoint"):
                self._put(Note(held.text, (*held.lines, *lines)))

    # -- what may fail half-way ------------------------------------------------------------------

    def _ready(self) -> None:
        if not self._sound:
            self._recover()

    def _extend(
        self,
        entries: Sequence[bytes],
        *,
        ids: Sequence[tuple[int, int]] = (),
        key: tuple[int, str] | None = None,
        policy: str | None = None,
    ) -> None:
        at_us = self._now_us()
        before = self._log.now.size
        self._sound = False
        with named_errors("the log's tiles"):
            grown = self._log.extend(entries)
        tree = Signed(grown.size, grown.root, at_us)
        self._state.decide(tree, ids=ids, key=key, policy=policy)
        self._log.adopt(grown)
        self._publish()
        with named_errors("the log's folder"):
            self._settle()
        self._log.drop_partials(before)
        self._sound = True

    def _recover(self) -> None:
        """Complete what was decided, clear away what was not; check all that is relied upon."""
        self._sound = False
        last = self._state.last() or self._first()
        published = self._published()
        if published is not None and published[0].size > last.size:
            raise RecordError(
                Refusal.STATE_BEHIND,
                f"a checkpoint of {published[0].size} leaves is published, the signer remembers "
                f"{last.size}: put the signer's state back, or end this log and begin another",
            )
        with named_errors("the log's tiles"):
            self._log = LogFiles(self._tiles, last.size, last.root)
            if published is not None:
                self._check_published(published[0])
            if published is not None and self._is_ours(published[1]):
                self._note = bytes(published[1])
            else:
                self._publish()
            self._settle()
            self._log.clear()
        self._sound = True

    def _first(self) -> Signed:
        if self._published() is not None:
            raise RecordError(
                Refusal.STATE_BEHIND, "a checkpoint is published, but the signer's state is new"
            )
        with named_errors("the first key"):
            key = ensure_key(self._signer, 1)
        tree = Signed(0, EMPTY_ROOT, self._now_us())
        self._state.decide(tree, key=(1, str(Vkey.of(self._origin, key))))
        return tree

    def _publish(self) -> None:
        """Sign the tree decided upon, with what witnesses say, and put it in its place."""
        head = self._head()
        note = Note(head.text, tuple(self._signatures(head)))
        note = Note(head.text, (*note.lines, *self._asked(note)))
        with named_errors("the checkpoint"):
            self._put(note)

    def _asked(self, note: Note) -> Sequence[Line]:
        if self._witnesses is None:
            return ()
        head = self._head()
        return self._witnesses.ask(note, head, LogReader(self._tiles).tree(head.size))

    def _put(self, note: Note) -> None:
        replace(self._tiles / CHECKPOINT, bytes(note))
        self._note = bytes(note)

    def _settle(self) -> None:
        """After a checkpoint: tell the key in force, destroy the ones before it.

        In this order a reader who knows the old key alone finds it under the checkpoint that
        changes it, which bears both signatures.
        """
        # The policy that stands on the record, which a new one does only with its leaf.
        text = f"log {self.vkey}\n{self._policy}".encode()
        path = self._tiles / POLICY
        if not path.exists() or path.read_bytes() != text:
            replace(path, text)
        for number in range(1, self._state.keys_at(self._log.now.size)[-1][0]):
            key_path(self._signer, number).unlink(missing_ok=True)

    # -- what stands -----------------------------------------------------------------------------

    def _head(self) -> Checkpoint:
        return Checkpoint(self._origin, self._log.now.size, self._log.now.root)

    def _signatures(self, head: Checkpoint) -> list[Line]:
        """By the key in force; where it has just changed, by the one before too, if still there."""
        keys = self._state.keys_at(head.size)
        lines = []
        for number, vkey in keys:
            path = key_path(self._signer, number)
            if (number, vkey) == keys[-1] or path.exists():
                key = load_key(path)
                if str(Vkey.of(self._origin, key)) != vkey:
                    raise RecordError(Refusal.KEY_DIFFERS, f"{path} is not the key {vkey}")
                lines.append(sign(head.text, self._origin, key))
        return lines

    def _published(self) -> tuple[Checkpoint, Note] | None:
        """The checkpoint in its place; one that cannot be read is as good as none."""
        try:
            note = Note.parse(LogReader(self._tiles).note())
            return Checkpoint.parse(note.text), note
        except RecordError:
            return None

    def _is_ours(self, published: Note) -> bool:
        """Whether a note is the one that would be signed now; the keys are looked at for that."""
        head = self._head()
        return published.text == head.text and set(self._signatures(head)) <= set(published.lines)

    def _check_published(self, published: Checkpoint) -> None:
        root = LogReader(self._tiles).tree(self._log.now.size).root(published.size)
        if (published.origin, published.root) != (self._origin, root):
            raise RecordError(
                Refusal.SPLIT_VIEW,
                f"the published checkpoint of {published.size} leaves is not of this log",
            )

    @property
    def _policy(self) -> str:
        return self._state.policy() or NO_WITNESSES

    def _record_policy(self) -> None:
        """The witness policy in force stands on the record, from the leaf that tells it on."""
        text = self._witness_policy
        if text == self._policy:
            return
        leaf = Leaf(
            kind=LeafKind.WITNESS_POLICY,
            subject=self._origin,
            time=self._time(),
            text=text,
            text_sha256=text_digest(text),
        )
        self._extend([encode(leaf)], policy=text)

    def _check_leaf(self, outbox_id: int, data: bytes) -> None:
        try:
            leaf = decode(data)
        except RecordError as error:
            raise ItemRefusedError(error.name, error.detail, outbox_id) from None
        if leaf.kind in BEARS_TEXT:
            detail = f"a leaf of kind {leaf.kind} is the notary's own to write"
            raise ItemRefusedError(Refusal.LEAF_MALFORMED, detail, outbox_id)
        if moment(leaf.time).timestamp() > self._clock() + FUTURE_S_MAX:
            detail = f"{leaf.time} is yet to come; an act is recorded when it is public"
            raise ItemRefusedError(Refusal.LEAF_FROM_THE_FUTURE, detail, outbox_id)

    def _check_same(self, outbox_id: int, leaf: bytes, index: int) -> None:
        if LogReader(self._tiles).tree(self._log.now.size).leaf(index) != leaf_hash(leaf):
            raise _reused(outbox_id)

    def _time(self) -> str:
        return time_text(datetime.fromtimestamp(self._now_us() // 1_000_000, UTC))

    def _now_us(self) -> int:
        """The clock, never behind the last signature. Raises RecordError clock-backwards."""
        now_us = int(self._clock() * 1_000_000)
        last = self._state.last()
        last_us = 0 if last is None else last.at_us
        if now_us < last_us - CLOCK_SLACK_US:
            raise RecordError(
                Refusal.CLOCK_BACKWARDS,
                f"the clock is {(last_us - now_us) / 1e6:.1f} s behind the last signature; nothing "
                "is signed until it has caught up",
            )
        return max(now_us, last_us)

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordError(
                Refusal.ALREADY_RUNNING, f"another notary holds {self._signer}"
            ) from None


def _reused(outbox_id: int) -> ItemRefusedError:
    detail = f"outbox id {outbox_id} was used for another leaf"
    return ItemRefusedError(Refusal.OUTBOX_ID_REUSED, detail, outbox_id)
