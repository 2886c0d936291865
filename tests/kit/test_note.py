"""Signed notes, checkpoints, policies and proof files: read as C2SP says, else refused by name."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian_kit.wire import keys
from shidian_kit.wire.checkpoint import Checkpoint, decimal
from shidian_kit.wire.merkle import EMPTY_ROOT, leaf_hash, node_hash
from shidian_kit.wire.note import KeyType, Line, Note, Vkey, cosign, sign
from shidian_kit.wire.policy import Policy, parse_policy
from shidian_kit.wire.proof import Proof, verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# From the example of C2SP's signed-note and of Go's package: a note of others, under their key.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
ORIGIN = "log.example/a"
LEAF = b"a leaf"
OTHER = b"another leaf"


def refusal(data: bytes) -> Refusal:
    with pytest.raises(RecordError) as refused:
        Note.parse(data)
    return refused.value.name


def test_note_of_others_verifies_and_comes_back_byte_for_byte() -> None:
    note, key = Note.parse(GO_NOTE), Vkey.parse(GO_KEY)
    assert note.signers([key]) == {key: None}
    assert bytes(note) == GO_NOTE
    assert str(key) == GO_KEY


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAAA",
        b"text\n\n- name AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAA==\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAB=\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAAA extra\n",
        b"te\txt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAAA\n" * 101,
        b"x" * ((1 << 20) + 1),
    ],
)
def test_malformed_note_is_refused_by_name(data: bytes) -> None:
    assert refusal(data) is Refusal.NOTE_MALFORMED


def test_lines_under_unknown_keys_are_passed_over_and_known_ones_must_verify() -> None:
    key, other = keys.generate(), keys.generate()
    text = "text\n"
    by_other = sign(text, "other", other)
    note = Note(text, (by_other, sign(text, "name", key)))
    assert set(note.signers([Vkey.of("name", key)])) == {Vkey.of("name", key)}
    assert note.signers([]) == {}
    forged = Note(text, (Line("name", Vkey.of("name", key).key_id, by_other.signature),))
    with pytest.raises(RecordError, match="signature-wrong"):
        forged.signers([Vkey.of("name", key)])


@given(st.integers(min_value=0, max_value=2**63 - 1))
@settings(max_examples=20)
def test_cosignature_tells_its_time_and_is_no_plain_signature(time_s: int) -> None:
    key = keys.generate()
    witness = Vkey.of("witness", key, KeyType.COSIGNATURE)
    note = Note("text\n", (cosign("text\n", "witness", key, time_s),))
    assert Note.parse(bytes(note)).signers([witness, Vkey.of("witness", key)]) == {witness: time_s}
    later = bytearray(note.lines[0].signature)
    later[7] ^= 1
    moved = Note("text\n", (Line("witness", witness.key_id, bytes(later)),))
    with pytest.raises(RecordError, match="signature-wrong"):
        moved.signers([witness])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        "name+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "name+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
        "name+00000000+not base64",
    ],
)
def test_malformed_key_is_refused_by_name(text: str) -> None:
    with pytest.raises(RecordError) as refused:
        Vkey.parse(text)
    assert refused.value.name is Refusal.KEY_MALFORMED


@given(st.integers(min_value=1, max_value=2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoint_survives_its_text(size: int, root: bytes) -> None:
    for extensions in ((), ("more", "lines")):
        checkpoint = Checkpoint(ORIGIN, size, root, extensions)
        assert Checkpoint.parse(checkpoint.text) == checkpoint


_ROOT = base64.b64encode(EMPTY_ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"origin\n1\n{_ROOT}",
        f"origin\n1\n{_ROOT}\n\n",
        f"\n1\n{_ROOT}\n",
        f"origin\n01\n{_ROOT}\n",
        f"origin\n-1\n{_ROOT}\n",
        f"origin\n+1\n{_ROOT}\n",
        f"origin\n１\n{_ROOT}\n",
        f"origin\n{2**63}\n{_ROOT}\n",
        "origin\n1\nAAAA\n",
        f"origin\n1\n{_ROOT[:-2]}V=\n",
        f"origin\n0\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)
def test_malformed_checkpoint_is_refused_by_name(text: str) -> None:
    with pytest.raises(RecordError) as refused:
        Checkpoint.parse(text)
    assert refused.value.name is Refusal.CHECKPOINT_MALFORMED


def test_decimals_have_one_form() -> None:
    assert (decimal("0"), decimal(str(2**63 - 1))) == (0, 2**63 - 1)
    assert [decimal(text) for text in ("", "00", "1_0", " 1", "1e3", "9" * 40)] == [None] * 6


class World:
    """A log of two leaves, three witnesses, and whoever signs what."""

    def __init__(self) -> None:
        self.log = keys.generate()
        self.witnesses = {name: keys.generate() for name in ("bourse", "guild", "school")}
        self.root = node_hash(leaf_hash(LEAF), leaf_hash(OTHER))

    def policy_text(self, quorum: str) -> str:
        lines = [f"log {Vkey.of(ORIGIN, self.log)}"]
        lines += [
            f"witness {name} {Vkey.of(name, key, KeyType.COSIGNATURE)} https://{name}.example/"
            for name, key in self.witnesses.items()
        ]
        return "\n".join([*lines, "", "# how many", quorum, ""])

    def note(self, *cosigned: str, log: Ed25519PrivateKey | None = None) -> bytes:
        text = Checkpoint(ORIGIN, 2, self.root).text
        lines = [sign(text, ORIGIN, log or self.log)]
        lines += [cosign(text, name, self.witnesses[name], 1_700_000_000) for name in cosigned]
        return bytes(Note(text, tuple(lines)))

    def proof(self, *cosigned: str) -> bytes:
        return bytes(Proof(0, (leaf_hash(OTHER),), self.note(*cosigned), b"extra"))


QUORUM = "group two 2 bourse guild school\nquorum two"


@pytest.mark.parametrize(
    ("quorum", "cosigned", "holds"),
    [
        ("quorum none", (), True),
        ("quorum guild", (), False),
        ("quorum guild", ("guild",), True),
        (QUORUM, ("guild",), False),
        (QUORUM, ("guild", "school"), True),
        ("group all-of all bourse guild\nquorum all-of", ("bourse",), False),
        ("group any-of any bourse guild\nquorum any-of", ("guild",), True),
        ("group a any bourse guild\ngroup b all a school\nquorum b", ("guild", "school"), True),
        ("group a any bourse guild\ngroup b all a school\nquorum b", ("bourse", "guild"), False),
    ],
)
def test_quorum_is_what_the_policy_says(
    quorum: str, cosigned: tuple[str, ...], holds: bool
) -> None:
    world = World()
    policy = parse_policy(world.policy_text(quorum))
    assert policy.urls["guild"] == "https://guild.example"
    if holds:
        opened = policy.open(world.note(*cosigned))
        assert opened.cosigned == dict.fromkeys(cosigned, 1_700_000_000)
        return
    with pytest.raises(RecordError) as refused:
        policy.open(world.note(*cosigned))
    assert refused.value.name is Refusal.QUORUM_MISSING


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("quorum nobody", "no witness"),
        ("quorum none\nquorum none", "not understood"),
        ("", "no line `quorum`"),
        ("group none all guild\nquorum none", "taken"),
        ("group guild all school\nquorum none", "taken"),
        ("group g 3 guild school\nquorum g", "cannot be asked for"),
        ("group g 0 guild school\nquorum g", "cannot be asked for"),
        ("group g all guild guild\nquorum g", "member of a group already"),
        ("group g all later\nquorum g", "no witness"),
        ("group g all\nquorum none", "not understood"),
        ("log nonsense\nquorum none", "line 7"),
        ("witness w nonsense\nquorum none", "line 7"),
        (f"log {GO_KEY}\nlog {GO_KEY}\nquorum none", "twice"),
        (f"witness w {GO_KEY}\nquorum none", "type"),
        ("gossip\nquorum none", "not understood"),
        ("quorum none\n" * 1001, "lines"),
    ],
)
def test_malformed_policy_is_refused_with_its_line(line: str, told: str) -> None:
    with pytest.raises(RecordError, match=told) as refused:
        parse_policy(World().policy_text(line))
    assert refused.value.name is Refusal.POLICY_MALFORMED


def test_proof_file_proves_its_leaf_and_no_other() -> None:
    world = World()
    policy = parse_policy(world.policy_text(QUORUM))
    proof = world.proof("guild", "bourse")
    assert bytes(Proof.parse(proof)) == proof
    assert Proof.parse(proof).extra == b"extra"
    assert verify_proof(proof, LEAF, policy).checkpoint.size == 2
    with pytest.raises(RecordError, match="proof-wrong"):
        verify_proof(proof, OTHER, policy)
    with pytest.raises(RecordError, match="quorum-missing"):
        verify_proof(world.proof(), LEAF, policy)
    with pytest.raises(RecordError, match="signature-missing"):
        verify_proof(proof, LEAF, Policy(logs=(Vkey.of(ORIGIN, keys.generate()),)))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_changed_proof_file_is_refused(data: st.DataObject) -> None:
    world = World()
    # Without `extra`, which no signature covers, each byte counts.
    proof = bytes(Proof(0, (leaf_hash(OTHER),), world.note()))
    policy = parse_policy(world.policy_text("quorum none"))
    at = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                proof[:at],
                proof[:at] + proof[at + 1 :],
                proof[:at] + bytes([proof[at] ^ (1 << at % 8)]) + proof[at + 1 :],
                proof[: at + 1] + proof[at:],
            ]
        )
    )
    if changed == proof:
        return
    with pytest.raises(RecordError):
        verify_proof(changed, LEAF, policy)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 00\n\n",
        b"c2sp.org/tlog-proof@v1\nextra AA\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"%s\n" % _ROOT.encode() * 64 + b"\n",
        b"c2sp.org/tlog-proof@v1\nindex 0",
        b"\xff\n\n",
        b"x" * ((2 << 20) + 1),
    ],
)
def test_malformed_proof_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(RecordError) as refused:
        Proof.parse(data)
    assert refused.value.name is Refusal.PROOF_MALFORMED
