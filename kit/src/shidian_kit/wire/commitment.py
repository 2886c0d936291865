"""Salted commitments: what a leaf holds of a document that is not public."""

from __future__ import annotations

import hashlib

SALT_BYTES = 32
_DOMAIN = b"shidian/record/commitment/v1\n"


def commit(salt: bytes, document: bytes) -> str:
    """Salt (32 bytes) and document → commitment, `sha256:…`. Raises ValueError for another salt."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return f"sha256:{hashlib.sha256(_DOMAIN + salt + document).hexdigest()}"
