"""Signed requests to a gate, as a firm's system sends them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shidian_kit.wire import signatures

if TYPE_CHECKING:
    import http.client

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BUSY, _OK = 429, 200


def post(  # noqa: PLR0917 - a request
    connection: http.client.HTTPConnection,
    key: Ed25519PrivateKey,
    base_url: str,
    path: str,
    body: bytes,
    media: str,
) -> bytes:
    """Send until the gate takes it; its answer. Raises RuntimeError on any status but 200, 429."""
    while True:
        headers = {"content-type": media}
        headers |= signatures.sign_request(
            key,
            method="POST",
            url=base_url + path,
            headers=headers,
            body=body,
            created=int(time.time()),
        )
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        if response.status == _OK:
            return content
        if response.status != _BUSY:
            raise RuntimeError(f"{response.status}: {content[:300]!r}")
        time.sleep(0.05)
