"""Whom a reader trusts (C2SP tlog-policy): logs by their keys, witnesses, and how many of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shidian_kit.wire.checkpoint import Checkpoint, decimal
from shidian_kit.wire.note import KeyType, Note, Vkey
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES_MAX = 1000
NONE = "none"


@dataclass(frozen=True)
class Group:
    """As many members (witnesses or groups) as `threshold` says must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Opened:
    """A checkpoint whose signatures were found good: by which log keys and which witnesses."""

    checkpoint: Checkpoint
    note: Note
    log_keys: tuple[Vkey, ...]
    cosigned: dict[str, int]
    """Witness by its name in the policy → time of its cosignature, seconds since 1970."""


@dataclass(frozen=True)
class Policy:
    """Trusted keys of logs, witnesses by name, groups, and the name that must be satisfied."""

    logs: tuple[Vkey, ...]
    witnesses: dict[str, Vkey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    urls: dict[str, str] = field(default_factory=dict)
    """Submission prefix of a witness, by its name."""

    def trusting(self, logs: Iterable[Vkey]) -> Policy:
        """The same witnesses and quorum with these keys for the log."""
        return replace(self, logs=tuple(logs))

    def open(self, data: bytes) -> Opened:
        """A signed checkpoint → what it says, once signatures and quorum are found good.

        Raises RecordError note-malformed, checkpoint-malformed, signature-wrong,
        signature-missing, quorum-missing.
        """
        note = Note.parse(data)
        checkpoint = Checkpoint.parse(note.text)
        logs = [key for key in self.logs if key.name == checkpoint.origin]
        signed = note.signers([*logs, *self.witnesses.values()])
        by_log = tuple(key for key in signed if key in logs)
        if not by_log:
            raise RecordError(
                Refusal.SIGNATURE_MISSING,
                f"no trusted key of {checkpoint.origin!r} has signed this checkpoint",
            )
        cosigned = {
            name: time_s
            for name, key in self.witnesses.items()
            if (time_s := signed.get(key)) is not None
        }
        if not self._holds(self.quorum, cosigned):
            raise RecordError(
                Refusal.QUORUM_MISSING,
                f"cosigned by {', '.join(cosigned) or 'nobody'}; the policy asks for {self.quorum}",
            )
        return Opened(checkpoint, note, by_log, cosigned)

    def _holds(self, name: str, cosigned: dict[str, int]) -> bool:
        if name == NONE:
            return True
        if name in self.witnesses:
            return name in cosigned
        group = self.groups[name]
        return sum(self._holds(one, cosigned) for one in group.members) >= group.threshold


def parse_policy(text: str) -> Policy:
    """Raises RecordError policy-malformed, with the line."""
    reading = _Reading()
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        raise _malformed(0, f"more than {LINES_MAX} lines")
    for number, line in enumerate(lines, 1):
        words = line.replace("\t", " ").split()
        if words and not words[0].startswith("#"):
            reading.line(number, words)
    if reading.quorum is None:
        raise _malformed(len(lines), "no line `quorum`; write `quorum none` to ask for nobody")
    return Policy(
        tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, reading.urls
    )


class _Reading:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self.logs: list[Vkey] = []
        self.witnesses: dict[str, Vkey] = {}
        self.groups: dict[str, Group] = {}
        self.urls: dict[str, str] = {}
        self.quorum: str | None = None
        self._used: set[str] = set()
        self._keys: set[bytes] = set()

    def line(self, number: int, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(self._key(number, vkey, KeyType.ED25519))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._check_new(number, name)
                self.witnesses[name] = self._key(number, vkey, KeyType.COSIGNATURE)
                if url:
                    self.urls[name] = url[0].rstrip("/")
            case ["group", name, count, *members] if members:
                self._check_new(number, name)
                self.groups[name] = self._group(number, count, members)
            case ["quorum", name] if self.quorum is None:
                if name != NONE and name not in self.witnesses and name not in self.groups:
                    raise _malformed(number, f"quorum {name!r} is no witness and no group above")
                self.quorum = name
            case _:
                raise _malformed(number, f"not understood: {' '.join(words)[:80]!r}")

    def _key(self, number: int, text: str, wanted: KeyType) -> Vkey:
        try:
            key = Vkey.parse(text)
        except RecordError as error:
            raise _malformed(number, error.detail) from None
        if key.type is not wanted:
            raise _malformed(number, f"a key of type {wanted} is wanted here, not {key.type}")
        if key.public in self._keys:
            raise _malformed(number, "the same key stands here twice")
        self._keys.add(key.public)
        return key

    def _check_new(self, number: int, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise _malformed(number, f"the name {name!r} is taken")

    def _group(self, number: int, count: str, members: list[str]) -> Group:
        for name in members:
            if name not in self.witnesses and name not in self.groups:
                raise _malformed(number, f"member {name!r} is no witness and no group above")
            if name in self._used:
                raise _malformed(number, f"{name!r} is a member of a group already")
            self._used.add(name)
        threshold = {"all": len(members), "any": 1}.get(count) or decimal(count)
        if threshold is None or not 1 <= threshold <= len(members):
            raise _malformed(number, f"{count!r} of {len(members)} members cannot be asked for")
        return Group(threshold, tuple(members))


def _malformed(number: int, detail: str) -> RecordError:
    return RecordError(Refusal.POLICY_MALFORMED, f"line {number}: {detail}")
