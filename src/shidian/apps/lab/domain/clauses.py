"""From pilot to clause: record what a pilot met with, propose the sentence that would end it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import uploads
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.cases.scanning import scanned
from shidian.apps.lab.domain.drafting import newest_revision
from shidian.apps.lab.domain.recording import OFFICES, locked_draft, must_be_in, record
from shidian.apps.lab.errors import refuse
from shidian.apps.lab.models import (
    Difficulty,
    DraftEventKind,
    DraftState,
    Evidence,
    EvidenceKind,
    Wording,
    WordingGround,
)
from shidian.apps.supervision.models import AlertEpisode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.lab.models import RulebookDraft
    from shidian.apps.supervision.models import Pilot
    from shidian.core.rulebook.model import Clause, Rulebook

TEXT_LENGTH_MAX = 5_000
WORDING_LENGTH_MAX = 10_000
DIFFICULTIES_MAX = 500
"""Difficulties kept of one pilot."""
EVIDENCE_MAX = 10
"""Pieces of evidence with one difficulty."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence to be kept: an account, an alert's episode, an indicator or a file."""

    kind: EvidenceKind
    text: str = ""
    reference: str = ""
    upload: File[Any] | None = None


def clause_of(rulebook: Rulebook, clause: str) -> Clause | None:
    """The clause of that id, where the rulebook names it."""
    return next((one for one in rulebook.clauses if one.id == clause), None)


@scanned("evidence")
@transaction.atomic
def record_difficulty(
    *,
    pilot: Pilot,
    clause: str,
    text: str,
    by: Person,
    evidence: Sequence[Piece] = (),
    at: datetime | None = None,
) -> Difficulty:
    """Keep what a pilot met with under a clause that its rulebook names.

    Preconditions: `by` drafts or signs for the lead institution, or handles the case as an officer.
    Effects: the difficulty with its evidence, both kept for good; documents are stored by their
    hash, their type found in their bytes. Nothing of it is public before a draft that rests on it
    is decided, and then only that the pilot moved the sentence. Raises DomainError (`no-clause`,
    `text`, `too-many`, `no-such-alert`, `no-such-indicator`, `wrong-type`, `too-large`,
    `empty-file`), ForbiddenError.
    """
    at = at or timezone.now()
    case = pilot.case
    if not allows(by, Permission.DIFFICULTY_RECORD, case):
        raise ForbiddenError
    if clause_of(case.rulebook, clause) is None:
        raise refuse(
            "no-clause",
            "本案适用的制度文本没有这一条款。",
            "The rulebook that governs the case names no such clause.",
            "clause",
        )
    if not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise refuse(
            "text",
            f"请写明遇到的困难，不超过 {TEXT_LENGTH_MAX} 字。",
            f"Write what you met with, at most {TEXT_LENGTH_MAX:,} characters.",
            "text",
        )
    full = Difficulty.objects.filter(pilot=pilot).count() >= DIFFICULTIES_MAX
    if full or len(evidence) > EVIDENCE_MAX:
        raise refuse(
            "too-many",
            "记录已达上限：请合并同类内容。",
            "No more can be kept: put what is alike into one record.",
        )
    offices = authorities_handling(by, case.scheme_id, *OFFICES)
    difficulty = Difficulty.objects.create(
        scheme=case.scheme,
        pilot=pilot,
        clause=clause,
        rulebook_digest=case.rulebook_version.digest,
        text=text.strip(),
        recorded_by=by,
        institution=None if offices else case.lead,
        authority=offices[0].local_id if offices else "",
        recorded_at=at,
    )
    for piece in evidence:
        _keep(difficulty, piece, at)
    return difficulty


@transaction.atomic
def propose_wording(
    *,
    draft: RulebookDraft,
    clause: str,
    new_zh: str,
    new_en: str,
    because: str,
    by: Person,
    because_en: str = "",
    difficulties: Collection[int] = (),
    at: datetime | None = None,
) -> Wording:
    """Propose the sentence that a clause should read, resting on pilots' difficulties.

    Preconditions: state draft; the base or the draft's text names the clause. `difficulties`: ids
    of difficulties with this clause, of this scheme. Effects: a new version of the clause's
    wording; approvals of another wording no longer stand. Event: wording.proposed. Raises
    DomainError (`no-clause`, `text`, `reason-missing`, `wrong-ground`, `wrong-state`),
    ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    must_be_in(locked, DraftState.DRAFT)
    rule = clause_of(locked.base.rulebook, clause) or _clause_in_draft(locked, clause)
    if rule is None:
        raise refuse("no-clause", "没有这一条款。", "There is no such clause.", "clause")
    _well_worded(new_zh, new_en, because)
    grounds = _grounds(locked, clause, difficulties)
    newest = locked.wordings.filter(clause=clause).aggregate(newest=Max("version"))["newest"] or 0
    wording = Wording.objects.create(
        draft=locked,
        clause=clause,
        version=newest + 1,
        old_zh=rule.text.zh,
        old_en=rule.text.en,
        new_zh=new_zh.strip(),
        new_en=new_en.strip(),
        because_zh=because.strip(),
        because_en=because_en.strip(),
        written_by=by,
        written_at=at,
    )
    WordingGround.objects.bulk_create(
        WordingGround(wording=wording, difficulty=one) for one in grounds
    )
    data = {
        "clause": clause,
        "version": wording.version,
        "pilots": sorted({one.pilot.public_id for one in grounds}),
    }
    record(locked, DraftEventKind.WORDED, by=by, at=at, data=data)
    draft.refresh_from_db()
    return wording


def _grounds(draft: RulebookDraft, clause: str, ids: Collection[int]) -> list[Difficulty]:
    """The difficulties of these ids. Raises DomainError where one is not about this clause."""
    known = Difficulty.objects.filter(pk__in=list(ids), scheme=draft.scheme, clause=clause)
    grounds = list(known)
    if len(grounds) != len(set(ids)):
        raise refuse(
            "wrong-ground",
            "所选困难不属于本条款。",
            "A chosen difficulty is not about this clause.",
            "difficulties",
        )
    return grounds


def _clause_in_draft(draft: RulebookDraft, clause: str) -> Clause | None:
    from shidian.apps.lab.checking import check_text

    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    return clause_of(loaded.rulebook, clause) if loaded else None


def _well_worded(new_zh: str, new_en: str, because: str) -> None:
    if (
        not new_zh.strip()
        or not new_en.strip()
        or max(len(new_zh), len(new_en)) > (WORDING_LENGTH_MAX)
    ):
        raise refuse(
            "text",
            "请以中英文写明拟修改的条文。",
            "Write the proposed sentence in both languages.",
            "new_zh" if not new_zh.strip() else "new_en",
        )
    if not because.strip():
        raise refuse("reason-missing", "请写明理由。", "Give the reason.", "because")


def _keep(difficulty: Difficulty, piece: Piece, at: datetime) -> None:
    row = Evidence(
        difficulty=difficulty,
        kind=piece.kind,
        text=piece.text.strip()[:TEXT_LENGTH_MAX],
        reference=piece.reference,
        at=at,
    )
    if piece.kind == EvidenceKind.ALERT:
        _must_be_of(difficulty.pilot, piece.reference)
    elif piece.kind == EvidenceKind.INDICATOR:
        names = {one.id for one in difficulty.pilot.case.rulebook.indicators}
        if piece.reference not in names:
            raise refuse(
                "no-such-indicator", "没有这一指标。", "There is no such indicator.", "indicator"
            )
    elif piece.kind == EvidenceKind.FILE:
        _keep_file(row, piece)
    row.save(force_insert=True)


def _must_be_of(pilot: Pilot, episode: str) -> None:
    if not AlertEpisode.objects.filter(pilot=pilot, episode=episode).exists():
        raise refuse(
            "no-such-alert", "本试点没有这一告警。", "The pilot has no such alert.", "alert"
        )


def _keep_file(row: Evidence, piece: Piece) -> None:
    upload = piece.upload
    if upload is None or not upload.size:
        raise refuse("empty-file", "文件是空的。", "The file is empty.", "file")
    mib = int(settings.UPLOAD_SIZE_MAX_MIB)
    if upload.size > mib * 2**20:
        raise refuse(
            "too-large", f"文件超过 {mib} MiB。", f"The file is larger than {mib} MiB.", "file"
        )
    if uploads.sniff(upload) is None:
        raise refuse(
            "wrong-type",
            "文件内容不是可接受的类型：可用 PDF、PNG、JPEG、DOCX、XLSX。",
            "The file's contents are not of an accepted type: PDF, PNG, JPEG, DOCX or XLSX.",
            "file",
        )
    row.name = PurePath((upload.name or "file").replace("\\", "/")).name[:200]
    row.size_bytes = upload.size
    row.sha256 = uploads.digest_of(upload)
    uploads.keep(upload, row.path)
