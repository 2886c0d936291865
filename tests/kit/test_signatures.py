"""The signature profile, against itself and against an implementation that is not ours."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as st

from shidian_kit.wire import keys, signatures

KEY = keys.generate()
KEY_ID = keys.key_id(KEY.public_key())
URL = "https://Gate.Example:443/v1/projects/P-1/events"
PATH = "/v1/projects/P-1/events"
BODY = b'[{"a": 1}]'
COVERED = ("@method", "@authority", "@path", "content-digest", "content-type")


NOW = 1_790_000_000
"""The signing and the verifying clock, Unix seconds: no test waits for the machine's."""


@dataclass
class Message:
    method: str
    url: str
    headers: dict[str, str]
    body: bytes = BODY


class Resolver(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id):
        return KEY.public_key() if key_id == KEY_ID else None

    def resolve_private_key(self, key_id):
        return KEY


def signed(**changed):
    given = {
        "method": "POST",
        "url": URL,
        "headers": {"content-type": "application/json"},
        "body": BODY,
        "created": NOW,
    } | changed
    fields = signatures.sign_request(KEY, **given)
    return {name.lower(): value for name, value in (given["headers"] | fields).items()}


def verify(headers, **changed):
    given = {
        "method": "POST",
        "path": PATH,
        "headers": headers,
        "body": BODY,
        "authorities": ["gate.example"],
        "find_key": lambda key_id: KEY.public_key() if key_id == KEY_ID else None,
        "now": NOW,
    } | changed
    return signatures.verify_request(**given)


def refusal(headers, **changed):
    with pytest.raises(signatures.SignatureError) as caught:
        verify(headers, **changed)
    return caught.value.code


@pytest.mark.parametrize("age_s", [-signatures.MAX_AGE_S, 0, signatures.MAX_AGE_S])
def test_own_signature_holds(age_s):
    verified = verify(signed(nonce="n1"), now=NOW + age_s)
    assert (verified.key_id, verified.nonce) == (KEY_ID, "n1")


@pytest.mark.parametrize("encoding", [{}, {"content-encoding": "gzip"}])
def test_library_accepts_our_signature(encoding):
    # The library reads the machine's clock: signed now, and an age that no load reaches.
    headers = signed(
        headers={"content-type": "application/json"} | encoding,
        created=int(datetime.now(UTC).timestamp()),
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Resolver())
    results = verifier.verify(
        Message("POST", URL, headers),
        max_age=timedelta(hours=1),
        require_components=(*COVERED, *encoding),
        body=BODY,
    )
    assert results[0].parameters["keyid"] == KEY_ID


def test_we_accept_the_librarys_signature():
    message = Message("POST", URL, {"content-type": "application/json"})
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Resolver()).sign(
        message,
        key_id=KEY_ID,
        nonce="abc",
        created=datetime.fromtimestamp(NOW, UTC),
        covered_component_ids=COVERED,
        body=BODY,
    )
    lower = {name.lower(): value for name, value in message.headers.items()}
    assert verify(lower).nonce == "abc"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"method": "PUT"}, "invalid"),
        ({"path": PATH + "/"}, "invalid"),
        ({"authorities": ["other.example"]}, "invalid"),
        ({"authorities": []}, "invalid"),
        ({"body": BODY + b" "}, "digest"),
        ({"find_key": lambda _: None}, "unknown-key"),
        ({"find_key": lambda _: keys.generate().public_key()}, "invalid"),
        ({"now": NOW + signatures.MAX_AGE_S + 1}, "stale"),
        ({"now": NOW - signatures.MAX_AGE_S - 1}, "stale"),
    ],
)
def test_changed_request_is_refused(changed, code):
    assert refusal(signed(), **changed) == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("content-type", "text/plain", "invalid"),
        ("content-digest", signatures.content_digest(b"other"), "invalid"),
        ("content-digest", "sha-512=:AAAA:", "malformed"),
        ("content-encoding", "gzip", "coverage"),
        ("signature", "sig=:AAAA:", "invalid"),
        ("signature", "other=:AAAA:", "malformed"),
        ("signature-input", "sig=()", "malformed"),
        ("signature-input", "x" * 3000, "malformed"),
    ],
)
def test_changed_field_is_refused(name, value, code):
    assert refusal(signed() | {name: value}) == code


def test_signature_has_one_spelling_alone():
    headers = signed()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = headers["signature"][-4]
    others = {letters[letters.index(last) // 16 * 16 + spare] for spare in range(16)} - {last}
    for other in others:
        text = f"{headers['signature'][:-4]}{other}==:"
        same = base64.b64decode(text[5:-1]) == base64.b64decode(headers["signature"][5:-1])
        assert refusal(headers | {"signature": text}) == ("malformed" if same else "invalid")


@pytest.mark.parametrize("name", ["signature", "signature-input", "content-digest", "content-type"])
def test_missing_field_is_refused(name):
    headers = signed()
    del headers[name]
    assert refusal(headers) == "missing"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (r"created=\d+", "created=1", "stale"),
        (r"created=\d+", 'created="1"', "malformed"),
        (r";created=\d+", "", "malformed"),
        (r'nonce="[^"]+"', 'nonce="other"', "invalid"),
        (r';nonce="[^"]+"', "", "malformed"),
        (r'alg="ed25519"', 'alg="hmac-sha256"', "malformed"),
        (r';alg="ed25519"', ';alg="ed25519";alg="ed25519"', "malformed"),
        (r';alg="ed25519"', ';alg="ed25519";tag="x"', "malformed"),
        (r' "content-digest"', "", "coverage"),
        (r'"@method" "@authority"', '"@authority" "@method"', "coverage"),
        (r'"@method"', '"@status"', "coverage"),
        (r"^sig=", "sig2=", "malformed"),
        (r"$", ', b=("@method");created=1', "malformed"),
    ],
)
def test_changed_signature_input_is_refused(old, new, code):
    headers = signed()
    changed = re.sub(old, new, headers["signature-input"], count=1)
    assert changed != headers["signature-input"]
    assert refusal(headers | {"signature-input": changed}) == code


@given(st.sampled_from(["signature", "signature-input", "content-digest"]), st.text(max_size=200))
def test_no_field_makes_the_verifier_fail_otherwise(name, value):
    headers = signed()
    if value != headers[name]:
        with pytest.raises(signatures.SignatureError):
            verify(headers | {name: value})
        signatures.claimed_key_id(headers | {name: value})


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://A.example/x", "a.example"),
        ("http://a.example:80", "a.example"),
        ("https://a.example:80", "a.example:80"),
        ("http://127.0.0.1:8001/", "127.0.0.1:8001"),
        ("http://[::1]:8001/", "[::1]:8001"),
    ],
)
def test_authority_is_normalised(url, authority):
    assert signatures.authority_of(url) == authority


@pytest.mark.parametrize("changed", [{"url": URL + "?a=1"}, {"headers": {}}, {"url": "nonsense"}])
def test_request_outside_the_profile_is_not_signed(changed):
    with pytest.raises(ValueError, match=r"query|content-type|host"):
        signed(**changed)


def test_signature_base_and_signature_are_those_of_the_rfc():
    """RFC 9421, B.2.6: other components than ours, the same base, key and signature."""
    private = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU="
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(private))
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()
    assert public == "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs="
    components = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    listed = " ".join(f'"{name}"' for name in components)
    headers = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-length": "18",
    }
    text = f'({listed});created=1618884473;keyid="test-key-ed25519"'
    base = signatures._Signed(text, components, "POST", "/foo", headers).base("example.com")
    published = (
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    assert base64.b64encode(key.sign(base)).decode() == published
