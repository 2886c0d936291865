"""The internal zone's side of what the public sent: opened, and handed to whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shidian.apps.notices import inbox
from shidian.core.bundle import BundleError
from shidian.core.bundle.sealing import opened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_log = structlog.get_logger("shidian.zones")


class Submitted(BaseModel):
    """What was sealed. The public zone may be in a stranger's hands: nothing of it is believed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(max_length=32)
    about: str = Field(max_length=128)
    receipt_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    content: dict[str, Any]
    proven: bool
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Taken:
    """How many items there were, and how many of them nobody could read."""

    items: int
    unread: int


def take(items: Iterable[dict[str, Any]], key: X25519PrivateKey, *, made_at: datetime) -> Taken:
    """Open each item and hand it over. What cannot be read is counted and left: it was spoiled in
    the public zone before it was signed, and no second sending would mend it.

    In the caller's transaction; one that is refused (too late, a pilot that is none) is told to its
    sender by the status.
    """
    count = unread = 0
    for item in items:
        count += 1
        try:
            sent = Submitted.model_validate(opened(str(item.get("sealed", "")), key))
        except (BundleError, ValidationError) as error:
            unread += 1
            # Its first line alone: a validator's text may quote what it was given.
            why = error.name if isinstance(error, BundleError) else "no submission"
            _log.error("a submission cannot be read", item=count, why=why)
            continue
        _take(sent, made_at)
    return Taken(count, unread)


def _take(sent: Submitted, made_at: datetime) -> None:
    # Nothing was sent after the bundle was made, nor will it be, whatever it says.
    at = min(sent.at, made_at, timezone.now())
    handed = inbox.Sent(
        sent.kind,
        sent.about,
        sent.receipt_sha256,
        sent.content,
        at,
        proven=sent.proven,
        scanned=False,
    )
    with transaction.atomic():
        inbox.take_in(handed)
