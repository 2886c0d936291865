"""That an order stands on the public record: its commitment opened, and the leaf's inclusion.

    verify_order_proof(bundle, order, parse_policy(policy))

The record holds a salted commitment, so that nobody learns of an order before its time. Whoever
has the order is given a bundle, `{"document": …, "leaf": …, "proof": …, "salt": …}`: what the
commitment was made of (canonical JSON that names the order's digest), the leaf, the proof that it
is on the log, and the salt in base64. It is checked without any network.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from shidian_kit.wire import canonical
from shidian_kit.wire.commitment import commit
from shidian_kit.wire.order import digest, parse_order
from shidian_kit.wire.proof import verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from shidian_kit.wire.policy import Opened, Policy

HEADER = "shidian-record-proof"
"""In which a delivered order brings its bundle, in base64, once there is one."""
LEAF_KIND = "order"
BUNDLE_BYTES_MAX = 64 * 1024
_MEMBERS = ("document", "leaf", "proof", "salt")


def bundle(*, document: bytes, leaf: bytes, proof: bytes, salt: bytes) -> bytes:
    """The parts as one file."""
    return canonical.dumps(
        {
            "document": document.decode(),
            "leaf": leaf.decode(),
            "proof": proof.decode(),
            "salt": base64.b64encode(salt).decode(),
        }
    )


def to_header(data: bytes) -> str:
    """A bundle as the value of `HEADER`."""
    return base64.b64encode(data).decode()


def from_header(value: str) -> bytes:
    """The bundle in a header. Raises RecordError."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _wrong("the header is not base64") from None


def verify_order_proof(data: bytes, order: bytes, policy: Policy) -> Opened:
    """That the record, which the policy trusts, holds a leaf of this very order (canonical bytes).

    Returns the checkpoint that says so. Raises RecordError with the name of what is wrong, and
    OrderError where `order` is none.
    """
    document, leaf, proof, salt = _parts(data)
    opened = verify_proof(proof, leaf, policy)
    try:
        told, said = json.loads(leaf), json.loads(document)
        committed = told["kind"] == LEAF_KIND and told["commitment"] == commit(salt, document)
        named = said["kind"], said["order"], said["digest"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _wrong("leaf or document are not an order's") from None
    if not committed:
        raise RecordError(Refusal.COMMITMENT_WRONG, "salt and document do not give the commitment")
    read = parse_order(order)
    if named != ("order.issued", read.id, digest(read)):
        raise RecordError(Refusal.COMMITMENT_WRONG, "the record holds another order than this one")
    return opened


def _parts(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if len(data) > BUNDLE_BYTES_MAX:
        raise _wrong("the bundle is too long")
    try:
        wire = json.loads(data)
        document, leaf, proof, salt = (wire[name].encode() for name in _MEMBERS)
        return document, leaf, proof, base64.b64decode(salt, validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong(f"not an object of {', '.join(_MEMBERS)}, all text") from None


def _wrong(detail: str) -> RecordError:
    return RecordError(Refusal.PROOF_MALFORMED, f"order: {detail}")
