"""Permits out, acknowledgements in: what a pilot system and the gate say of orders."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from shidian.core.journal import ControlError, DepartedProjectError, JournalReader
from shidian.core.journal.orders import AcknowledgementRecord
from shidian.core.journal.permits import PermitRefusedError
from shidian.gate import options
from shidian.gate.http import HttpProblemError
from shidian.gate.moving import elsewhere
from shidian_kit.wire import keys, permit
from shidian_kit.wire.order import OrderError, parse_acknowledgement, time_us

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shidian.core.journal import Journal
    from shidian.core.journal.controls import KnownKey
    from shidian.gate.http import Request
    from shidian_kit.wire.signatures import Verified

_REFUSED_STATUS = {"not-active": 409, "no-permits": 409, "closed": 410, "revoked": 403}


class FedCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/fed`: at `as_of_us` no control record waited for the gate any more."""

    as_of_us: int


class AfterCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/acknowledgements/after`."""

    entry: int
    limit: int = 100


class ControlFeed:
    """How old the gate's knowledge of orders may be.

    The worker says when it last had nothing more to tell. After a restart nobody has said so yet:
    an order might have come while the gate was down, so no permit is issued until it is said.
    """

    def __init__(self, stale_s: float = options.FEED_STALE_S) -> None:
        self._stale_us = int(stale_s * 1e6)
        self._fed_us: int | None = None

    def fed(self, as_of_us: int) -> None:
        """The worker had nothing more to tell at this time; never later than now."""
        known = min(as_of_us, time.time_ns() // 1000)
        self._fed_us = max(self._fed_us or 0, known)

    def require_fresh(self) -> None:
        """Raises HttpProblemError 503 where an order may have been given that is not known here."""
        age_us = time.time_ns() // 1000 - (self._fed_us or 0)
        if age_us > self._stale_us:
            raise HttpProblemError(
                503,
                "feed-stale",
                "The gate has not heard from the authority's side: it renews no permit.",
                {"retry-after": str(options.RETRY_AFTER_S)},
            )


class Permits:
    """Issues permits and takes acknowledgements over one journal."""

    def __init__(self, journal: Journal, path: Path, key: Ed25519PrivateKey) -> None:
        self._journal = journal
        self._path = path
        self._key = key
        self._key_id = keys.key_id(key.public_key())
        self.feed = ControlFeed()

    async def issue(self, verified: Verified) -> dict[str, str]:
        """A permit for whoever signed. It is in the journal before it is signed.

        Raises HttpProblemError 403, 409, 410, 503.
        """
        self.feed.require_fresh()
        leased = self._journal.submit_lease(verified.key_id, verified.nonce)
        try:
            encoded = await asyncio.wrap_future(leased)
        except PermitRefusedError as error:
            if error.code == "departed":
                registry = self._journal.registry
                raise elsewhere(registry, registry.keys[verified.key_id].project) from error
            raise HttpProblemError(_REFUSED_STATUS[error.code], error.code, str(error)) from error
        return permit.sign(encoded, self._key, self._key_id)

    async def acknowledge(
        self, request: Request, body: bytes, verified: Verified, key: KnownKey
    ) -> dict[str, int]:
        """Keep a firm's word on an order: `{entry}`, the same for the same word again.

        Raises HttpProblemError 403, 409, 422.
        """
        try:
            word = parse_acknowledgement(body)
        except OrderError as error:
            raise HttpProblemError(422, "acknowledgement", f"{error}.") from error
        if word.project != key.project:
            raise HttpProblemError(403, "foreign", "This key speaks for its own project only.")
        record = AcknowledgementRecord(
            project=word.project,
            order_id=word.order,
            kind=word.kind,
            at_us=time_us(word.at),
            source=key.source,
            key_id=verified.key_id,
            document=body.decode(),
            authority=verified.authority,
            path=request.raw_path,
            content_type=request.headers["content-type"],
            signature_input=request.headers["signature-input"],
            signature=request.headers["signature"],
        )
        kept = self._journal.submit_acknowledgement(record, word.digest)
        try:
            return {"entry": await asyncio.wrap_future(kept)}
        except DepartedProjectError as error:
            raise elsewhere(self._journal.registry, key.project) from error
        except ControlError as error:
            raise HttpProblemError(
                409, "order", f"{error}.", {"retry-after": str(options.RETRY_AFTER_S)}
            ) from error

    def acknowledged(self, after: AfterCall) -> list[dict[str, object]]:
        """Acknowledgements that follow an entry, oldest first. Reads the file: not in the loop."""
        limit = min(max(1, after.limit), options.ACKNOWLEDGEMENTS_MAX)
        with JournalReader(self._path) as reader:
            found = reader.acknowledgements_after(after.entry, limit)
            return [{"entry": entry.entry, **entry.control()} for entry in found]
