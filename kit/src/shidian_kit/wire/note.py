"""Signed notes (C2SP signed-note): a text and lines of signatures; Ed25519 and cosignature/v1.

Lines under keys that are not known are passed over, so that keys can change, witnesses join and
other algorithms come without a verifier being broken by them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTE_BYTES_MAX = 1 << 20
SIGNATURES_MAX = 100
_KEY_BYTES = 32
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_TIME_MAX = 2**63 - 1
_DASH = "\N{EM DASH} "


class KeyType(IntEnum):
    """The signature algorithms known here, by their byte in C2SP signed-note."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True)
class Vkey:
    """A public key with its name and algorithm: `<name>+<key id>+<base64 of type and key>`."""

    name: str
    type: KeyType
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise _bad_key(f"{self.name[:80]!r} is not a key's name: no spaces, no plus")
        if len(self.public) != _KEY_BYTES:
            raise _bad_key(f"an Ed25519 key has {_KEY_BYTES} bytes")

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey, kind: KeyType = KeyType.ED25519) -> Vkey:
        """The public side of a private key, under a name."""
        return cls(name, kind, key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Vkey:
        """Raises RecordError key-malformed, also for an algorithm that is not known here."""
        name, _, rest = text.strip().partition("+")
        told_id, _, encoded = rest.partition("+")
        try:
            raw = decode64(encoded)
            key = cls(name, KeyType(raw[0]), raw[1:])
        except (ValueError, IndexError) as error:
            raise _bad_key(f"{text[:80]!r} is not name+id+key: {error}") from None
        if key.key_id.hex() != told_id:
            raise _bad_key(f"{text[:80]!r}: the id is not that of the key")
        return key

    @property
    def key_id(self) -> bytes:
        """4 bytes by which signature lines name the key."""
        told = self.name.encode() + b"\n" + bytes([self.type]) + self.public
        return hashlib.sha256(told).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True)
class Line:
    """One signature line: the key's name and id, and what the algorithm gave."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        encoded = base64.b64encode(self.key_id + self.signature).decode()
        return f"{_DASH}{self.name} {encoded}\n"

    @classmethod
    def parse(cls, text: str) -> Line:
        """One line with its newline. Raises RecordError note-malformed."""
        words = text.removesuffix("\n").removeprefix(_DASH).split(" ")
        if not (text.startswith(_DASH) and text.endswith("\n") and len(words) == 2):  # noqa: PLR2004 - name, signature
            raise _bad_note(f"not a signature line: {text[:80]!r}")
        try:
            raw = decode64(words[1])
        except ValueError as error:
            raise _bad_note(f"signature of {words[0][:80]!r}: {error}") from None
        if not _is_name(words[0]) or len(raw) <= _ID_BYTES:
            raise _bad_note(f"not a signature line: {text[:80]!r}")
        return cls(words[0], raw[:_ID_BYTES], raw[_ID_BYTES:])


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and its signature lines, none of them checked yet."""

    text: str
    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Raises RecordError note-malformed."""
        if len(data) > NOTE_BYTES_MAX:
            raise _bad_note(f"a note has {NOTE_BYTES_MAX} bytes at most")
        try:
            told = data.decode()
        except UnicodeDecodeError as error:
            raise _bad_note(f"not UTF-8: {error}") from None
        if any(mark < " " and mark != "\n" for mark in told):
            raise _bad_note("control characters other than newline")
        body, gap, signatures = told.rpartition("\n\n")
        if not gap or not signatures.endswith("\n"):
            raise _bad_note("no blank line and signatures at the end")
        lines = signatures.split("\n")[:-1]
        if len(lines) > SIGNATURES_MAX:
            raise _bad_note(f"more than {SIGNATURES_MAX} signatures")
        return cls(body + "\n", tuple(Line.parse(line + "\n") for line in lines))

    def __bytes__(self) -> bytes:
        return f"{self.text}\n{''.join(map(str, self.lines))}".encode()

    def signers(self, known: Iterable[Vkey]) -> dict[Vkey, int | None]:
        """Which of the known keys signed; for a cosignature its time, seconds since 1970.

        Raises RecordError signature-wrong if a line under a known key does not verify.
        """
        keys = {(key.name, key.key_id): key for key in known}
        found: dict[Vkey, int | None] = {}
        for line in self.lines:
            key = keys.get((line.name, line.key_id))
            if key is not None:
                time_s = _verified(self.text, line, key)
                found.setdefault(key, time_s)
        return found


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Line:
    """An Ed25519 signature line for a note's text."""
    return Line(name, Vkey.of(name, key).key_id, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, time_s: int) -> Line:
    """A witness's line, cosignature/v1: that at this time it knew no larger tree of the log."""
    signature = key.sign(_cosigned(text, time_s))
    key_id = Vkey.of(name, key, KeyType.COSIGNATURE).key_id
    return Line(name, key_id, time_s.to_bytes(_TIME_BYTES, "big") + signature)


def decode64(text: str) -> bytes:
    """Base64 in its one form alone: no other padding bits, no line breaks. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not base64 in canonical form")
    return raw


def _verified(text: str, line: Line, key: Vkey) -> int | None:
    signature, message, time_s = line.signature, text.encode(), None
    if key.type is KeyType.COSIGNATURE:
        time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
        signature, message = signature[_TIME_BYTES:], _cosigned(text, time_s)
    wrong = RecordError(
        Refusal.SIGNATURE_WRONG, f"the signature of {key.name} does not fit the text"
    )
    if len(signature) != _SIGNATURE_BYTES or (time_s or 0) > _TIME_MAX:
        raise wrong
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise wrong from None
    return time_s


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(mark.isspace() for mark in name)


def _bad_note(detail: str) -> RecordError:
    return RecordError(Refusal.NOTE_MALFORMED, detail)


def _bad_key(detail: str) -> RecordError:
    return RecordError(Refusal.KEY_MALFORMED, detail)
