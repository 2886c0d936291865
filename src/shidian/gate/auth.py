"""Who signed a request, checked against the keys that the journal's control records register."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from shidian.gate import options
from shidian.gate.http import HttpProblemError, Request, busy, not_found
from shidian.gate.moving import elsewhere
from shidian_kit.wire import keys, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from shidian.core.journal.controls import KnownKey, Registry


class Nonces:
    """Nonces seen within the time in which a request could be replayed."""

    def __init__(self, keep_s: int = 2 * signatures.MAX_AGE_S) -> None:
        self._keep_s = keep_s
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def spend(self, key_id: str, nonce: str, now: float) -> None:
        """Use a nonce up. Raises HttpProblemError if it was used, or if too many are kept."""
        while self._seen and next(iter(self._seen.values())) < now - self._keep_s:
            self._seen.popitem(last=False)
        if (key_id, nonce) in self._seen:
            raise HttpProblemError(
                401, "replay", "This nonce was used: sign each attempt with a new one."
            )
        if len(self._seen) >= options.NONCES_MAX:
            raise busy("Too many requests were signed in the last two minutes.")
        self._seen[key_id, nonce] = now


class Authenticator:
    """Checks signatures of pilot systems and of the worker.

    A key of a project that is kept elsewhere opens nothing but the word where that is.

    To whom has no registered key, everything is absent (404). To whom names a registered key, a bad
    signature is explained (401).
    """

    def __init__(
        self,
        authorities: tuple[str, ...],
        worker: Ed25519PublicKey,
        registry: Callable[[], Registry],
    ) -> None:
        self._authorities = authorities
        self._worker = worker
        self._worker_id = keys.key_id(worker)
        self._registry = registry
        self._nonces = Nonces()

    def admit(self, request: Request, *, worker: bool) -> None:
        """Before a body is read: is there a key to check it by? Raises HttpProblemError."""
        if request.query:
            raise HttpProblemError(400, "query", "A signed request has no query.")
        claimed = signatures.claimed_key_id(request.headers)
        if claimed is None or self._find(claimed, worker=worker) is None:
            raise not_found()

    def verify_source(self, request: Request, body: bytes, project: str) -> KnownKey:
        """The key that signed, bound to `project`. Raises HttpProblemError 401, 403, 404."""
        key, _ = self.verify_pilot(request, body)
        if key.project != project:
            raise HttpProblemError(403, "foreign", "This key may write only its own project.")
        return key

    def verify_pilot(self, request: Request, body: bytes) -> tuple[KnownKey, signatures.Verified]:
        """The key that signed, whatever its project. Raises HttpProblemError 401, 403, 404."""
        verified = self._verify(request, body, worker=False)
        registry = self._registry()
        key = registry.keys.get(verified.key_id)
        if key is None:
            raise elsewhere(registry, registry.foreign_keys[verified.key_id].project)
        if key.project in registry.departed:
            raise elsewhere(registry, key.project)
        if key.revoked:
            raise HttpProblemError(403, "revoked", "This key was revoked: register a new one.")
        return key, verified

    def verify_worker(self, request: Request, body: bytes) -> None:
        """That the worker signed. Raises HttpProblemError 401, 404."""
        self._verify(request, body, worker=True)

    def _find(self, key_id: str, *, worker: bool) -> Ed25519PublicKey | None:
        if worker:
            return self._worker if key_id == self._worker_id else None
        registry = self._registry()
        known = registry.keys.get(key_id) or registry.foreign_keys.get(key_id)
        return None if known is None else known.public_key

    def _verify(self, request: Request, body: bytes, *, worker: bool) -> signatures.Verified:
        now = time.time()
        try:
            verified = signatures.verify_request(
                method=request.method,
                path=request.raw_path,
                headers=request.headers,
                body=body,
                authorities=self._authorities,
                find_key=lambda key_id: self._find(key_id, worker=worker),
                now=int(now),
            )
        except signatures.SignatureError as error:
            if error.code == "unknown-key":
                raise not_found() from error
            raise HttpProblemError(401, f"signature-{error.code}", f"{error}.") from error
        self._nonces.spend(verified.key_id, verified.nonce, now)
        return verified
