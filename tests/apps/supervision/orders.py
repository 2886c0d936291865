"""Officers with codes and passkeys of their own, and orders brought as far as a test needs them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import RequestFactory
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

from shidian.apps.supervision.domain import orders
from shidian.apps.supervision.domain.orders.approving import CodeAnswer, PasskeyAnswer
from shidian.apps.supervision.models import OrderKind

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Order, OrderChallenge, Pilot

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HOST = "testserver"


def give_codes(person: Person) -> None:
    """An authenticator app with a secret that the tests know."""
    if not Authenticator.objects.filter(user=person, type="totp").exists():
        TOTP.activate(person, SECRET)


def fresh_code(person: Person) -> str:
    """A code that counts now and was not used."""
    give_codes(person)
    instance = Authenticator.objects.get(user=person, type="totp")
    secret = get_adapter().decrypt(instance.data["secret"])
    before, now, after = yield_hotp_counters_from_time()
    for counter in (now, after, before):  # the one before may have passed when it arrives
        code: str = format_hotp_value(hotp_value(secret, counter))
        if cache.get(instance.wrap()._get_used_cache_key(code)) is None:
            return code
    raise AssertionError("three codes of this person were used within a minute")


def on_site(host: str = HOST) -> AbstractContextManager[Any]:
    """A request to the site, which a passkey asks for the name of."""
    return context.request_context(RequestFactory().get("/", headers={"host": host}))


@dataclass
class Passkey:
    """A passkey in software, registered for a person."""

    person: Person
    host: str = HOST
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.id = hashlib.sha256(str(self.person.pk).encode()).digest()
        public = ES256.from_cryptography_key(self.key.public_key())
        known = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(0x45, known)
        attested = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", b"\0" * 32)
        credential = {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": websafe_encode(client),
                "attestationObject": websafe_encode(bytes(attested)),
            },
            "clientExtensionResults": {},
        }
        Authenticator.objects.create(
            user=self.person,
            type="webauthn",
            data={"name": "key", "credential": credential},
        )

    def sign(self, challenge: bytes, *, origin: str = "") -> dict[str, Any]:
        """What a browser hands over after the touch."""
        data = self._data(0x05)
        client = self._client("webauthn.get", challenge, origin)
        signature = self.key.sign(
            bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(_sha256())
        )
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(bytes(data)),
                "signature": websafe_encode(signature),
            },
            "clientExtensionResults": {},
        }

    def _data(self, flags: int, known: AttestedCredentialData | None = None) -> AuthenticatorData:
        rp = hashlib.sha256(self.host.encode()).digest()
        return AuthenticatorData.create(rp, AuthenticatorData.FLAG(flags), 0, known or b"")

    def _client(self, what: str, challenge: bytes, origin: str = "") -> bytes:
        said = {
            "type": what,
            "challenge": websafe_encode(challenge),
            "origin": origin or f"https://{self.host}",
        }
        return json.dumps(said).encode()


def _sha256() -> Any:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def propose(pilot: Pilot, kind: str, by: Person, at: datetime, **more: Any) -> Order:
    """A proposal that has all it needs."""
    if kind == OrderKind.RESTRICT:
        more.setdefault("plan", {"investors_max": "50"})
    return orders.propose_order(
        pilot=pilot, kind=kind, reason="委托失败激增", basis="试点协议第八条", by=by, at=at, **more
    )


def approve(order: Order, by: Person, at: datetime, code: str = "") -> Order:
    """Approve or countersign it with a fresh code."""
    challenge = orders.begin_approval(order=order, by=by, at=at)
    verb = orders.approve_order if order.issued_at is None else orders.countersign_order
    return verb(challenge=challenge, answer=CodeAnswer(code or fresh_code(by)), by=by, at=at)


def by_passkey(challenge: OrderChallenge, passkey: Passkey, signed: bytes, at: datetime) -> Order:
    """Approve it with a passkey that signs these bytes."""
    with on_site(passkey.host):
        return orders.approve_order(
            challenge=challenge,
            answer=PasskeyAnswer(passkey.sign(signed)),
            by=passkey.person,
            at=at,
        )
