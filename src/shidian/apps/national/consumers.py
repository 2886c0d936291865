"""What the national body's room does about outbox rows: a published tip has its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.outbox import on
from shidian.apps.national.models import RiskTip
from shidian.apps.national.publish import publish_tip

if TYPE_CHECKING:
    from shidian.apps.cases.models import Outbox


@on("snapshot.tip", name="national.tips")
def publish(row: Outbox) -> None:
    """The page of a published tip is stale."""
    for tip in RiskTip.objects.filter(reference=row.payload.get("tip", "")):
        if tip.is_public:
            publish_tip(tip)
