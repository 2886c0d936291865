"""An order's canonical text: what officers approve and the firm receives, one sequence of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.errors import SupervisionError
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.order import OrderDocument, OrderError, OrderKind, Reason, canonical

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.supervision.models import Order


def text_of(order: Order, *, follows: Order | None, issued_at: datetime) -> str:
    """The canonical text that the order bears from its first approval on.

    Raises SupervisionError where what was written cannot be sent, as a value that is no decimal.
    """
    try:
        document = OrderDocument(
            id=order.public_id,
            project=order.pilot.public_id,
            kind=OrderKind(order.kind),
            reason=Reason(order.reason_zh, order.reason_en),
            basis=order.basis,
            authority=order.authority_local_id,
            rules_digest=order.rules_digest,
            issued_at=issued_at,
            plan=order.plan,
            follows=follows.public_id if follows else None,
        )
    except OrderError as error:
        raise SupervisionError(
            _("This order cannot be sent: %(problem)s. Propose it anew.") % {"problem": error}
        ) from error
    return canonical(document).decode()


def digest_of(text: str) -> str:
    """The digest of a canonical text, as the wire names it."""
    return sha256_tag(text.encode())
