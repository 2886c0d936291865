"""Signs orders on their way to firms: the key is the notary's, the request is the worker's.

The notary signs no bytes that it is handed. It reads the order, and makes itself the headers of
the one request that carries it: to this address, now, once.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shidian.core.record.disk import named_errors
from shidian.core.record.keyfiles import ensure_key_file
from shidian_kit.wire import keys
from shidian_kit.wire.order import OrderError, parse_order
from shidian_kit.wire.refusal import RecordError, Refusal
from shidian_kit.wire.signatures import sign_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_NAME = "order-1.key"
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")


class OrderSigner:
    """The order key in the notary's folder `signer`. Raises RecordError key-…, disk-…"""

    def __init__(self, signer: Path, *, clock: Callable[[], float] = time.time) -> None:
        with named_errors("the order key"):
            self._key = ensure_key_file(signer / KEY_NAME)
        self._clock = clock
        self.public_key = keys.public_text(self._key.public_key())

    def sign(self, text: str, url: str) -> dict[str, str]:
        """Canonical order and address → headers of its request. Raises RecordError."""
        try:
            body = text.encode()
            document = parse_order(body)
            _require_address(url)
            created = int(self._clock())
            headers = {
                "content-type": "application/json",
                "webhook-id": document.id,
                "webhook-timestamp": str(created),
            }
            return headers | sign_request(
                self._key, method="POST", url=url, headers=headers, body=body, created=created
            )
        except (OrderError, ValueError) as error:
            raise RecordError(Refusal.REQUEST_MALFORMED, str(error)) from None


def _require_address(url: str) -> None:
    """Raises ValueError on what is not an address that a request can be signed for."""
    if _ADDRESS.fullmatch(url) is None:
        raise ValueError("url must be http or https, ASCII, of 500 characters at most")
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("url must name a host, and have no query")
