"""A permit (运行凭证): the gate's signed lease that tells a pilot system what it may do now.

    {"key_id": "ed25519-…", "permit": "<canonical JSON>", "signature": "ed25519:<base64>"}

The signature is over the bytes of `permit`, whose `format` keeps it apart from anything else that
the key might sign. A lease runs from the moment its request was *sent*, on the pilot's own boot
clock: the permit says for how long, never until when, so that no clock needs to be right. It echoes
the nonce of the request, so that an older answer cannot stand in for a newer one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.exceptions import InvalidSignature

from shidian_kit.wire import canonical, keys
from shidian_kit.wire.digest import read_tag
from shidian_kit.wire.gate_key import CertifiedKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

FORMAT = "shidian.permit/1"
SIGNED_BYTES_MAX = 16 * 1024
DURATION_MS_MAX = 7 * 86_400_000
_SIGNATURE_TAG = "ed25519:"
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_SOURCE = re.compile(r"[A-Za-z0-9._~:/@+-]{1,128}")
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
_INTEGER_MAX = 2**53 - 1


class PermitMode(StrEnum):
    """What stops where there is no live permit that allows it."""

    ADVISORY = "advisory"
    NO_NEW_BUSINESS = "no-new-business"
    FULL_STOP = "full-stop"


class OrderState(StrEnum):
    """What the orders so far make of a pilot."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class OnOutage(StrEnum):
    """What holds once a lease has ended and the regulator's side cannot renew it."""

    KEEP_LAST = "keep-last"
    NO_NEW_BUSINESS = "no-new-business"


class PermitError(ValueError):
    """Why a permit is not taken.

    `code`: malformed, foreign, nonce, unknown-key, key-expired, invalid.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Permit:
    """What a lease says. Checked when it is made. Raises PermitError malformed.

    `entry`: the lease's own entry in the gate's journal; it knows every order before it. `order`:
    the one that made `state`, if one did. `limits`: digest of the plan and rules in force.
    `issued_us`: by the gate's clock, for people. `grace_ms`: how long `keep-last` keeps it.
    """

    project: str
    source: str
    nonce: str
    mode: PermitMode
    state: OrderState
    order: str | None
    limits: str
    entry: int
    issued_us: int
    ttl_ms: int
    grace_ms: int
    on_outage: OnOutage

    def __post_init__(self) -> None:
        _match("project", self.project, _ID)
        _match("source", self.source, _SOURCE)
        _match("nonce", self.nonce, _NONCE)
        if self.order is not None:
            _match("order", self.order, _ID)
        try:
            read_tag(self.limits if isinstance(self.limits, str) else "")
        except ValueError as error:
            raise _malformed(f"limits: {error}") from None
        _within("entry", self.entry, 1, _INTEGER_MAX)
        _within("issued_us", self.issued_us, 0, _INTEGER_MAX)
        _within("ttl_ms", self.ttl_ms, 1, DURATION_MS_MAX)
        _within("grace_ms", self.grace_ms, 0, DURATION_MS_MAX)

    @property
    def new_business(self) -> bool:
        """Whether the orders so far leave new business open."""
        return self.state is OrderState.RUNNING


def encode(permit: Permit) -> bytes:
    """The one sequence of bytes that says this permit."""
    told = {key: value for key, value in asdict(permit).items() if value is not None}
    return canonical.dumps({"format": FORMAT, **told})


def decode(data: bytes) -> Permit:
    """Canonical bytes → permit. Raises PermitError malformed."""
    wire = _object(data)
    if wire.pop("format", None) != FORMAT:
        raise _malformed(f"format must be {FORMAT}")
    wire.setdefault("order", None)
    names = set(Permit.__dataclass_fields__)
    if wire.keys() != names:
        raise _malformed(f"the members must be {', '.join(sorted(names))}")
    permit = Permit(
        **{
            **wire,
            "mode": _one_of(PermitMode, "mode", wire["mode"]),
            "state": _one_of(OrderState, "state", wire["state"]),
            "on_outage": _one_of(OnOutage, "on_outage", wire["on_outage"]),
        }
    )
    if encode(permit) != data:
        raise _malformed("not in canonical form (RFC 8785)")
    return permit


def sign(encoded: bytes, key: Ed25519PrivateKey, key_id: str) -> dict[str, str]:
    """An encoded permit → the object that the gate answers."""
    signature = base64.b64encode(key.sign(encoded)).decode()
    return {
        "permit": encoded.decode(),
        "key_id": key_id,
        "signature": f"{_SIGNATURE_TAG}{signature}",
    }


def verify(
    data: bytes,
    known: Mapping[str, Ed25519PublicKey | CertifiedKey],
    *,
    project: str,
    source: str,
    nonce: str,
) -> Permit:
    """The gate's answer to the request that bore `nonce` → permit.

    `known`: key id → public key of the gates that this pilot trusts; one that is certified on the
    record (`wire.gate_key`) is good for permits of its time alone. Raises PermitError.
    """
    signed = _object(data)
    if signed.keys() != {"permit", "key_id", "signature"} or not all(
        isinstance(value, str) for value in signed.values()
    ):
        raise _malformed("the members must be permit, key_id and signature, all text")
    key = known.get(signed["key_id"])
    if key is None:
        raise PermitError(
            "unknown-key", f"signed with {signed['key_id'][:80]!r}, which is not a trusted gate's"
        )
    encoded = signed["permit"].encode(errors="surrogatepass")
    public = key.public_key if isinstance(key, CertifiedKey) else key
    try:
        public.verify(_raw_signature(signed["signature"]), encoded)
    except InvalidSignature:
        raise PermitError("invalid", "the signature does not fit the permit") from None
    permit = decode(encoded)
    if isinstance(key, CertifiedKey) and not key.covers(permit.issued_us):
        raise PermitError("key-expired", "the record certifies the gate's key for another time")
    if (permit.project, permit.source) != (project, source):
        raise PermitError("foreign", f"the permit is for {permit.source} of {permit.project}")
    if permit.nonce != nonce:
        raise PermitError("nonce", "the permit answers another request")
    return permit


def trusted(*lines: str) -> dict[str, Ed25519PublicKey]:
    """Public keys as lines `ed25519:…` → key id → key. Raises KeyFormatError."""
    public = [keys.load_public(line) for line in lines]
    return {keys.key_id(key): key for key in public}


_Choice = TypeVar("_Choice", PermitMode, OrderState, OnOutage)


def _one_of(kind: type[_Choice], name: str, value: object) -> _Choice:
    if not isinstance(value, str) or value not in list(kind):
        raise _malformed(f"{name} must be one of {', '.join(kind)}")
    return kind(value)


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > SIGNED_BYTES_MAX:
        raise _malformed(f"a permit has {SIGNED_BYTES_MAX} bytes at most")
    try:
        wire = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"not JSON: {error}") from None
    if not isinstance(wire, dict):
        raise _malformed("not a JSON object")
    return wire


def _raw_signature(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.removeprefix(_SIGNATURE_TAG).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _malformed(f"signature: {error}") from None
    if not text.startswith(_SIGNATURE_TAG) or base64.b64encode(raw).decode() not in text:
        raise _malformed("signature must be ed25519: and base64")
    return raw


def _match(name: str, value: object, form: re.Pattern[str]) -> None:
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise _malformed(f"{name} is not in its form")


def _within(name: str, value: object, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise _malformed(f"{name} must be an integer from {low} to {high}")


def _malformed(message: str) -> PermitError:
    return PermitError("malformed", message)
