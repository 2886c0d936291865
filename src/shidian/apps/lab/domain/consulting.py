"""Putting a draft out for public comment, through the machinery of notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.zones import day_in
from shidian.apps.lab.domain.drafting import check_revision, newest_revision
from shidian.apps.lab.domain.noting import write_note
from shidian.apps.lab.domain.recording import locked_draft, must_be_in, put_leaf, record
from shidian.apps.lab.dossier import newest_note
from shidian.apps.lab.errors import refuse
from shidian.apps.lab.models import Consultation, DraftEventKind, DraftState, RulebookDraft
from shidian.apps.notices.domain.notices import BODY_LENGTH_MAX, next_slug, text_sha256
from shidian.apps.notices.models import Comment, CommentState, Notice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.lab.models import DraftRevision, ExplanatoryNote

DAYS_MIN, DAYS_MAX = 3, 120
"""Working days for which a draft may be put out."""
SUMMARY_LENGTH_MAX = 20_000


@transaction.atomic
def open_consultation(
    *,
    draft: RulebookDraft,
    title: str,
    body: str,
    working_days: int,
    by: Person,
    title_en: str = "",
    body_en: str = "",
    at: datetime | None = None,
) -> Consultation:
    """Put the draft's newest text before the public for so many working days.

    Preconditions: state draft; the text has no error; no other consultation is open. Effects: a
    notice with a fixed text, which fixes the draft's revision and its explanatory note (written now
    where there is none of this text); outbox `snapshot.consultation`, `record.leaf`. Event:
    consultation.opened.
    Raises DomainError (`wrong-state`, `unsound`, `text`, `days`, `consultation-open`,
    `calendar-missing`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    must_be_in(locked, DraftState.DRAFT)
    _well_formed(title, body, working_days)
    if locked.consultations.filter(concluded_at=None).exists():
        raise refuse(
            "consultation-open",
            "已有一次征求意见尚未办结。",
            "A consultation on this draft has not been concluded.",
        )
    revision = newest_revision(locked)
    digest = _digest_of_sound(revision, at)
    note = _note_of(locked, revision, by, at)
    texts = {"title": title, "body": body, "title_en": title_en, "body_en": body_en}
    notice = _make_notice(locked, texts, working_days, at)
    consultation = Consultation.objects.create(
        draft=locked, notice=notice, revision=revision, note=note
    )
    data = {
        "notice": notice.slug,
        "sha256": notice.sha256,
        "revision": revision.number,
        "digest": digest,
        "note": note.sha256,
        "working_days": working_days,
        "closes_on": str(notice.closes_on),
    }
    record(locked, DraftEventKind.CONSULTED, by=by, at=at, data=data)
    put_leaf("notice.opened", data, at=at)
    _page_is_stale(notice, at)
    draft.refresh_from_db()
    return consultation


def _make_notice(
    draft: RulebookDraft, texts: Mapping[str, str], working_days: int, at: datetime
) -> Notice:
    """The notice with its fixed text. `texts`: title, body, title_en, body_en."""
    rulebook = draft.base.rulebook
    opens = day_in(rulebook, at)
    return Notice.objects.create(
        scheme=draft.scheme,
        draft=draft.slug,
        version=draft.consultations.count() + 1,
        slug=next_slug(at),
        title_zh=texts["title"].strip(),
        title_en=texts["title_en"].strip(),
        body_zh=texts["body"],
        body_en=texts["body_en"],
        sha256=text_sha256(**texts),
        opens_on=opens,
        closes_on=calendar_of(rulebook).add(opens, working_days),
        comments_taken=True,
        premoderation=rulebook.notice.premoderation,
    )


def _digest_of_sound(revision: DraftRevision, at: datetime) -> str:
    """The digest of a text without errors. Raises DomainError `unsound` for another."""
    check = check_revision(revision, at=at)
    if not check.sound:
        raise refuse(
            "unsound",
            "文本检查未通过：请先改正错误，再征求意见。",
            "The text has errors: mend them before the public reads it.",
        )
    return check.digest


def _note_of(
    draft: RulebookDraft, revision: DraftRevision, by: Person, at: datetime
) -> ExplanatoryNote:
    """The explanatory note of this text, written now where there is none."""
    newest = newest_note(draft)
    if newest is not None and newest.revision_id == revision.pk:
        return newest
    written = write_note(
        draft=draft,
        remarks=newest.remarks_zh if newest else "",
        remarks_en=newest.remarks_en if newest else "",
        by=by,
        at=at,
    )
    draft.refresh_from_db()
    return written


@transaction.atomic
def conclude_consultation(
    *,
    consultation: Consultation,
    summary: str,
    by: Person,
    summary_en: str = "",
    at: datetime | None = None,
) -> Consultation:
    """Say in public what was heard and what was made of it.

    Preconditions: the window is over; every comment is answered or withheld. Event:
    consultation.concluded. Outbox `snapshot.consultation`, `record.leaf`. Raises DomainError
    (`window-open`, `comments-unanswered`, `concluded-already`, `text`), ForbiddenError.
    """
    at = at or timezone.now()
    draft = locked_draft(consultation.draft, by, Permission.DRAFT_WRITE)
    locked = Consultation.objects.select_related("notice").get(pk=consultation.pk)
    if locked.concluded_at is not None:
        raise refuse(
            "concluded-already", "该次征求意见已办结。", "That consultation is concluded already."
        )
    if not summary.strip() or len(summary) > SUMMARY_LENGTH_MAX:
        raise refuse("text", "请填写意见采纳情况。", "Write what was made of it.", "summary")
    _window_is_over(locked, at)
    _all_answered(locked)
    locked.summary_zh, locked.summary_en = summary.strip(), summary_en.strip()
    locked.concluded_at, locked.concluded_by = at, by
    locked.save(update_fields=("summary_zh", "summary_en", "concluded_at", "concluded_by"))
    heard = locked.notice.comments.count()
    data = {"notice": locked.notice.slug, "comments": heard}
    record(draft, DraftEventKind.CONCLUDED, by=by, at=at, data=data)
    put_leaf("notice.closed", data, at=at)
    _page_is_stale(locked.notice, at)
    return locked


def check_heard(draft: RulebookDraft, at: datetime) -> None:
    """Raises DomainError where a consultation that was opened is not over and concluded.

    Codes: `window-open`, `comments-unanswered`, `not-concluded`.
    """
    for consultation in draft.consultations.select_related("notice"):
        _window_is_over(consultation, at)
        _all_answered(consultation)
        if consultation.concluded_at is None:
            raise refuse(
                "not-concluded",
                "请先公布征求意见的采纳情况。",
                "Say in public first what was made of the consultation.",
            )


def unanswered(consultation: Consultation) -> int:
    """Comments that wait for an answer; withheld ones need none."""
    waiting = Q(answered_at=None) & ~Q(state=CommentState.WITHHELD)
    return Comment.objects.filter(waiting, notice=consultation.notice_id).count()


def _window_is_over(consultation: Consultation, at: datetime) -> None:
    last = consultation.notice.closes_on
    if last is not None and day_in(consultation.draft.base.rulebook, at) <= last:
        raise refuse(
            "window-open",
            f"征求意见截至 {last}，期满后方可继续。",
            f"The draft is out for comment until {last}; go on after that day.",
        )


def _all_answered(consultation: Consultation) -> None:
    if waiting := unanswered(consultation):
        raise refuse(
            "comments-unanswered",
            f"还有 {waiting} 条意见未答复。",
            f"Comments that wait for an answer: {waiting}.",
        )


def _well_formed(title: str, body: str, working_days: int) -> None:
    if not title.strip() or not body.strip() or len(body) > BODY_LENGTH_MAX:
        raise refuse(
            "text",
            "请填写标题和正文。",
            "Write the title and the text.",
            "body" if title.strip() else "title",
        )
    if not DAYS_MIN <= working_days <= DAYS_MAX:
        raise refuse(
            "days",
            f"征求意见期为 {DAYS_MIN} 至 {DAYS_MAX} 个工作日。",
            f"A draft is out for {DAYS_MIN} to {DAYS_MAX} working days.",
            "working_days",
        )


def _page_is_stale(notice: Notice, at: datetime) -> None:
    outbox.put("snapshot.consultation", {"notice": notice.slug}, at=at)


class DraftSubject:
    """What notices ask of a draft: see `notices.subjects.Subject`."""

    def lock(self, notice: Notice) -> None:
        """Lock the draft."""
        self._draft(notice)

    def may_moderate(self, person: Person, notice: Notice) -> bool:
        """Officers who may write the draft."""
        return allows(person, Permission.DRAFT_WRITE, notice.scheme)

    def comment_received(
        self, notice: Notice, *, receipt: str, sha256: str, at: datetime, sent_at: datetime
    ) -> None:
        """Event comment.received with the text's hash. Raises DomainError (`window-closed`)."""
        draft = self._draft(notice)
        day = day_in(draft.base.rulebook, sent_at)
        closed = notice.closes_on is not None and day > notice.closes_on
        if closed or not draft.is_open:
            raise refuse(
                "window-closed",
                "征求意见已结束。",
                "The time for comments is over.",
            )
        data = {"notice": notice.slug, "comment": receipt, "sha256": sha256}
        record(draft, DraftEventKind.COMMENTED, by=None, at=at, data=data)

    def comment_answered(
        self, notice: Notice, *, receipt: str, sha256: str, by: Person, at: datetime
    ) -> None:
        """Event comment.answered. Raises ForbiddenError."""
        if not self.may_moderate(by, notice):
            raise ForbiddenError
        data = {"notice": notice.slug, "comment": receipt, "sha256": sha256}
        record(self._draft(notice), DraftEventKind.ANSWERED, by=by, at=at, data=data)
        put_leaf("comment.answered", data, at=at)

    def page_is_stale(self, notice: Notice, at: datetime) -> None:
        """Outbox `snapshot.consultation`."""
        _page_is_stale(notice, at)

    @staticmethod
    def _draft(notice: Notice) -> RulebookDraft:
        return RulebookDraft.objects.select_for_update().get(slug=notice.draft)
