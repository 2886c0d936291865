"""Node's `http-message-signatures` verifies what we sign, and we verify what it signs.

The package is fetched once, by the hashes of `httpsig/package-lock.json`, into `var/npm`; nothing of
it is kept in this repository, and none of its install scripts runs. A machine without Node skips
these tests and says so. One that has Node must pass them: where the registry cannot be reached,
SHIDIAN_NO_NPM=1 says that this is known, and a fetch that fails without it is a failure.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from shidian_kit.wire import keys, signatures

HERE = Path(__file__).parent / "httpsig"
CACHE = Path(__file__).parents[2] / "var" / "npm"
COPIED = ("package.json", "package-lock.json", "judge.js")

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm"),
    pytest.mark.skipif("SHIDIAN_NO_NPM" in os.environ, reason="SHIDIAN_NO_NPM: no npm registry"),
]

KEY = keys.generate()
KEY_ID = keys.key_id(KEY.public_key())
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
PUBLIC_PEM = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
URL = "https://gate.example:8443/v1/projects/P-2026-0001/events"
BODY = b'[{"amount":"163.30"}]'
TELEMETRY = {"content-type": "application/cloudevents-batch+json", "content-encoding": "gzip"}
ORDER = {
    "content-type": "application/json",
    "webhook-id": "O-2026-0001",
    "webhook-timestamp": "1790000000",
}
COVERED = ("@method", "@authority", "@path", "content-digest", "content-type")


@cache
def package() -> Path:
    """The folder with the judge and what the lock names; made by whoever of the workers is first."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in COPIED)).hexdigest()
    folder = CACHE / digest[:16]
    if not folder.exists():
        fresh = CACHE / f"{digest[:16]}.{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in COPIED:
            shutil.copy(HERE / name, fresh)
        flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
        subprocess.run(("npm", "ci", *flags), cwd=fresh, check=True, timeout=120)
        try:
            fresh.rename(folder)
        except OSError:  # another worker was first
            shutil.rmtree(fresh)
    return folder


def ask(**question: object) -> dict:
    answer = subprocess.run(
        ("node", "judge.js"),
        cwd=package(),
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(answer.stdout)


def covered_by(headers: dict[str, str]) -> list[str]:
    return [*COVERED, *(name for name in headers if name != "content-type")]


def ours(headers: dict[str, str], created: int) -> dict[str, str]:
    fields = signatures.sign_request(
        KEY, method="POST", url=URL, headers=headers, body=BODY, created=created
    )
    return {name.lower(): value for name, value in (headers | fields).items()}


def judged(headers: dict[str, str], created: int, *, fields: list[str], **changed: str) -> dict:
    request = {"method": "POST", "url": URL, "headers": headers} | changed
    return ask(
        do="verify",
        request=request,
        keyId=KEY_ID,
        publicKey=PUBLIC_PEM,
        fields=fields,
        created=created,
    )


@pytest.mark.parametrize("headers", [TELEMETRY, ORDER], ids=["telemetry", "order"])
def test_node_verifies_what_we_sign(headers: dict[str, str]) -> None:
    now = int(time.time())  # the package reads the machine's clock
    signed = ours(headers, now)
    assert judged(signed, now, fields=covered_by(headers)) == {"holds": True, "why": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"url": URL.replace("P-2026-0001", "P-2026-0002")},
        {"url": URL.replace("gate.example", "gate.elsewhere")},
    ],
    ids=["method", "path", "authority"],
)
def test_node_refuses_our_signature_on_another_request(change: dict[str, str]) -> None:
    now = int(time.time())
    signed = ours(ORDER, now)
    assert judged(signed, now, fields=covered_by(ORDER), **change)["holds"] is False


@pytest.mark.parametrize("headers", [TELEMETRY, ORDER], ids=["telemetry", "order"])
def test_we_verify_what_node_signs(headers: dict[str, str]) -> None:
    created = 1_790_000_000
    fields = covered_by(headers)
    digested = headers | {"content-digest": signatures.content_digest(BODY)}
    signed = ask(
        do="sign",
        request={"method": "POST", "url": URL, "headers": digested},
        keyId=KEY_ID,
        privateKey=PEM,
        fields=fields,
        created=created,
        nonce="n-1",
    )["headers"]
    lower = {name.lower(): value for name, value in signed.items()}

    def check(**changed: object) -> signatures.Verified:
        given = {
            "method": "POST",
            "path": "/v1/projects/P-2026-0001/events",
            "headers": lower,
            "body": BODY,
            "authorities": ["gate.example:8443"],
            "find_key": {KEY_ID: KEY.public_key()}.get,
            "now": created,
        }
        return signatures.verify_request(**(given | changed))

    assert check() == signatures.Verified(KEY_ID, "n-1", created, "gate.example:8443")
    for changed in ({"method": "PUT"}, {"body": BODY + b" "}, {"authorities": ["other.example"]}):
        with pytest.raises(signatures.SignatureError):
            check(**changed)
