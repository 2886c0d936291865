"""A fresh second factor for one act: a code entered for it, or a passkey that signs its challenge.

That a session used a second factor opens pages. An act with grave effect asks for it once more, and
keeps as evidence what the factor answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from django.utils.translation import gettext as _
from fido2 import cbor
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.accounts.models import Person

Method = Literal["totp", "webauthn"]
CREDENTIAL_MEMBERS_MAX = 16


class NotProvenError(ValueError):
    """The second factor did not answer as it should; the message is for the person who tried."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a person used their second factor. `use` names this one use: no second one has it."""

    method: Method
    use: str
    evidence: Mapping[str, Any]


def factors_of(person: Person) -> frozenset[Method]:
    """Which second factors the person can use for an act. Recovery codes are none."""
    kinds = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    return frozenset(kind for kind in ("totp", "webauthn") if kind in kinds)


def prove_by_code(person: Person, code: str) -> Proof:
    """Take a code of the person's authenticator app, which serves once. Raises NotProvenError.

    The library remembers used codes for as long as they count; `use` names the period of the code,
    so that whoever stores it uniquely refuses a second use for good.
    """
    authenticator = Authenticator.objects.filter(user=person, type="totp").first()
    written = "".join(code.split())
    if authenticator is None or not authenticator.wrap().validate_code(written):
        raise NotProvenError(
            _("This code is not right. A code serves once, and for about a minute.")
        )
    counter = _counter_of(authenticator, written)
    authenticator.record_usage()
    return Proof(
        "totp",
        f"totp:{authenticator.pk}:{counter}",
        {"authenticator": authenticator.pk, "counter": counter},
    )


def _counter_of(authenticator: Authenticator, code: str) -> int:
    secret = get_adapter().decrypt(authenticator.data["secret"])
    for counter in yield_hotp_counters_from_time():
        if format_hotp_value(hotp_value(secret, counter)) == code:
            return int(counter)
    # The period ended between the two looks.
    raise NotProvenError(_("This code is not right. A code serves once, and for about a minute."))


def passkey_question(person: Person, challenge: bytes) -> dict[str, Any]:
    """What the browser asks the person's passkeys to sign: exactly `challenge`. Needs a request."""
    options, _state = webauthn.get_server().authenticate_begin(
        credentials=webauthn.get_credentials(person),
        user_verification=_verification(),
        challenge=challenge,
    )
    return dict(options)


def prove_by_passkey(person: Person, challenge: bytes, answer: object) -> Proof:
    """Check a passkey's signature over `challenge`. Needs a request, whose host the passkey names.

    The evidence holds what is needed to check the signature again: authenticator data, client data
    and the credential's public key. Raises NotProvenError.
    """
    refused = NotProvenError(_("The passkey did not confirm this very order. Try again."))
    if not isinstance(answer, dict) or len(answer) > CREDENTIAL_MEMBERS_MAX:
        raise refused
    state = {"challenge": websafe_encode(challenge), "user_verification": _verification()}
    try:
        response = AuthenticationResponse.from_dict(answer)
        signed = webauthn.get_server().authenticate_complete(
            state, webauthn.get_credentials(person), answer
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refused from None
    authenticator = webauthn.get_authenticator_by_credential_id(person, signed.credential_id)
    if authenticator is None:
        raise refused
    authenticator.record_usage()
    data = response.response.authenticator_data
    return Proof(
        "webauthn",
        f"webauthn:{sha256(challenge).hexdigest()}",
        {
            "authenticator": authenticator.pk,
            "credential": websafe_encode(signed.credential_id),
            "public_key": websafe_encode(cbor.encode(dict(signed.public_key))),
            "authenticator_data": websafe_encode(bytes(data)),
            "client_data": websafe_encode(bytes(response.response.client_data)),
            "signature": websafe_encode(response.response.signature),
            "user_verified": data.is_user_verified(),
        },
    )


def _verification() -> UserVerificationRequirement:
    return UserVerificationRequirement(app_settings.WEBAUTHN_USER_VERIFICATION)
