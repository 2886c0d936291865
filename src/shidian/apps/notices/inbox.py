"""What the public sends in besides comments: handed to the app that keeps it, by a receipt.

The public site hands a submission over and forgets it. What it keeps is the receipt's hash, a
public word for how far the matter is, and the answer sealed to the receipt: only its holder reads
it.

    @receiver("complaint")
    def take(sent: Sent) -> None: ...        # in the app that keeps complaints

    receipt = submit("complaint", about="P-2026-0001", content={…})
    status_of(receipt)

In the public zone nobody keeps anything: what is submitted is sealed to the internal zone's key,
and handed over there by `take_in`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.errors import DomainError
from shidian.apps.notices.models import SealedSubmission, Submission
from shidian.apps.notices.zones.sealing import is_public_zone, keep_sealed
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

RATE_WINDOW = timedelta(minutes=1)
RATE_MAX = 10
"""Submissions about one thing in a minute; more are asked to come back."""
UNPROVEN_MAX = 3
"""Of these, from browsers that did no work for theirs."""
RATES = {"comment": (30, 5)}
"""Other numbers of both, by kind; in the public zone comments come this way as well."""
FOLLOW_UPS_MAX = 3
"""What one receipt's holder may say further before the internal zone has had it."""
FOLLOW_UPS = frozenset({"complaint.escalation"})
"""Kinds that belong to a submission before."""
REFUSED = "refused"
"""State of what the internal zone did not take; the answer says why."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LETTERS_EACH = 4
_GROUPS = 5
"""Twenty letters of 32: 100 bits, since the answer is sealed with no more than them."""
_NOT_LETTERS = re.compile(r"[^A-Z2-9]")
_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission as its receiver gets it. `content` is as the public site's form checked it."""

    kind: str
    about: str
    receipt_sha256: str
    content: Mapping[str, Any]
    at: datetime
    proven: bool = True
    scanned: bool = True
    """Whether this zone had its files scanned, where a scanner is named."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the holder of a receipt learns."""

    kind: str
    about: str
    received_at: datetime
    state: str
    state_at: datetime
    due_on: date | None
    answer: str


Receiver = TypeVar("Receiver", bound="Callable[[Sent], None]")
_RECEIVERS: dict[str, Callable[[Sent], None]] = {}


def receiver(kind: str) -> Callable[[Receiver], Receiver]:
    """Register who keeps submissions of this kind."""

    def register(function: Receiver) -> Receiver:
        _RECEIVERS[kind] = function
        return function

    return register


@transaction.atomic
def submit(
    kind: str,
    *,
    about: str,
    content: Mapping[str, Any],
    receipt: str = "",
    proven: bool = True,
    at: datetime | None = None,
) -> str:
    """Hand something over to whoever keeps it. Returns the receipt; under it it is taken once.

    `proven`: whether the sender's browser worked for it; of those that did not fewer are taken.

    Raises DomainError: `too-many`, or what the receiver refuses.
    """
    at = at or timezone.now()
    receipt = receipt or new_receipt()
    digest = receipt_sha256(receipt)
    if Submission.objects.filter(receipt_sha256=digest).exists():
        return receipt
    _not_too_fast(kind, about, at, proven=proven)
    sent = Sent(kind, about, digest, content, at, proven)
    _keep_status(sent)
    if is_public_zone():
        keep_sealed(sent, proven=proven)
    else:
        _RECEIVERS[kind](sent)
    return receipt


def _not_too_fast(kind: str, about: str, at: datetime, *, proven: bool) -> None:
    recent = Submission.objects.filter(kind=kind, about=about, received_at__gt=at - RATE_WINDOW)
    most, unproven_most = RATES.get(kind, (RATE_MAX, UNPROVEN_MAX))
    if recent.count() >= most or (
        not proven and recent.filter(proven=False).count() >= unproven_most
    ):
        raise _too_many()


def _too_many() -> DomainError:
    return DomainError(
        "too-many",
        Text(
            zh="当前提交的人较多，请一分钟后再试；您填写的内容请先保存。",
            en="Much is coming in just now: keep your text and try again in a minute.",
        ),
    )


def _keep_status(sent: Sent, state: str = "received") -> None:
    Submission.objects.create(
        receipt_sha256=sent.receipt_sha256,
        kind=sent.kind,
        about=sent.about,
        received_at=sent.at,
        proven=sent.proven,
        state=state,
        state_at=sent.at,
    )


@transaction.atomic
def take_in(sent: Sent) -> None:
    """Hand over what the public zone sealed and sent on; the same one again changes nothing.

    What its receiver refuses, and what has no receiver here, has the status `refused`: the sender
    learns it, and what came with it is not kept.
    """
    follows = sent.kind in FOLLOW_UPS
    if not follows:
        if Submission.objects.filter(receipt_sha256=sent.receipt_sha256).exists():
            return
        _keep_status(sent)
    try:
        _check_key(sent.content.get("sealing_key"))
        with transaction.atomic():
            _RECEIVERS[sent.kind](sent)
    except (ValueError, LookupError, TypeError) as refusal:
        if not follows:
            tell(sent.receipt_sha256, state=REFUSED, at=timezone.now(), answer=_why(sent, refusal))


def _check_key(key: object) -> None:
    """An answer is sealed to it one day. Raises ValueError where that would fail."""
    if key is not None and len(base64.b64decode(str(key), validate=True)) != _KEY_BYTES:
        raise ValueError("not a key that an answer can be sealed to")


def _why(sent: Sent, refusal: Exception) -> str | None:
    """In both languages, sealed to the receipt where the submission names the key for it."""
    key = sent.content.get("sealing_key")
    if not isinstance(key, str) or not isinstance(refusal, ValueError):
        return None
    text = getattr(refusal, "text", None)
    said = f"{text.zh}\n{text.en}" if isinstance(text, Text) else str(refusal)
    try:
        return seal(said, key)
    except ValueError:
        return None


def follow_up(kind: str, receipt: str, content: Mapping[str, Any]) -> bool:
    """Hand over what the holder of a receipt says afterwards; False where there is no such receipt.

    Raises what the receiver refuses with.
    """
    digest = receipt_sha256(receipt)
    known = Submission.objects.filter(receipt_sha256=digest).first()
    if known is None:
        return False
    sent = Sent(kind, known.about, digest, content, timezone.now())
    if is_public_zone():
        if SealedSubmission.objects.filter(receipt_sha256=digest).count() >= FOLLOW_UPS_MAX:
            raise _too_many()
        keep_sealed(sent, proven=True)
    else:
        _RECEIVERS[kind](sent)
    return True


def is_on_its_way(receipt: str) -> bool:
    """Whether something of this receipt waits here for the internal zone."""
    return SealedSubmission.objects.filter(receipt_sha256=receipt_sha256(receipt)).exists()


def tell(
    receipt_digest: str,
    *,
    state: str,
    at: datetime,
    due_on: date | None = None,
    answer: str | None = None,
) -> None:
    """Say how far a submission is. `answer`: sealed already, by `seal`; None leaves it."""
    changed: dict[str, object] = {"state": state, "state_at": at, "due_on": due_on}
    if answer is not None:
        changed["answer"] = answer
    Submission.objects.filter(receipt_sha256=receipt_digest).update(**changed)


def status_of(receipt: str) -> Status | None:
    """How far it is, for who holds the receipt; None where there is none of that number."""
    known = Submission.objects.filter(receipt_sha256=receipt_sha256(receipt)).first()
    if known is None:
        return None
    return Status(
        kind=known.kind,
        about=known.about,
        received_at=known.received_at,
        state=known.state,
        state_at=known.state_at,
        due_on=known.due_on,
        answer=opened(known.answer, receipt) if known.answer else "",
    )


def new_receipt() -> str:
    """A receipt that cannot be guessed: `T-XXXX-XXXX-XXXX-XXXX-XXXX`."""
    groups = (secrets.SystemRandom().choices(_LETTERS, k=_LETTERS_EACH) for _ in range(_GROUPS))
    return "-".join(("T", *("".join(group) for group in groups)))


def plain_receipt(receipt: str) -> str:
    """The letters alone, however they were typed."""
    return _NOT_LETTERS.sub("", receipt.upper().removeprefix("T-"))[-_LETTERS_EACH * _GROUPS :]


def receipt_sha256(receipt: str) -> str:
    """By what a submission is known."""
    return hashlib.sha256(plain_receipt(receipt).encode()).hexdigest()


def sealing_key(receipt: str) -> str:
    """The key to which answers are sealed, base64; kept beside the matter, never on the site."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shidian.answer.1")
    return base64.b64encode(derived.derive(plain_receipt(receipt).encode())).decode()


def seal(text: str, key: str) -> str:
    """The text under the key of `sealing_key`, AES-256-GCM, base64 of nonce and ciphertext."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(base64.b64decode(key)).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + sealed).decode()


def opened(sealed: str, receipt: str) -> str:
    """The text that was sealed to the receipt. Raises ValueError where it was not."""
    raw = base64.b64decode(sealed)
    key = base64.b64decode(sealing_key(receipt))
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
    except InvalidTag:
        raise ValueError("this answer was sealed to another receipt") from None
