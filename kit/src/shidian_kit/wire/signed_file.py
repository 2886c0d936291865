"""A signature over a file, in a line that travels beside it: for returns that a system made.

What is signed: the words `shidian signed file`, a line feed, and the SHA-256 of the file in hex, so
that it can be mistaken for no signature over a message. The line: `ed25519-signature:` and the
signature in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PREFIX = "ed25519-signature:"
SIGNATURE_BYTES = 64


def sign_file(key: Ed25519PrivateKey, sha256: str) -> str:
    """The line for a file with this SHA-256 (hex)."""
    return PREFIX + base64.b64encode(key.sign(_signed(sha256))).decode()


def is_signed_by(key: Ed25519PublicKey, sha256: str, line: str) -> bool:
    """Whether the line is this key's signature over a file with this SHA-256 (hex)."""
    text = line.strip()
    if not text.startswith(PREFIX):
        return False
    try:
        signature = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        # One signature has one spelling: bits that base64 has to spare are zero.
        if len(signature) != SIGNATURE_BYTES or text != PREFIX + _spelled(signature):
            return False
        key.verify(signature, _signed(sha256))
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def sha256_of(content: bytes) -> str:
    """Hex."""
    return hashlib.sha256(content).hexdigest()


def _spelled(signature: bytes) -> str:
    return base64.b64encode(signature).decode()


def _signed(sha256: str) -> bytes:
    return f"shidian signed file\n{sha256}".encode()
