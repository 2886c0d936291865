"""A notary in memory, and what the tests of the record ask of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.record.domain import prepare_leaves, send_leaves
from shidian.apps.record.models import LeafRow
from shidian.core.record.leaf import decode
from shidian.notary.client import Appended, ItemRefusedError
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from shidian.core.record.notary import Notary

SLOT_S = 3600


@dataclass
class MemoryNotary:
    """Behaves as the notary's client: one place a key, other bytes under a known key refused."""

    leaves: list[bytes] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    down: bool = False
    forget: bool = False
    """Append, and lose the answer."""
    refuses: set[int] = field(default_factory=set)
    calls: int = 0

    def append(self, items: Any) -> Appended:
        self.calls += 1
        if self.down:
            raise RecordError(Refusal.NOT_REACHABLE, "no notary at the socket")
        for key, leaf in items:
            if key in self.refuses:
                raise ItemRefusedError(Refusal.LEAF_FROM_THE_FUTURE, "tomorrow", key)
            if key in self.places and self.leaves[self.places[key]] != leaf:
                raise ItemRefusedError(Refusal.OUTBOX_ID_REUSED, "another leaf", key)
        for key, leaf in items:
            if key not in self.places:
                self.places[key] = len(self.leaves)
                self.leaves.append(leaf)
        if self.forget:
            raise RecordError(Refusal.NOT_REACHABLE, "the answer was lost")
        places = {key: self.places[key] for key, _leaf in items}
        return Appended(places, f"test\n{len(self.leaves)}\nroot\n\n— test signature\n")


def feed(notary: Any, *, slot_s: int = SLOT_S, now: Any = None) -> int:
    """All that is due goes to the notary; how many leaves have a place now that had none."""
    while prepare_leaves(slot_s=slot_s, now=now):
        pass
    sent = 0
    while some := send_leaves(notary, now=now):
        sent += some
    return sent


def publish_pages(count: int) -> None:
    """So many acts of the plainest kind, each with its row."""
    for number in range(count):
        body = {"n": number}
        publish_snapshot(kind=SnapshotKind.CALL, key=f"c-{number}", zh=body, en=body)


def said(row: LeafRow) -> dict[str, Any]:
    """A leaf's members that are given."""
    leaf = decode(bytes(row.leaf))
    return {key: value for key, value in vars(leaf).items() if value is not None}


def row_of(kind: str, **payload: Any) -> LeafRow:
    """The one leaf row of an outbox row with that payload."""
    wanted = {f"outbox__payload__{key}": value for key, value in payload.items()}
    return LeafRow.objects.get(outbox__payload__kind=kind, **wanted)


@dataclass
class LocalNotary:
    """The real notary, asked without a socket."""

    notary: Notary

    def append(self, items: Any) -> Appended:
        return Appended(self.notary.append(items), self.notary.checkpoint().decode())
