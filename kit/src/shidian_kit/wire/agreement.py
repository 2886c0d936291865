"""What was agreed at a pilot's admission, and that it stands on the public record.

    {"agreement": …, "document": …, "leaf": …, "proof": …}

The agreement (canonical JSON) names the application that the institution filed and signed, by its
fingerprint, and the plan, promises and conditions that the authorities fixed with the admission.
Its SHA-256 is in the document of the admission's leaf. It is checked without any network.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.proof import verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian_kit.wire.policy import Opened, Policy

FORMAT = "shidian.agreement/1"
BUNDLE_BYTES_MAX = 1024 * 1024
_MEMBERS = ("agreement", "document", "leaf", "proof")


def text(
    *,
    case: str,
    version: int,
    application: str,
    plan: Mapping[str, str],
    promises: Sequence[Mapping[str, str]],
    conditions: Sequence[str],
) -> bytes:
    """The one sequence of bytes that says it.

    `version`, `application`: of the form as it was filed, with its SHA-256 in hex. `promises`:
    those in words, `{id, text}`.
    """
    return canonical.dumps(
        {
            "format": FORMAT,
            "case": case,
            "version": version,
            "application": application,
            "plan": dict(plan),
            "promises": [dict(one) for one in promises],
            "conditions": list(conditions),
        }
    )


def fingerprint(agreement: bytes) -> str:
    """SHA-256 in hex, as the record has it."""
    return hashlib.sha256(agreement).hexdigest()


def bundle(*, agreement: bytes, document: bytes, leaf: bytes, proof: bytes) -> bytes:
    """The parts as one file."""
    parts = zip(_MEMBERS, (agreement, document, leaf, proof), strict=True)
    return canonical.dumps({name: part.decode() for name, part in parts})


def verify_agreement(data: bytes, policy: Policy) -> tuple[dict[str, Any], Opened]:
    """What was agreed, and the checkpoint of the trusted log that holds its admission.

    Raises RecordError with the name of what is wrong.
    """
    agreement, document, leaf, proof = _parts(data)
    opened = verify_proof(proof, leaf, policy)
    try:
        told, said, agreed = json.loads(leaf), json.loads(document), json.loads(agreement)
        is_told = told["kind"] == "decision" and told["text_sha256"] == sha256_tag(document)
        named = said["kind"], said["case"], said["sha256"]
        wanted = "case.admitted", agreed["case"], fingerprint(agreement)
        is_agreement = agreed["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _wrong("leaf, document or agreement are not an admission's") from None
    if not is_told:
        raise _wrong("the leaf does not stand for this document")
    if named != wanted or not is_agreement:
        raise _wrong("the record holds another agreement than this one")
    return agreed, opened


def _parts(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if len(data) > BUNDLE_BYTES_MAX:
        raise _wrong("the bundle is too long")
    try:
        wire = json.loads(data)
        agreement, document, leaf, proof = (wire[name].encode() for name in _MEMBERS)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong(f"not an object of {', '.join(_MEMBERS)}, all text") from None
    return agreement, document, leaf, proof


def _wrong(detail: str) -> RecordError:
    return RecordError(Refusal.PROOF_MALFORMED, f"agreement: {detail}")
