"""One file that proves a leaf to be on the record (C2SP tlog-proof), checked without any network.

leaf = …                      # the bytes of the leaf, as published beside the text
verify_proof(proof, leaf, parse_policy(policy))
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian_kit.wire.checkpoint import decimal
from shidian_kit.wire.merkle import HASH_BYTES, check_inclusion, leaf_hash
from shidian_kit.wire.note import NOTE_BYTES_MAX, decode64
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from shidian_kit.wire.policy import Opened, Policy

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 63


@dataclass(frozen=True)
class Proof:
    """An index, the sibling hashes from leaf to root, and a signed checkpoint.

    `extra` is not covered by any signature.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __bytes__(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(one).decode() for one in self.hashes]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """Raises RecordError proof-malformed; signatures and hashes are not checked yet."""
        if len(data) > 2 * NOTE_BYTES_MAX:
            raise _malformed("the file is too long")
        head, gap, checkpoint = data.partition(b"\n\n")
        try:
            header, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise _malformed("not text") from None
        if header != HEADER or not gap:
            raise _malformed(f"the first line must be {HEADER}, a blank line before the checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _decoded(lines.pop(0).removeprefix("extra "))
        index = decimal(lines[0].removeprefix("index ")) if lines else None
        if index is None or not lines[0].startswith("index "):
            raise _malformed("no line `index`")
        hashes = tuple(_decoded(line) for line in lines[1:])
        if len(hashes) > HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
            raise _malformed(f"{HASHES_MAX} hashes at most, {HASH_BYTES} bytes each")
        return cls(index, hashes, checkpoint, extra)


def verify_proof(data: bytes, leaf: bytes, policy: Policy) -> Opened:
    """That the leaf stands in a log which the policy trusts; the checkpoint that says so.

    Raises RecordError with the name of what is wrong: the file, a signature, the quorum, the leaf.
    """
    proof = Proof.parse(data)
    opened = policy.open(proof.checkpoint)
    check_inclusion(
        index=proof.index,
        size=opened.checkpoint.size,
        leaf=leaf_hash(leaf),
        proof=proof.hashes,
        root=opened.checkpoint.root,
    )
    return opened


def _decoded(text: str) -> bytes:
    try:
        return decode64(text)
    except ValueError as error:
        raise _malformed(str(error)) from None


def _malformed(detail: str) -> RecordError:
    return RecordError(Refusal.PROOF_MALFORMED, detail)
