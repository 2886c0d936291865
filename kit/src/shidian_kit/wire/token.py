"""Short-lived tokens with which a browser may listen for "changed" on named topics.

`v1.<base64url of canonical JSON {exp, topics}>.<base64url HMAC-SHA256>`. The token is given by
whoever checked the reader's access; it opens no content, only the knowledge that a topic changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Collection

VERSION = "v1"
TOPICS_MAX = 64
TOKEN_MAX_CHARS = 8192


class TokenError(ValueError):
    """The token is forged, damaged or past its time."""


@dataclass(frozen=True, slots=True)
class LiveToken:
    """What a token allows. `expires_at`: Unix seconds."""

    topics: frozenset[str]
    expires_at: int


def make_live_token(secret: bytes, topics: Collection[str], expires_at: int) -> str:
    """Token for 1 to 64 topics, good until `expires_at` (Unix seconds). Raises ValueError."""
    if not 0 < len(topics) <= TOPICS_MAX:
        raise ValueError(f"a token names 1 to {TOPICS_MAX} topics, not {len(topics)}")
    body = _encode(canonical.dumps({"exp": expires_at, "topics": sorted(topics)}))
    return f"{VERSION}.{body}.{_encode(_mac(secret, body))}"


def read_live_token(secret: bytes, token: str, *, now: int) -> LiveToken:
    """Check and read a token at `now` (Unix seconds). Raises TokenError."""
    if len(token) > TOKEN_MAX_CHARS or not token.isascii():
        raise TokenError("not a token")
    parts = token.split(".")
    if len(parts) != 3 or parts[0] != VERSION:  # noqa: PLR2004 - version, body, mac
        raise TokenError("not a token")
    _, body, mac = parts
    if not hmac.compare_digest(_encode(_mac(secret, body)), mac):
        raise TokenError("the token was not made here")
    try:
        content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error) as error:
        raise TokenError("not a token") from error
    if content["exp"] <= now:
        raise TokenError("the token is past its time")
    return LiveToken(frozenset(content["topics"]), content["exp"])


def _mac(secret: bytes, body: str) -> bytes:
    return hmac.new(secret, f"{VERSION}.{body}".encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
