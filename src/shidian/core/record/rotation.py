"""A change of the log's key: a leaf whose text both keys sign, so that trust goes on from leaf to
leaf and nobody who holds one key alone can take the log over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.record.leaf import Leaf, LeafKind, text_digest
from shidian_kit.wire.note import Note, Vkey, sign
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_HEADER = "shidian/record/key-rotation/v1"


def rotation_leaf(
    origin: str, size: int, old: Ed25519PrivateKey, new: Ed25519PrivateKey, time: str
) -> Leaf:
    """The leaf at index `size` by which `new` follows `old`."""
    was, becomes = Vkey.of(origin, old), Vkey.of(origin, new)
    text = "".join(f"{line}\n" for line in (_HEADER, size, was, becomes, time))
    signed = bytes(Note(text, (sign(text, origin, old), sign(text, origin, new)))).decode()
    return Leaf(
        kind=LeafKind.KEY_ROTATED,
        subject=origin,
        time=time,
        text_sha256=text_digest(signed),
        text=signed,
    )


def read_rotation(leaf: Leaf, index: int, origin: str) -> tuple[Vkey, Vkey]:
    """The old and the new key of a rotation at `index`. Raises RecordError rotation-wrong."""
    try:
        note = Note.parse((leaf.text or "").encode())
        header, told_index, was, becomes, time = note.text.rstrip("\n").split("\n")
        old, new = Vkey.parse(was), Vkey.parse(becomes)
        signed = note.signers([old, new])
    except (RecordError, ValueError) as error:
        raise _wrong(index, str(error)) from None
    if (header, told_index, time) != (_HEADER, str(index), leaf.time):
        raise _wrong(index, "it was written for another place or time")
    if {old.name, new.name, leaf.subject} != {origin} or old == new:
        raise _wrong(index, f"it is not one of {origin}'s keys for another")
    if set(signed) != {old, new}:
        raise _wrong(index, "both keys must have signed")
    return old, new


def _wrong(index: int, detail: str) -> RecordError:
    return RecordError(Refusal.ROTATION_WRONG, f"key rotation at leaf {index}: {detail}")
