"""Algorithm-tagged digests: `sha256:<64 hex digits>`."""

from __future__ import annotations

import hashlib
import re

_TAGGED = re.compile(r"sha256:[0-9a-f]{64}")


def sha256_tag(data: bytes) -> str:
    """Bytes → `sha256:…`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read_tag(tag: str) -> bytes:
    """`sha256:…` → 32 bytes. Raises ValueError: other algorithms are not known here."""
    if _TAGGED.fullmatch(tag) is None:
        raise ValueError(f"{tag[:80]!r} is not a digest; write sha256: and 64 hex digits")
    return bytes.fromhex(tag.removeprefix("sha256:"))
