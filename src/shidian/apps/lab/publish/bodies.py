"""Bodies of the lab's public pages, in one language each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain.clauses import clause_of
from shidian.apps.lab.meaning import changes
from shidian.apps.lab.models import DraftEvent, DraftEventKind, DraftState, Wording
from shidian.apps.notices.models import CommentState
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.publish.cases import comment_counts, comment_line
from shidian.apps.supervision.publish.language import Language, name, text, title
from shidian.apps.supervision.publish.schemes import text_body

if TYPE_CHECKING:
    from shidian.apps.cases.models import RulebookVersion, Scheme
    from shidian.apps.lab.models import Consultation, ExplanatoryNote
    from shidian.apps.notices.bodies import (
        ClauseLine,
        ClauseMove,
        ClausesBody,
        DraftNoticeBody,
        NoteBody,
        PilotLine,
    )
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Clause, Rulebook

NOT_IN_FORCE = {
    "zh": "征求意见稿：本文本尚未发布，不具有效力。",
    "en": "Draft for comment: this text has not been published and is not in force.",
}


def loaded_of(consultation: Consultation) -> Loaded:
    """The rules that were put out. Raises ValueError where what they extend no longer loads."""
    loaded = check_text(consultation.draft.scheme, consultation.revision.text).loaded
    if loaded is None:
        raise ValueError(f"{consultation.notice.slug}: the text put out can no longer be read")
    return loaded


def draft_notice_body(consultation: Consultation, language: Language) -> DraftNoticeBody:
    """The notice of a draft: text, what changes, the note, comments with answers, the summary."""
    notice, draft = consultation.notice, consultation.draft
    comments = notice.comments.filter(state=CommentState.PUBLISHED).order_by("received_at", "pk")
    loaded = loaded_of(consultation)
    summary_en = consultation.summary_en or consultation.summary_zh
    leads = draft.scheme.parts.filter(role="lead").select_related("authority")
    return {
        "slug": notice.slug,
        "about": "draft",
        "case": "",
        "scheme": draft.scheme.slug,
        "scheme_title": title(draft.scheme, language),
        "zone": loaded.rulebook.zone,
        "title": title(notice, language),
        "text": notice.body_zh if language == "zh" or not notice.body_en else notice.body_en,
        "sha256": notice.sha256,
        "lead": ("、" if language == "zh" else ", ").join(
            name(part.authority, language) for part in leads
        ),
        "partners": [],
        "opens_on": notice.opens_on.isoformat(),
        "closes_on": notice.closes_on.isoformat() if notice.closes_on else "",
        "comments_taken": notice.comments_taken,
        "premoderation": notice.premoderation,
        "comments": [comment_line(comment, language) for comment in comments],
        "base_version": draft.base.version,
        "draft_version": loaded.rulebook.version,
        "draft_digest": loaded.digest,
        "changes": [text(one.text, language) for one in changes(draft.base, loaded)],
        "note": note_body(consultation.note, language),
        "summary": consultation.summary_zh if language == "zh" else summary_en,
        "counts": comment_counts(notice),
    }


def note_body(note: ExplanatoryNote, language: Language) -> NoteBody:
    """The explanatory note in one language, without the lines that are the officers' own."""
    remarks_en = note.remarks_en or note.remarks_zh
    return {
        "sections": [
            {
                "title": section["title"][language],
                "lines": [line[language] for line in section["lines"]],
            }
            for section in note.body["sections"]
        ],
        "remarks": note.remarks_zh if language == "zh" else remarks_en,
        "made_from": {key: str(value) for key, value in note.body["made_from"].items()},
        "sha256": note.sha256,
    }


def draft_text_body(consultation: Consultation, language: Language) -> dict[str, object]:
    """The rules that were put out, read like law, marked as not in force."""
    body = text_body(loaded_of(consultation), language)
    return {
        **body,
        "disclaimer": NOT_IN_FORCE[language],
        "notice": consultation.notice.slug,
        "notice_title": title(consultation.notice, language),
    }


def clauses_body(scheme: Scheme, language: Language) -> ClausesBody:
    """Each clause under test: what it says, who tests it, which pilot changed which sentence.

    Of what was proposed only what was decided is public: adopted with its version, or rejected with
    the reason. Difficulties themselves stay inside.
    """
    versions = list(scheme.rulebooks.defer("document").order_by("-pk"))
    newest = loaded_rulebook(versions[0].pk, versions[0].digest).rulebook if versions else None
    moves = _moves(scheme, language)
    testing = _testing(scheme, language)
    gone = sorted(set(moves) - {one.id for one in (newest.clauses if newest else ())})
    return {
        "scheme": scheme.slug,
        "scheme_title": title(scheme, language),
        "version": newest.version if newest else "",
        "clauses": [
            _line(newest, clause, moves, testing, language)
            for clause in (newest.clauses if newest else ())
        ]
        + [_gone(versions, clause, moves, language) for clause in gone],
    }


def _line(
    rulebook: Rulebook | None,
    clause: Clause,
    moves: dict[str, list[ClauseMove]],
    testing: dict[str, list[PilotLine]],
    language: Language,
) -> ClauseLine:
    source = rulebook.sources.get(clause.source) if rulebook else None
    return {
        "id": clause.id,
        "title": text(clause.title, language),
        "text": text(clause.text, language),
        "question": text(clause.question, language) if clause.question else "",
        "source": text(source.title, language) if source else clause.source,
        "article": _article(clause.article or "", language),
        "pilots": testing.get(clause.id, []),
        "moves": moves.get(clause.id, []),
    }


def _article(number: str, language: Language) -> str:
    """A bare number is given its word; whatever names itself (an annex, a section) stays."""
    if not number[:1].isdigit():
        return number
    return f"第{number}条" if language == "zh" else f"Article {number}"


def _gone(
    versions: list[RulebookVersion],
    clause_id: str,
    moves: dict[str, list[ClauseMove]],
    language: Language,
) -> ClauseLine:
    """A clause that the newest rules no longer name, as the last version that did had it."""
    for version in versions:
        rulebook = loaded_rulebook(version.pk, version.digest).rulebook
        clause = clause_of(rulebook, clause_id)
        if clause is not None:
            return _line(rulebook, clause, moves, {}, language)
    return {
        "id": clause_id,
        "title": clause_id,
        "text": "",
        "question": "",
        "source": "",
        "article": "",
        "pilots": [],
        "moves": moves[clause_id],
    }


def _testing(scheme: Scheme, language: Language) -> dict[str, list[PilotLine]]:
    """Pilots by the clauses that the rules of their case put to the test."""
    found: dict[str, list[PilotLine]] = defaultdict(list)
    pilots = (
        Pilot.objects.filter(case__scheme=scheme)
        .select_related("case__rulebook_version")
        .defer("case__rulebook_version__document")
    )
    for pilot in pilots:
        for clause in pilot.case.rulebook.clauses:
            found[clause.id].append(
                {"public_id": pilot.public_id, "title": title(pilot.case, language)}
            )
    return found


def _moves(scheme: Scheme, language: Language) -> dict[str, list[ClauseMove]]:
    """What decided drafts proposed, newest first, by clause."""
    rows = (
        Wording.objects.filter(
            draft__scheme=scheme,
            draft__state__in=(DraftState.PUBLISHED, DraftState.REJECTED),
        )
        .select_related("draft__published")
        .defer("draft__published__document")
        .prefetch_related("grounds__difficulty__pilot__case")
    )
    newest: dict[tuple[int, str], Wording] = {}
    for row in rows.order_by("version"):
        newest[row.draft_id, row.clause] = row
    ends = {
        event.draft_id: event
        for event in DraftEvent.objects.filter(
            draft__scheme=scheme, kind__in=(DraftEventKind.PUBLISHED, DraftEventKind.REJECTED)
        )
    }
    found: dict[str, list[ClauseMove]] = defaultdict(list)
    for row in sorted(newest.values(), key=lambda one: ends[one.draft_id].at, reverse=True):
        found[row.clause].append(_move(row, ends[row.draft_id], language))
    return found


def _move(row: Wording, end: DraftEvent, language: Language) -> ClauseMove:
    adopted = row.draft.state == DraftState.PUBLISHED
    reason_zh = row.because_zh if adopted else end.data.get("reason", "")
    reason_en = row.because_en if adopted else end.data.get("reason_en", "")
    pilots = {ground.difficulty.pilot for ground in row.grounds.all()}
    return {
        "adopted": adopted,
        "version": row.draft.published.version if row.draft.published else "",
        "decided_on": timezone.localdate(end.at).isoformat(),
        "instrument": str(end.data.get("instrument", "")),
        "old": row.old_zh if language == "zh" else row.old_en,
        "new": row.new_zh if language == "zh" else row.new_en,
        "reason": reason_zh if language == "zh" or not reason_en else reason_en,
        "pilots": [
            {"public_id": pilot.public_id, "title": title(pilot.case, language)}
            for pilot in sorted(pilots, key=lambda one: one.public_id)
        ],
    }
