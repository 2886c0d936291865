"""Which tables of the national body are append-only, and in which columns they are not."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.national import models

GUARDS = (
    Guard(
        models.Dispatch,
        # Whose it is, and under which rule, stays; the draft and how far it is move.
        mutable=(
            *("subject", "text", "figures", "first", "last", "edition", "drafted_by", "drafted_at"),
            *("state", "due", "sent_at", "answered_at", "rulebook_version"),
        ),
    ),
    Guard(models.DispatchVersion),
    Guard(models.DispatchStep),
    Guard(models.RiskTip, mutable=("lifted_at",)),
    Guard(models.TipAddressee, mutable=("answered_at",)),
    Guard(models.TipStep),
)
