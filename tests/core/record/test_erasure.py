"""Documents are erased; the log goes on verifying, and nobody finds out what stood in them."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

from shidian.core.record.leaf import Leaf, LeafKind, check_commitment, encode, new_salt
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.wire.commitment import commit
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.proof import verify_proof
from tests.core.record.logs import LONG_AGO, NOW_S, ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 1000
NAMES = [
    f"{family}{given}" for family in "王李张刘陈杨赵黄周吴" for given in "伟芳娜敏静强磊洋艳勇"
]
"""Few enough to try them all: what a dictionary attack hopes for."""


def test_erased_documents_leave_a_log_that_verifies_and_tells_nothing(tmp_path: Path) -> None:
    chance = random.Random(6)
    documents = [chance.choice(NAMES).encode() for _ in range(COUNT)]
    salts = [new_salt() for _ in range(COUNT)]
    leaves = [
        encode(
            Leaf(
                kind=LeafKind.DECISION,
                subject=f"DEMO-2026-{number:04d}",
                time=LONG_AGO,
                commitment=commit(salt, document),
            )
        )
        for number, (salt, document) in enumerate(zip(salts, documents, strict=True))
    ]
    with Notary(tmp_path, ORIGIN, clock=lambda: NOW_S) as notary:
        notary.append(list(enumerate(leaves, 1)))
        proofs = [notary.prove(index) for index in range(COUNT)]
    commitments = [commit(salt, document) for salt, document in zip(salts, documents, strict=True)]
    kept = list(zip(commitments, salts, documents, strict=True))
    assert all(check_commitment(*one) for one in kept)  # as long as they are kept
    salts.clear()
    documents.clear()
    kept.clear()

    reader = LogReader(tmp_path / "tiles")
    policy = parse_policy(reader.published_policy().decode())
    assert verify_log(reader, policy).checkpoint.size == COUNT
    for proof, leaf in zip(proofs, leaves, strict=True):
        verify_proof(proof, leaf, policy)
    assert not found_by_trying(b"".join(entry for _, entry in reader.entries(COUNT)).decode())
    # Each name was committed to many times, and no two commitments are alike.
    assert len(set(commitments)) == COUNT


def found_by_trying(published: str) -> set[str]:
    """Names whose hash, by any way without the salt, stands in what is published."""
    found = set()
    for name in NAMES:
        document = name.encode()
        guesses = [document, b"\x00" + document, document + b"\n"]
        guesses += [salt + document for salt in (bytes(32), b"salt", ORIGIN.encode())]
        tried = [hashlib.sha256(guess).hexdigest() for guess in guesses]
        tried += [
            commit(salt, document).removeprefix("sha256:") for salt in (bytes(32), b"\xff" * 32)
        ]
        if name in published or any(one in published for one in tried):
            found.add(name)
    return found


def test_attack_of_the_test_finds_what_is_hashed_without_a_salt() -> None:
    bare = hashlib.sha256(NAMES[5].encode()).hexdigest()
    assert found_by_trying(f"sha256:{bare}") == {NAMES[5]}
