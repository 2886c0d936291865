"""What officers approve: one hash over everything that the draft puts forward."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from shidian.apps.lab.models import Wording
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.lab.models import Approval, CheckResult, ExplanatoryNote, RulebookDraft

APPROVALS_NEEDED = 2


def newest_note(draft: RulebookDraft) -> ExplanatoryNote | None:
    """The newest version of the explanatory note."""
    return draft.notes.order_by("-number").first()


def newest_wordings(draft: RulebookDraft) -> list[Wording]:
    """The newest wording of each clause, by clause."""
    rows = (
        Wording.objects.filter(draft=draft)
        .order_by("version")
        .prefetch_related("grounds__difficulty__pilot")
    )
    return sorted({row.clause: row for row in rows}.values(), key=lambda row: row.clause)


def dossier_sha256(draft: RulebookDraft, check: CheckResult) -> str:
    """SHA-256 of the text, what it resolves to, the wordings and the note, in hex."""
    note = newest_note(draft)
    whole = {
        "text": check.revision.sha256,
        "digest": check.digest,
        "note": note.sha256 if note else "",
        "wordings": [[one.clause, one.new_zh, one.new_en] for one in newest_wordings(draft)],
    }
    return hashlib.sha256(canonical.dumps(whole)).hexdigest()


def standing(approvals: Sequence[Approval], dossier: str) -> list[Approval]:
    """Those of the approvals that were given to this very dossier."""
    return [one for one in approvals if one.dossier_sha256 == dossier]


def is_approved(approvals: Sequence[Approval]) -> bool:
    """Whether two officers have approved, the second of them as a signing officer."""
    people = {one.by_id for one in approvals}
    return len(people) >= APPROVALS_NEEDED and any(one.signing for one in approvals[1:])
