"""A gate's key on the public record: whose it is, and for how long permits under it are good.

    known = certified(policy, *bundles)       # key id → CertifiedKey, for `permit.verify`

A bundle is one file, `{"document": …, "leaf": …, "proof": …}`, each a text: what the authority's
side says of the key (canonical JSON, format `shidian.gate-key/1`), the leaf that fixes it, and the
proof that the leaf stands on the record. It is checked without any network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian_kit.wire import canonical, keys
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.envelope import format_time, parse_time
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.proof import Proof, verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "shidian.gate-key/1"
LEAF_KIND = "gate-key"
BUNDLE_BYTES_MAX = 256 * 1024
_MEMBERS = frozenset({"format", "key_id", "public_key", "valid_from", "valid_until"})


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A gate's public key and when permits may bear it, µs UTC, the end not included."""

    public_key: Ed25519PublicKey
    valid_from_us: int
    valid_until_us: int

    def covers(self, at_us: int) -> bool:
        """Whether a permit that was issued then may bear it."""
        return self.valid_from_us <= at_us < self.valid_until_us


def document(
    public_key: Ed25519PublicKey, valid_from_us: int, valid_until_us: int
) -> dict[str, Any]:
    """What is said of a key; its canonical JSON is what the leaf's digest is taken of."""
    return {
        "format": FORMAT,
        "key_id": keys.key_id(public_key),
        "public_key": keys.public_text(public_key),
        "valid_from": format_time(valid_from_us),
        "valid_until": format_time(valid_until_us),
    }


def certified(policy: str, *bundles: bytes) -> dict[str, CertifiedKey]:
    """Bundles that the policy's log holds → key id → key.

    Of several about one key the one with the newest leaf counts. Raises RecordError with the name
    of what is wrong: the file, the leaf, the log's signature.
    """
    trusted = parse_policy(policy)
    found: dict[str, tuple[int, CertifiedKey]] = {}
    for bundle in bundles:
        said, leaf, proof = _texts(bundle)
        verify_proof(proof, leaf, trusted)
        _require_leaf_of(leaf, said)
        key_id, key = _key(said)
        index = Proof.parse(proof).index
        if key_id not in found or index > found[key_id][0]:
            found[key_id] = index, key
    return {key_id: key for key_id, (_, key) in found.items()}


def bundle(said: bytes, leaf: bytes, proof: bytes) -> bytes:
    """The three parts as one file."""
    return canonical.dumps(
        {"document": said.decode(), "leaf": leaf.decode(), "proof": proof.decode()}
    )


def _texts(data: bytes) -> tuple[bytes, bytes, bytes]:
    if len(data) > BUNDLE_BYTES_MAX:
        raise _wrong("the file is too long")
    try:
        wire = json.loads(data)
        said, leaf, proof = (wire[name].encode() for name in ("document", "leaf", "proof"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong("not an object of document, leaf and proof, all text") from None
    return said, leaf, proof


def _require_leaf_of(leaf: bytes, said: bytes) -> None:
    try:
        wire = json.loads(leaf)
        fits = wire["kind"] == LEAF_KIND and wire["text_sha256"] == sha256_tag(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise RecordError(Refusal.PROOF_WRONG, "the leaf is not of this document on a gate's key")


def _key(said: bytes) -> tuple[str, CertifiedKey]:
    try:
        wire = json.loads(said)
        if canonical.dumps(wire) != said or wire["format"] != FORMAT or wire.keys() != _MEMBERS:
            raise _wrong(f"the document is not of the format {FORMAT}")
        public = keys.load_public(wire["public_key"])
        if keys.key_id(public) != wire["key_id"]:
            raise _wrong("key_id is not that of public_key")
        span = parse_time(wire["valid_from"]), parse_time(wire["valid_until"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong(f"the document: {error}") from None
    return str(wire["key_id"]), CertifiedKey(public, *span)


def _wrong(detail: str) -> RecordError:
    return RecordError(Refusal.LEAF_MALFORMED, f"gate key: {detail}")
