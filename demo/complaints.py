"""What someone says went wrong with a pilot, sent as the public site sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.notices import inbox
from shidian.apps.supervision.models import Complaint

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.cases.models import Case


def complain(
    case: Case, at: datetime, category: str, text: str, *, channel: str = "institution"
) -> Complaint:
    """Someone complains about the case's pilot; nobody keeps the receipt."""
    receipt = inbox.new_receipt()
    content = {
        "channel": channel,
        "category": category,
        "body": text,
        "contact": "",
        "share_contact": False,
        "sealing_key": inbox.sealing_key(receipt),
    }
    inbox.submit("complaint", about=case.pilot.public_id, content=content, receipt=receipt, at=at)
    return Complaint.objects.get(receipt_sha256=inbox.receipt_sha256(receipt))
