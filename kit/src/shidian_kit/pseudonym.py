"""Investors' pseudonyms: made where the investor is known, with a key that never leaves there."""

from __future__ import annotations

import base64
import hashlib
import hmac

SECRET_MIN_BYTES = 16
_DIGEST_BYTES = 20


def pseudonym(secret: bytes, identity: str) -> str:
    """Identity of an investor → `p_` and 32 characters of base32, the same each time.

    Keyed HMAC-SHA256: without the secret nobody can try out identities. Raises ValueError on a
    secret shorter than 16 bytes.
    """
    if len(secret) < SECRET_MIN_BYTES:
        raise ValueError(f"the secret must have at least {SECRET_MIN_BYTES} bytes")
    digest = hmac.new(secret, identity.encode(), hashlib.sha256).digest()[:_DIGEST_BYTES]
    return "p_" + base64.b32encode(digest).decode().lower()
