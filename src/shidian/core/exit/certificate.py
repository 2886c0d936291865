"""The certificate of a drill: what was carried out, on what, with what outcome; signed.

A bundle `{"certificate": …, "plan": …, "signature": …}` is checked by anyone: the signature is the
notary's over the certificate's bytes, and the drill runs again from the plan, the seed and the
setting that the certificate names. What it says must come out again, to the fen. Once the
certificate is on the public record, the bundle has a member `record` that proves it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature

from shidian.core.exit import drill
from shidian.core.exit.plan import ExitError, ExitPlan, read_exit_plan
from shidian.core.exit.positions import digest_of, made_up_positions
from shidian_kit.wire import canonical, keys
from shidian_kit.wire.commitment import commit
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.proof import verify_proof

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from shidian.core.exit.drill import Outcome, Setting
    from shidian_kit.wire.policy import Opened, Policy

FORMAT = "shidian.exit-drill/1"
_DOMAIN = FORMAT.encode() + b"\n"
"""Stands before what is signed: a signature of anything else is none of a certificate."""
CERTIFICATE_BYTES_MAX = 262_144
BUNDLE_BYTES_MAX = 1_048_576
_MEMBERS = frozenset(
    {
        *("format", "case", "number", "lead", "rules_digest", "software", "plan_digest", "setting"),
        *("seed", "positions", "positions_digest", "outcome", "began_at", "took_us"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a drill was of. `number` counts the drills of a case from 1."""

    case: str
    number: int
    lead: str
    rules_digest: str
    software: str
    seed: str
    positions: int


@dataclass(frozen=True)
class Verified:
    """What a certificate says, once it was found true."""

    case: str
    number: int
    passed: bool
    positions: int
    outcome: dict[str, Any]
    signed_by: str


def drilled(plan: ExitPlan, setting: Setting, subject: Subject) -> tuple[Outcome, dict[str, Any]]:
    """Carry the plan out on positions made from the subject's seed; outcome and certificate,

    still without `began_at` and `took_us`, which are no part of what comes out again.
    """
    positions = made_up_positions(setting.kinds, subject.positions, subject.seed)
    outcome = drill.run(plan, positions, setting)
    return outcome, {
        "format": FORMAT,
        "case": subject.case,
        "number": subject.number,
        "lead": subject.lead,
        "rules_digest": subject.rules_digest,
        "software": subject.software,
        "plan_digest": plan.digest(),
        "setting": setting.document(),
        "seed": subject.seed,
        "positions": subject.positions,
        "positions_digest": digest_of(positions),
        "outcome": outcome.document(),
    }


def certificate_text(content: dict[str, Any], *, began_at: str, took_us: int) -> str:
    """The certificate as canonical JSON. `began_at`: RFC 3339; `took_us`: how long it ran."""
    return canonical.dumps({**content, "began_at": began_at, "took_us": took_us}).decode()


def read_certificate(text: str) -> dict[str, Any]:
    """Canonical JSON → members. Raises ExitError."""
    data = text.encode()
    if len(data) > CERTIFICATE_BYTES_MAX:
        raise _no_certificate(f"over {CERTIFICATE_BYTES_MAX} bytes")
    try:
        said = json.loads(data)
        if not isinstance(said, dict) or said.get("format") != FORMAT or set(said) != _MEMBERS:
            raise _no_certificate(f"not an object of {', '.join(sorted(_MEMBERS))}")
        same = canonical.dumps(said) == data
    except (ValueError, RecursionError) as error:
        if isinstance(error, ExitError):
            raise
        raise _no_certificate(str(error)) from error
    if not same:
        raise _no_certificate("not in canonical form (RFC 8785)")
    return said


def sign(key: Ed25519PrivateKey, text: str) -> str:
    """Signature over a certificate, base64. Raises ExitError for anything else."""
    read_certificate(text)
    return base64.b64encode(key.sign(_DOMAIN + text.encode())).decode()


def is_signed(key: Ed25519PublicKey, text: str, signature: str) -> bool:
    """Whether this key signed this certificate."""
    try:
        key.verify(base64.b64decode(signature, validate=True), _DOMAIN + text.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def bundle(
    *, certificate: str, plan: str, signature: str, public_key: str, record: str = ""
) -> bytes:
    """All that is needed to verify, as one file. `record`: as `wire.order_proof` makes it."""
    parts = {
        "certificate": certificate,
        "plan": plan,
        "signature": signature,
        "public_key": public_key,
    }
    return canonical.dumps(parts | ({"record": record} if record else {}))


def leaf_document(*, case: str, number: int, certificate_digest: str, at: str) -> dict[str, Any]:
    """What the record's commitment of a drill is made of."""
    return {
        "kind": "exit.drilled",
        "case": case,
        "drill": number,
        "digest": certificate_digest,
        "at": at,
    }


def verify_on_record(data: bytes, policy: Policy) -> Opened:
    """That a log which the policy trusts holds a commitment to the bundle's certificate.

    Returns the checkpoint that says so. Raises RecordError, and ExitError where the bundle has no
    proof or the record holds another certificate.
    """
    certificate, _, _ = _parts(data)
    try:
        proven = json.loads(json.loads(data)["record"])
        document, leaf, proof = (proven[name].encode() for name in ("document", "leaf", "proof"))
        salt = base64.b64decode(proven["salt"], validate=True)
        opened = verify_proof(proof, leaf, policy)
        committed = json.loads(leaf)["commitment"] == commit(salt, document)
        named = json.loads(document)["digest"] == digest(certificate)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ExitError(
            "record", "文件中没有存证证明", "the file has no proof of the public record"
        ) from error
    if not (committed and named):
        raise ExitError(
            "record", "存证中的不是这份证书", "the record holds another certificate than this one"
        )
    return opened


def verify_bundle(data: bytes, trusted: Ed25519PublicKey) -> Verified:
    """Check the signature against a key that is trusted, then run the drill again.

    Raises ExitError with what is wrong: not a bundle, not signed by this key, another plan, or an
    outcome that does not come out again.
    """
    certificate, plan_text, signature = _parts(data)
    if not is_signed(trusted, certificate, signature):
        raise ExitError(
            "signature",
            "证书不是由该密钥签名的，或内容已被改动",
            "not signed by this key, or changed since",
        )
    said, plan = read_certificate(certificate), read_exit_plan(plan_text)
    if plan.digest() != said["plan_digest"]:
        raise ExitError(
            "plan",
            f"方案摘要为 {plan.digest()}，证书所载为 {said['plan_digest']}",
            f"its digest is {plan.digest()}, the certificate names {said['plan_digest']}",
        )
    again = _again(plan, said)
    for name, value in again.items():
        if said[name] != value:
            raise ExitError(
                name,
                "重新演练的结果与证书不一致",
                "comes out otherwise when the drill is run again",
            )
    return Verified(
        case=said["case"],
        number=said["number"],
        passed=said["outcome"]["passed"],
        positions=said["positions"],
        outcome=said["outcome"],
        signed_by=keys.key_id(trusted),
    )


def _again(plan: ExitPlan, said: dict[str, Any]) -> dict[str, Any]:
    try:
        subject = Subject(
            case=said["case"],
            number=said["number"],
            lead=said["lead"],
            rules_digest=said["rules_digest"],
            software=said["software"],
            seed=said["seed"],
            positions=said["positions"],
        )
        _, content = drilled(plan, drill.read_setting(said["setting"]), subject)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _no_certificate(str(error)) from error
    return content


def _parts(data: bytes) -> tuple[str, str, str]:
    if len(data) > BUNDLE_BYTES_MAX:
        raise _no_certificate(f"the bundle has over {BUNDLE_BYTES_MAX} bytes")
    try:
        given = json.loads(data)
        parts = given["certificate"], given["plan"], given["signature"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _no_certificate(str(error)) from error
    if not all(isinstance(one, str) for one in parts):
        raise _no_certificate("certificate, plan and signature are text")
    return parts


def digest(text: str) -> str:
    """`sha256:…` of a certificate."""
    return sha256_tag(text.encode())


def _no_certificate(detail: str) -> ExitError:
    return ExitError("certificate", f"不是演练证书：{detail}", f"is no certificate: {detail}")
