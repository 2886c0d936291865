"""A comment from the public site: taken at once where the case is, sealed and sent on elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.notices import inbox
from shidian.apps.notices.comment_words import CommentProgress
from shidian.apps.notices.domain.comments import new_receipt, receive_comment
from shidian.apps.notices.files import given_in
from shidian.apps.notices.models import CommentState
from shidian.apps.notices.zones.sealing import is_public_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.notices.files import Given

_RECEIPT = re.compile(r"C-[0-9]{4}(-[A-HJ-NP-Z2-9]{4}){5}")


def comment_receipt(at: datetime) -> str:
    """A receipt for one comment. In the public zone it is what its status is found by, and as long
    as a complaint's: whoever copies that zone's tables must not find it by trying."""
    if not is_public_zone():
        return new_receipt(at)
    return f"C-{timezone.localtime(at).year}-{inbox.new_receipt().removeprefix('T-')}"


@transaction.atomic
def hand_in_comment(
    *,
    notice: str,
    body: str,
    name: str,
    contact: str,
    receipt: str,
    proven: bool,
    files: Sequence[Given] = (),
) -> str:
    """Hand over a comment on a notice, by its slug. Returns its receipt.

    Raises DomainError (a `ValueError`) as `receive_comment` and `inbox.submit` do.
    """
    if not is_public_zone():
        taken = receive_comment(
            notice=notice,
            body=body,
            name=name,
            contact=contact,
            receipt=receipt,
            proven=proven,
            files=files,
        )
        return taken.receipt
    content = {
        "body": body,
        "name": name,
        "contact": contact,
        "receipt": receipt,
        "sealing_key": inbox.sealing_key(receipt),
        "files": [one.as_content() for one in files],
    }
    return inbox.submit("comment", about=notice, content=content, receipt=receipt, proven=proven)


@inbox.receiver("comment")
def take(sent: inbox.Sent) -> None:
    """From the public zone. Its time is when it was sent there, and so is its day in the window.

    Raises DomainError, ValueError where its receipt is not one of a comment, or another's.
    """
    receipt = str(sent.content["receipt"])
    if not _RECEIPT.fullmatch(receipt) or inbox.receipt_sha256(receipt) != sent.receipt_sha256:
        raise ValueError("not the receipt that it came under")
    comment = receive_comment(
        notice=sent.about,
        body=str(sent.content["body"]),
        name=str(sent.content["name"]),
        contact=str(sent.content["contact"]),
        receipt=receipt,
        proven=sent.proven,
        files=given_in(sent.content, scanned=sent.scanned),
        sent_at=sent.at,
    )
    published = comment.state == CommentState.PUBLISHED
    state = CommentProgress.PUBLISHED if published else CommentProgress.TAKEN
    inbox.tell(sent.receipt_sha256, state=state, at=timezone.now())
