"""Writing the explanatory note: generated from the draft and its grounds, remarked upon."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain.drafting import newest_revision
from shidian.apps.lab.domain.recording import locked_draft, must_be_in, record
from shidian.apps.lab.dossier import newest_note, newest_wordings
from shidian.apps.lab.errors import refuse
from shidian.apps.lab.models import DraftEventKind, DraftState, ExplanatoryNote
from shidian.apps.lab.note import Inputs, generate
from shidian.apps.lab.whatif import SEED, what_if
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.lab.models import DraftRevision, RulebookDraft

REMARKS_LENGTH_MAX = 20_000


@transaction.atomic
def write_note(
    *,
    draft: RulebookDraft,
    by: Person,
    remarks: str = "",
    remarks_en: str = "",
    seed: int = SEED,
    at: datetime | None = None,
) -> ExplanatoryNote:
    """Generate the note of the draft's newest text anew and put the officers' remarks to it.

    Preconditions: state draft; the text can be read as rules. The body is a function of the base,
    the text, the wordings with their grounds, and the simulation's seed and number, all of which it
    names. Writing what is there already writes nothing. Effects: a new version of the note;
    approvals of another one no longer stand. Event: note.written. Raises DomainError
    (`wrong-state`, `unsound`, `text`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    must_be_in(locked, DraftState.DRAFT)
    if max(len(remarks), len(remarks_en)) > REMARKS_LENGTH_MAX:
        raise refuse(
            "text",
            f"说明不超过 {REMARKS_LENGTH_MAX} 字。",
            f"Remarks have at most {REMARKS_LENGTH_MAX:,} characters.",
            "remarks",
        )
    revision = newest_revision(locked)
    body = _generated(locked, revision, seed)
    whole = {"body": body, "remarks": {"zh": remarks.strip(), "en": remarks_en.strip()}}
    sha256 = hashlib.sha256(canonical.dumps(whole)).hexdigest()
    last = newest_note(locked)
    if last is not None and last.sha256 == sha256 and last.revision_id == revision.pk:
        return last
    note = ExplanatoryNote.objects.create(
        draft=locked,
        revision=revision,
        number=(last.number if last else 0) + 1,
        body=body,
        remarks_zh=remarks.strip(),
        remarks_en=remarks_en.strip(),
        sha256=sha256,
        written_by=by,
        written_at=at,
    )
    data = {"note": note.number, "sha256": sha256, "revision": revision.number}
    record(locked, DraftEventKind.NOTED, by=by, at=at, data=data)
    draft.refresh_from_db()
    return note


def _generated(draft: RulebookDraft, revision: DraftRevision, seed: int) -> dict[str, Any]:
    """The body of the note. Raises DomainError where the text cannot be read as rules."""
    loaded = check_text(draft.scheme, revision.text).loaded
    if loaded is None:
        raise refuse(
            "unsound",
            "文本尚不能读作制度文本：请先改正错误。",
            "The text cannot be read as rules yet: mend its errors first.",
        )
    return generate(
        Inputs(
            base=draft.base,
            draft=loaded,
            wordings=newest_wordings(draft),
            figures=what_if(draft.base, loaded, seed=seed),
        )
    )
