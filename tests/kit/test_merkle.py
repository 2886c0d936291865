"""Proofs checked as RFC 9162 says: by vectors of others, and in each thing that can be wrong."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from shidian_kit.wire.merkle import EMPTY_ROOT, check_consistency, check_inclusion
from shidian_kit.wire.refusal import RecordError


@pytest.mark.shared
def test_inclusion_vectors_come_out_as_labelled() -> None:
    shared = os.environ.get("SHIDIAN_SHARED")
    if not shared:
        pytest.skip("SHIDIAN_SHARED is not set")
    cases = json.loads((Path(shared) / "vectors" / "merkle-inclusion.json").read_text())
    assert len(cases) == 98
    wrong = [case["name"] for case in cases if _accepted(case) == case["wantErr"]]
    assert wrong == []


def _accepted(case: dict[str, object]) -> bool:
    def decoded(text: object) -> bytes:
        return base64.b64decode(str(text or ""))

    proof = case["proof"] or []
    assert isinstance(proof, list)
    try:
        check_inclusion(
            index=int(str(case["leafIdx"])),
            size=int(str(case["treeSize"])),
            leaf=decoded(case["leafHash"]),
            proof=[decoded(one) for one in proof],
            root=decoded(case["root"]),
        )
    except RecordError:
        return False
    return True


@pytest.mark.parametrize(
    ("old_size", "new_size", "old_root", "new_root", "proof"),
    [
        (2, 1, EMPTY_ROOT, EMPTY_ROOT, []),
        (-1, 1, EMPTY_ROOT, EMPTY_ROOT, []),
        (1, 1, EMPTY_ROOT, bytes(32), []),
        (0, 1, bytes(32), bytes(32), []),
        (0, 1, EMPTY_ROOT, bytes(32), [bytes(32)]),
        (1, 2, EMPTY_ROOT, bytes(32), []),
        (3, 4, EMPTY_ROOT, bytes(32), []),
        (1, 2, EMPTY_ROOT[:31], bytes(32), [bytes(32)]),
        (1, 2**63, EMPTY_ROOT, bytes(32), [bytes(32)]),
    ],
)
def test_consistency_of_what_cannot_be_is_refused(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: list[bytes]
) -> None:
    with pytest.raises(RecordError, match="proof-wrong"):
        check_consistency(
            old_size=old_size,
            new_size=new_size,
            proof=proof,
            old_root=old_root,
            new_root=new_root,
        )
