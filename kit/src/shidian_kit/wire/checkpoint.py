"""Checkpoints (C2SP tlog-checkpoint): what a log says its tree is, as the text of a note."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from shidian_kit.wire.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from shidian_kit.wire.note import decode64
from shidian_kit.wire.refusal import RecordError, Refusal

_LINES_MIN = 3


@dataclass(frozen=True)
class Checkpoint:
    """A log's name, its number of leaves and its root of 32 bytes."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text to be signed, newline at its end."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Raises RecordError checkpoint-malformed."""
        lines = text.split("\n")
        if len(lines) <= _LINES_MIN or lines.pop() or not all(lines):
            raise _malformed("at least three lines, none of them empty, newline at the end")
        origin, told_size, told_root, *extensions = lines
        size = decimal(told_size)
        try:
            root = decode64(told_root)
        except ValueError as error:
            raise _malformed(f"root: {error}") from None
        if size is None or len(root) != HASH_BYTES:
            raise _malformed("the second line is a size, the third a hash of 32 bytes")
        if size == 0 and root != EMPTY_ROOT:
            raise _malformed("the root of no entries is the hash of nothing")
        return cls(origin, size, root, tuple(extensions))


def decimal(text: str) -> int | None:
    """ASCII decimal without leading zeros, 0 … 2^63 − 1, or None."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0"):
        return None
    return int(text) if len(text) <= len(str(SIZE_MAX)) and int(text) <= SIZE_MAX else None


def _malformed(detail: str) -> RecordError:
    return RecordError(Refusal.CHECKPOINT_MALFORMED, detail)
