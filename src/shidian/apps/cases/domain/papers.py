"""An officer notes a document that was handed in on paper, or strikes such a note.

As in `deciding.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.papers import SCAN, SECTION
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.types import Json, Verb

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.domain.perform import Performed
    from shidian.apps.cases.models import Case


@scanned("scan")
@transaction.atomic
def note_paper(
    *,
    case: Case,
    material: str,
    received: date,
    handed_by: str,
    kept_at: str,
    by: Person,
    scan: File[Any] | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Note a required document as received on paper; it counts as handed in. Event: paper.noted.

    Effects: a scan is kept, its SHA-256 is in the event.
    """
    at = at or timezone.now()
    if not allows(by, Permission.CASE_HANDLE, case):
        raise ForbiddenError
    data: dict[str, Json] = {
        "material": material,
        "received": received.isoformat(),
        "handed_by": handed_by,
        "kept_at": kept_at,
    }
    if scan is not None and any(one.id == material for one in case.rulebook.materials):
        kept = keep_file(
            case=case, section=SECTION, rule=SCAN, upload=scan, question=material, by=by, at=at
        )
        data["sha256"] = kept.sha256
    return do(Verb.NOTE_PAPER, case, data, by=by, at=at, expected_seq=expected_seq)


def strike_paper(
    *,
    case: Case,
    material: str,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Take the note back: the document counts as not handed in. Event: paper.struck."""
    data: dict[str, Json] = {"material": material, "reason": reason}
    return do(Verb.STRIKE_PAPER, case, data, by=by, at=at, expected_seq=expected_seq)
