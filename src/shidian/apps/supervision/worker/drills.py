"""Certificates of exit drills go to the notary, and with its signature on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.domain.exits import certify_drill
from shidian.apps.supervision.models import ExitDrill

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH_MAX = 50


def sign_drills(sign: Callable[[str], tuple[str, str]]) -> int:
    """Have `sign` sign what is not signed, oldest first; how many were. Two workers at once: the

    second signature is dropped. Raises RecordError where the notary cannot be reached.
    """
    waiting = ExitDrill.objects.filter(signed_at=None).select_related("case").order_by("pk")
    done = 0
    for drill in waiting[:BATCH_MAX]:
        signature, public_key = sign(drill.certificate)
        done += certify_drill(drill=drill, signature=signature, public_key=public_key)
    return done
