"""A leaf: what the record says of one public act, as canonical JSON (RFC 8785).

A leaf carries no content, only hashes: of the published text, or a salted commitment to a document
that is restricted or personal. When such a document is erased with its salt, the commitment stays
in the log, which goes on verifying, and nobody can find by trying what it stood for.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from shidian_kit.wire.commitment import SALT_BYTES, commit
from shidian_kit.wire.digest import read_tag, sha256_tag
from shidian_kit.wire.refusal import RecordError, Refusal

LEAF_BYTES_MAX = 65_535
"""What the length prefix of an entry bundle can tell (C2SP tlog-tiles)."""
SUBJECT_CHARS_MAX = 500

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", re.ASCII)
_VERSION = 1
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
"""Of an object of texts under ASCII keys this gives the form of RFC 8785 (the tests hold it against
the rfc8785 package), in a tenth of the time: logs of a million leaves are read with it."""


class LeafKind(StrEnum):
    """What kinds of public acts the record knows. Admissions, starts, extensions and closings of
    pilots are decisions; the subject says of what."""

    NOTICE_OPENED = "notice-opened"
    NOTICE_EXTENDED = "notice-extended"
    NOTICE_CLOSED = "notice-closed"
    COMMENT_ANSWERED = "comment-answered"
    PANEL_DRAW = "panel-draw"
    DECISION = "decision"
    ORDER = "order"
    ORDER_ACKNOWLEDGED = "order-acknowledged"
    RULEBOOK_PUBLISHED = "rulebook-published"
    CALL_OPENED = "call-opened"
    PAGE_PUBLISHED = "page-published"
    PAGE_WITHDRAWN = "page-withdrawn"
    EXIT_DRILL = "exit-drill"
    EVALUATION_PLAN = "evaluation-plan"
    EVALUATION_REPORT = "evaluation-report"
    DATA_RELEASE = "data-release"
    CALENDAR_CHANGED = "calendar-changed"
    GATE_KEY = "gate-key"
    KEY_ROTATED = "key-rotated"
    WITNESS_POLICY = "witness-policy"


BEARS_TEXT = frozenset({LeafKind.KEY_ROTATED, LeafKind.WITNESS_POLICY})
"""Kinds whose text stands in the leaf, since verifying the log itself needs it."""


class ItemRefusedError(RecordError):
    """One leaf of a request was refused, and with it the request: `outbox_id` says whose."""

    def __init__(self, name: Refusal, detail: str, outbox_id: int) -> None:
        super().__init__(name, detail)
        self.outbox_id = outbox_id


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One public act. Exactly one of `text_sha256` and `commitment` is given.

    `time` is RFC 3339 in UTC with `Z`, for a scheduled act its slot; digests are algorithm-tagged
    (`sha256:…`); `rules_digest` names the rules that governed. `text` is given for rotations and
    witness policies alone, and hashes to `text_sha256`.
    Raises RecordError leaf-malformed.
    """

    kind: LeafKind
    subject: str
    time: str
    rules_digest: str | None = None
    text_sha256: str | None = None
    commitment: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kind, LeafKind):
            raise _malformed(f"kind {self.kind!r} is not one that the record knows")
        _check_subject(self.subject)
        moment(self.time)
        if (self.text_sha256 is None) == (self.commitment is None):
            raise _malformed("exactly one of text_sha256 and commitment must be given")
        for name in ("rules_digest", "text_sha256", "commitment"):
            _check_digest(name, getattr(self, name))
        if (self.text is not None) != (self.kind in BEARS_TEXT):
            raise _malformed(f"text stands in leaves of {', '.join(sorted(BEARS_TEXT))} alone")
        if self.text is not None and text_digest(self.text) != self.text_sha256:
            raise _malformed("text does not hash to text_sha256")


def encode(leaf: Leaf) -> bytes:
    """Leaf → canonical JSON. Raises RecordError leaf-too-large, leaf-malformed."""
    members = {name: value for name, value in vars(leaf).items() if value is not None}
    try:
        data = _CANONICAL.encode({**members, "v": _VERSION}).encode()
    except UnicodeEncodeError as error:
        raise _malformed(str(error)) from error
    check_size(data)
    return data


def decode(data: bytes) -> Leaf:
    """Canonical JSON → leaf. Bytes that `encode` would not give are refused.

    Raises RecordError leaf-malformed, leaf-too-large.
    """
    check_size(data)
    try:
        members = json.loads(data.decode())
        if not isinstance(members, dict):
            raise _malformed("not a JSON object")
        if members.pop("v", None) != _VERSION:
            raise _malformed(f"v must be {_VERSION}")
        leaf = Leaf(**{**members, "kind": LeafKind(members.get("kind", ""))})
    except (ValueError, TypeError, RecursionError) as error:
        raise _malformed(f"not a leaf: {error}") from error
    if encode(leaf) != data:
        raise _malformed("not in canonical form (RFC 8785)")
    return leaf


def check_size(data: bytes) -> None:
    """Raises RecordError leaf-too-large, or leaf-malformed for an empty one."""
    if len(data) > LEAF_BYTES_MAX:
        raise RecordError(
            Refusal.LEAF_TOO_LARGE, f"{len(data)} bytes; a leaf has {LEAF_BYTES_MAX} at most"
        )
    if not data:
        raise _malformed("a leaf is never empty")


def text_digest(text: str | bytes) -> str:
    """Published text → `sha256:…`, of its UTF-8 bytes where it is a str."""
    return sha256_tag(text.encode() if isinstance(text, str) else text)


def new_salt() -> bytes:
    """32 bytes from the operating system's randomness, to be kept with the document alone."""
    return secrets.token_bytes(SALT_BYTES)


def check_commitment(commitment: str, salt: bytes, document: bytes) -> bool:
    """Whether the commitment stands for this document under this salt. Raises ValueError."""
    return hmac.compare_digest(read_tag(commitment), read_tag(commit(salt, document)))


def time_text(moment: datetime) -> str:
    """An aware moment → RFC 3339 in UTC. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a leaf's time needs a zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(time: str) -> datetime:
    """RFC 3339 in UTC → an aware moment. Raises RecordError leaf-malformed."""
    told = f"time {time!r} is not RFC 3339 in UTC, such as 2026-03-01T09:00:00Z"
    if not isinstance(time, str) or _TIME.fullmatch(time) is None:
        raise _malformed(told)
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        raise _malformed(told) from None


def _check_subject(subject: str) -> None:
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX:
        raise _malformed(f"subject must have 1 to {SUBJECT_CHARS_MAX} characters")
    if not subject.isprintable():
        raise _malformed("subject must be printable text on one line")


def _check_digest(name: str, tag: str | None) -> None:
    try:
        if tag is not None:
            read_tag(tag)
    except (ValueError, TypeError) as error:
        raise _malformed(f"{name}: {error}") from None


def _malformed(detail: str) -> RecordError:
    return RecordError(Refusal.LEAF_MALFORMED, detail)
