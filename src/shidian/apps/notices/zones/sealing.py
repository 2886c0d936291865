"""The public zone's side of what the public sends: sealed before anything of it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian import zone_keys
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices.models import SealedSubmission
from shidian.config import settings
from shidian.core.bundle import Zone
from shidian.core.bundle.sealing import seal
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.apps.notices.inbox import Sent

WAITING_MAX = 20_000
"""Sealed submissions that may wait for the other zone: a flood must not fill the disk."""


def is_public_zone() -> bool:
    """Whether submissions are sealed here and carried on, rather than taken."""
    return settings().zone == "public"


def keep_sealed(sent: Sent, *, proven: bool) -> None:
    """Keep a submission until the internal zone has it; nobody here can read it from now on.

    Raises DomainError `not-ready` where no key to seal to is known, `too-many` where too many wait.
    """
    try:
        card = zone_keys.peer(settings().keys, Zone.PUBLIC)
    except (LookupError, ValueError, OSError) as error:
        raise _refused("not-ready") from error
    if card.sealing is None or SealedSubmission.objects.count() >= WAITING_MAX:
        raise _refused("too-many")
    content = {
        "kind": sent.kind,
        "about": sent.about,
        "receipt_sha256": sent.receipt_sha256,
        "content": dict(sent.content),
        "proven": proven,
        "at": sent.at.isoformat(),
    }
    SealedSubmission.objects.create(
        receipt_sha256=sent.receipt_sha256, sealed=seal(content, card.sealing), at=sent.at
    )


def _refused(code: str) -> DomainError:
    return DomainError(
        code,
        Text(
            zh="本站暂时无法接收，请稍后再试；您填写的内容请先保存。",
            en="Nothing can be taken here just now: keep your text and try again later.",
        ),
    )
