"""HTTP Message Signatures (RFC 9421), one narrow profile: Ed25519 over a fixed list of components.

Covered, in this order: `@method`, `@authority`, `@path`, `content-digest` (RFC 9530, sha-256),
`content-type`, and then each of `content-encoding`, `webhook-id` and `webhook-timestamp` that the
request has. Parameters: `created`, `keyid`,
`nonce`, `alg="ed25519"`. A request carries exactly one signature.

Behind a proxy the Host that reaches the server may not be the one the sender addressed, so the
verifier is told the authorities that it answers to, and takes no word for it from a header.
`@path` leaves out the query; signed routes have none, and the verifier refuses one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature

from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

ALGORITHM = "ed25519"
MAX_AGE_S = 60
"""How long after `created` a request is taken, and how far a sender's clock may be ahead."""

_COVERED = ("@method", "@authority", "@path", "content-digest", "content-type")
_OPTIONAL = ("content-encoding", "webhook-id", "webhook-timestamp")
_HEADER_MAX_CHARS = 2048
_INPUT = re.compile(
    r'(?P<label>[a-z*][a-z0-9_.*-]{0,63})=(?P<signed>\((?P<components>"[a-z@-]+"(?: "[a-z@-]+")*)\)'
    r'(?P<parameters>(?:;[a-z]+=(?:\d{1,15}|"[\x20-\x21\x23-\x5b\x5d-\x7e]*"))*))'
)
_PARAMETER = re.compile(r';([a-z]+)=(?:(\d{1,15})|"([^"]*)")')
_SIGNATURE = re.compile(r"(?P<label>[a-z*][a-z0-9_.*-]{0,63})=:(?P<value>[A-Za-z0-9+/]+={0,2}):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class SignatureError(ValueError):
    """Why a request's signature was not taken. `code` is stable, the message is for people.

    Codes: missing, malformed, coverage, unknown-key, stale, digest, invalid.
    """

    def __init__(self, code: str, message: str, key_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds. The caller keeps `nonce` for `2 * MAX_AGE_S` to refuse a replay.

    `authority`: the one of the verifier's names that the sender addressed.
    """

    key_id: str
    nonce: str
    created: int
    authority: str


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the signature base is made of; `text` is the signed half of Signature-Input."""

    text: str
    components: tuple[str, ...]
    method: str
    path: str
    headers: Mapping[str, str]

    def base(self, authority: str) -> bytes:
        """The signature base (RFC 9421 §2.5) for one authority."""
        derived = {"@method": self.method, "@authority": authority, "@path": self.path}
        lines = [
            f'"{name}": {derived[name] if name in derived else self.headers[name].strip()}'
            for name in self.components
        ]
        lines.append(f'"@signature-params": {self.text}')
        return "\n".join(lines).encode("ascii")


def authority_of(url: str) -> str:
    """`@authority` of an absolute URL: host in lower case, the scheme's own port left out."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host:
        raise ValueError(f"{url!r} names no host")
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def content_digest(body: bytes) -> str:
    """Value of the Content-Digest field of a body as it travels (after Content-Encoding)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    key: Ed25519PrivateKey,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    created: int,
    nonce: str | None = None,
) -> dict[str, str]:
    """Fields to add to a request: Content-Digest, Signature-Input, Signature.

    `url` is absolute and without a query; `headers` has content-type and, where the body is
    compressed, content-encoding; `created` is Unix seconds. Raises ValueError.
    """
    parts = urlsplit(url)
    if parts.query:
        raise ValueError("a signed request has no query")
    fields = {name.lower(): value for name, value in headers.items()}
    if "content-type" not in fields:
        raise ValueError("a signed request names its content-type")
    fields["content-digest"] = content_digest(body)
    components = _expected(fields)
    listed = " ".join(f'"{name}"' for name in components)
    signed = (
        f'({listed});created={created};keyid="{keys.key_id(key.public_key())}"'
        f';alg="{ALGORITHM}";nonce="{nonce or secrets.token_urlsafe(16)}"'
    )
    base = _Signed(signed, components, method, parts.path or "/", fields).base(authority_of(url))
    return {
        "Content-Digest": fields["content-digest"],
        "Signature-Input": f"sig={signed}",
        "Signature": f"sig=:{base64.b64encode(key.sign(base)).decode()}:",
    }


def verify_request(
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    authorities: Iterable[str],
    find_key: Callable[[str], Ed25519PublicKey | None],
    now: int,
) -> Verified:
    """Check a request against the profile.

    `path` is the raw, still percent-encoded path; `headers` has lower-case names; `authorities` are
    the verifier's own names (`authority_of`); `now` is Unix seconds. Raises SignatureError.
    """
    signed, components, parameters, signature = _parse(headers)
    key_id, nonce, created = _read_parameters(parameters)
    if components != _expected(headers):
        raise SignatureError(
            "coverage",
            f"the signature must cover exactly {' '.join(_expected(headers))}, in this order",
            key_id,
        )
    key = find_key(key_id)
    if key is None:
        raise SignatureError("unknown-key", "no such key is registered", key_id)
    if not -MAX_AGE_S <= now - created <= MAX_AGE_S:
        raise SignatureError(
            "stale",
            f"created is {now - created} s old; at most {MAX_AGE_S} s are taken: set the clock",
            key_id,
        )
    request = _Signed(signed, components, method, path, headers)
    authority = next((one for one in authorities if _holds(key, signature, request, one)), None)
    if authority is None:
        raise SignatureError("invalid", "the signature does not fit the request", key_id)
    if headers["content-digest"] != content_digest(body):
        raise SignatureError("digest", "content-digest is not that of the body", key_id)
    return Verified(key_id, nonce, created, authority)


def claimed_key_id(headers: Mapping[str, str]) -> str | None:
    """The key id that a request names, unchecked; None where it cannot be read."""
    try:
        _, _, parameters, _ = _parse(headers)
        return _read_parameters(parameters)[0]
    except SignatureError:
        return None


def _expected(headers: Mapping[str, str]) -> tuple[str, ...]:
    return (*_COVERED, *(name for name in _OPTIONAL if name in headers))


def _parse(headers: Mapping[str, str]) -> tuple[str, tuple[str, ...], str, bytes]:
    for name in ("signature-input", "signature", "content-digest", "content-type"):
        if name not in headers:
            raise SignatureError("missing", f"the request has no {name} field")
        if len(headers[name]) > _HEADER_MAX_CHARS:
            raise SignatureError("malformed", f"{name} is too long")
    given = _INPUT.fullmatch(headers["signature-input"].strip())
    value = _SIGNATURE.fullmatch(headers["signature"].strip())
    if given is None or value is None or given["label"] != value["label"]:
        raise SignatureError("malformed", "signature-input and signature do not fit the profile")
    if _DIGEST.fullmatch(headers["content-digest"]) is None:
        raise SignatureError("malformed", "content-digest must be one sha-256")
    try:
        signature = base64.b64decode(value["value"], validate=True)
    except binascii.Error as error:
        raise SignatureError("malformed", "the signature is not base64") from error
    if base64.b64encode(signature).decode() != value["value"]:
        # The last letter has bits to spare: one signature, one spelling.
        raise SignatureError("malformed", "the signature is not base64 in canonical form")
    components = tuple(name.strip('"') for name in given["components"].split(" "))
    return given["signed"], components, given["parameters"], signature


def _read_parameters(text: str) -> tuple[str, str, int]:
    found: dict[str, str] = {}
    for name, number, string in _PARAMETER.findall(text):
        if name in found:
            raise SignatureError("malformed", f"parameter {name} stands twice")
        if (name in ("created", "expires")) != bool(number):
            raise SignatureError("malformed", f"parameter {name} has a value of the wrong kind")
        found[name] = number or string
    key_id = found.get("keyid", "")
    if set(found) != {"created", "keyid", "nonce", "alg"}:
        raise SignatureError(
            "malformed", "the parameters must be created, keyid, nonce and alg", key_id or None
        )
    if found["alg"] != ALGORITHM:
        raise SignatureError("malformed", f"alg must be {ALGORITHM}", key_id)
    if not found["nonce"] or len(found["nonce"]) > 128:  # noqa: PLR2004 - a limit on everything
        raise SignatureError("malformed", "nonce must have 1 to 128 characters", key_id)
    return key_id, found["nonce"], int(found["created"])


def _holds(key: Ed25519PublicKey, signature: bytes, request: _Signed, authority: str) -> bool:
    try:
        key.verify(signature, request.base(authority))
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True
