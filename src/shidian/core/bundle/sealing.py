"""What the public sends in, sealed to one key: HPKE (RFC 9180) of the `cryptography` library.

Every text is filled up to a whole number of blocks before, so that its length says next to nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shidian.core.bundle.errors import BundleError, BundleRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEME = "hpke-x25519-sha256-aes256gcm"
BLOCK_BYTES = 16 * 1024
_TAG = "x25519:"
_INFO = b"shidian.submission.1"


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def public_text(key: X25519PublicKey) -> str:
    """One line, `x25519:<base64 of 32 bytes>`."""
    return _TAG + base64.b64encode(key.public_bytes_raw()).decode()


def load_public(text: str) -> X25519PublicKey:
    """The key of `public_text`. Raises ValueError."""
    if not text.startswith(_TAG):
        raise ValueError("not a key to seal to; it begins with x25519:")
    return X25519PublicKey.from_public_bytes(
        base64.b64decode(text.strip().removeprefix(_TAG), validate=True)
    )


def private_pem(key: X25519PrivateKey) -> bytes:
    """Unencrypted PEM (PKCS 8)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_private(pem: bytes) -> X25519PrivateKey:
    """The key of `private_pem`. Raises ValueError."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, X25519PrivateKey):
        raise ValueError("the key is of another algorithm; X25519 is wanted")  # noqa: TRY004 - of a file
    return key


def sealing_key_id(key: X25519PublicKey) -> str:
    """The key's name: `x25519-` and 32 hex digits of its SHA-256."""
    return f"x25519-{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:32]}"


def seal(content: Mapping[str, Any], key: X25519PublicKey) -> str:
    """`<scheme>:<key's name>:<base64>`. The key's owner alone opens it."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    blocks = -(-len(plain) // BLOCK_BYTES)
    # JSON may end in spaces.
    sealed = _suite().encrypt(plain.ljust(blocks * BLOCK_BYTES), key, info=_INFO)
    return f"{SCHEME}:{sealing_key_id(key)}:{base64.b64encode(sealed).decode()}"


def opened(sealed: str, key: X25519PrivateKey) -> dict[str, Any]:
    """What was sealed. Raises BundleError `not-sealed-to-us`, also where it was changed."""
    scheme, _, rest = sealed.partition(":")
    name, _, text = rest.partition(":")
    own = sealing_key_id(key.public_key())
    if scheme != SCHEME or name != own:
        raise BundleError(
            BundleRefusal.NOT_SEALED_TO_US, f"sealed to {name[:60]} by {scheme[:40]}, ours is {own}"
        )
    try:
        plain = _suite().decrypt(base64.b64decode(text, validate=True), key, info=_INFO)
        content = json.loads(plain)
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise BundleError(
            BundleRefusal.NOT_SEALED_TO_US, "what was sealed was changed since"
        ) from error
    if not isinstance(content, dict):
        raise BundleError(BundleRefusal.NOT_SEALED_TO_US, "what was sealed is no submission")
    return content
