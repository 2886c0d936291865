"""What the public sends in besides comments: handed to the app that keeps it, by a receipt.

The public site hands a submission over and forgets it. What it keeps is the receipt's hash, a
public word for how far the matter is, and the answer sealed to the receipt: only its holder reads
it.

    @receiver("complaint")
    def take(sent: Sent) -> None: ...        # in the app that keeps complaints

    receipt = submit("complaint", about="P-2026-0001", content={…})
    status_of(receipt)
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
from shidian.apps.notices.models import Submission
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

RATE_WINDOW = timedelta(minutes=1)
RATE_MAX = 10
"""Submissions about one thing in a minute; more are asked to come back."""
UNPROVEN_MAX = 3
"""Of these, from browsers that did no work for theirs."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LETTERS_EACH = 4
_GROUPS = 5
"""Twenty letters of 32: 100 bits, since the answer is sealed with no more than them."""
_NOT_LETTERS = re.compile(r"[^A-Z2-9]")
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission as its receiver gets it. `content` is as the public site's form checked it."""

    kind: str
    about: str
    receipt_sha256: str
    content: Mapping[str, Any]
    at: datetime


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
    recent = Submission.objects.filter(about=about, received_at__gt=at - RATE_WINDOW)
    if recent.count() >= RATE_MAX or (
        not proven and recent.filter(proven=False).count() >= UNPROVEN_MAX
    ):
        raise DomainError(
            "too-many",
            Text(
                zh="当前提交的人较多，请一分钟后再试；您填写的内容请先保存。",
                en="Much is coming in just now: keep your text and try again in a minute.",
            ),
        )
    Submission.objects.create(
        receipt_sha256=digest,
        kind=kind,
        about=about,
        received_at=at,
        proven=proven,
        state="received",
        state_at=at,
    )
    _RECEIVERS[kind](Sent(kind, about, digest, content, at))
    return receipt


def follow_up(kind: str, receipt: str, content: Mapping[str, Any]) -> bool:
    """Hand over what the holder of a receipt says afterwards; False where there is no such receipt.

    Raises what the receiver refuses with.
    """
    digest = receipt_sha256(receipt)
    known = Submission.objects.filter(receipt_sha256=digest).first()
    if known is None:
        return False
    _RECEIVERS[kind](Sent(kind, known.about, digest, content, timezone.now()))
    return True


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
