"""Comments of the public: received with a receipt, moderated with a reason, answered in public."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.notices import inbox
from shidian.apps.notices.comment_words import CommentProgress
from shidian.apps.notices.domain.files import keep_files
from shidian.apps.notices.models import Comment, CommentModeration, CommentState, Notice
from shidian.apps.notices.subjects import subject_of
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.accounts.models import Person
    from shidian.apps.notices.files import Given

BODY_LENGTH_MAX = 5_000
NAME_LENGTH_MAX = 100
CONTACT_LENGTH_MAX = 200
RATE_WINDOW = timedelta(minutes=1)
RATE_MAX = 30
"""Comments taken on one notice in a minute; more are asked to come back."""
UNPROVEN_MAX = 5
"""Of these, from browsers that did no work for theirs."""
COMMENTS_MAX = 2_000
"""Comments taken on one notice. Each is an event of the case, whose whole history is folded again
at every act: whoever floods a notice must not bring its case to a stand."""
LEFT_OUT = "〔……〕"
"""Stands in place of a passage that is not shown."""
_RECEIPT_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@transaction.atomic
def receive_comment(
    *,
    notice: Notice | str,
    body: str,
    name: str = "",
    contact: str = "",
    receipt: str = "",
    proven: bool = True,
    files: Sequence[Given] = (),
    at: datetime | None = None,
    sent_at: datetime | None = None,
) -> Comment:
    """Take a comment from anyone on an open notice (or its slug). Returns it with its `receipt`.

    `receipt`: one from `new_receipt` that the caller gave to this one sending; sent again under
    it, the comment that was taken is returned and nothing is written. `proven`: whether the
    sender's browser worked for it; one that did not is read before it is shown, whatever the
    rulebook says, and of these fewer are taken in a minute. `files` are for officers alone, and
    never published. `sent_at`: when it was sent, where it came here later; the window is judged by
    that.
    Event: comment.received, which holds the receipt and the text's hash, never the text. Outbox
    `snapshot.notice` where comments are shown before moderation. Raises DomainError (a
    `ValueError`): `no-notice`, `replaced`, `text`, `duplicate`, `too-many`, `full`, what
    `keep_files` refuses, or the procedure's refusal such as a closed window.
    """
    at = at or timezone.now()
    sent_at = sent_at or at
    notice = _notice(notice)
    subject = subject_of(notice)
    if receipt:
        # The lock under which the act is done: of two sendings at once the second waits here.
        subject.lock(notice)
        if taken := Comment.objects.filter(notice=notice, receipt=receipt).first():
            return taken
    _not_replaced(notice)
    body = body.strip()
    _well_formed(body, name, contact)
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    _not_too_fast(notice, sha256, sent_at, proven=proven)
    receipt = receipt or new_receipt(at)
    subject.comment_received(notice, receipt=receipt, sha256=sha256, at=at, sent_at=sent_at)
    comment = Comment.objects.create(
        notice=notice,
        receipt=receipt,
        name=name.strip(),
        contact=contact.strip(),
        body=body,
        sha256=sha256,
        proven=proven,
        received_at=sent_at,
        state=(
            CommentState.RECEIVED if notice.premoderation or not proven else CommentState.PUBLISHED
        ),
    )
    keep_files(files, at=at, comment=comment)
    if comment.state == CommentState.PUBLISHED:
        subject.page_is_stale(notice, at)
    return comment


@transaction.atomic
def moderate_comment(
    *,
    comment: Comment,
    state: CommentState,
    by: Person,
    reason: str = "",
    left_out: Sequence[str] = (),
    at: datetime | None = None,
) -> Comment:
    """Show or withhold a comment; reversible by the same verb. Withholding needs a reason.

    `left_out`: passages that the public does not read; that needs a reason as well. The text as
    sent stays. Effects: a moderation record, the comment's state and what is shown of it, outbox
    `snapshot.notice`. Raises DomainError (`reason-missing`, `passage`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = Comment.objects.select_for_update().get(pk=comment.pk)
    subject = subject_of(locked.notice)
    if not subject.may_moderate(by, locked.notice):
        raise ForbiddenError
    passages = [one.strip() for one in left_out if one.strip()]
    if (passages or state == CommentState.WITHHELD) and not reason.strip():
        raise DomainError(
            "reason-missing",
            Text(
                zh="不公开意见或略去部分内容，须写明理由。",
                en="Withholding a comment, or a part of it, needs a reason.",
            ),
            "reason",
        )
    locked.state, locked.shown = state, without(locked.body, passages)
    CommentModeration.objects.create(
        comment=locked,
        state=state,
        reason=reason.strip(),
        left_out="\n".join(passages),
        by=by,
        at=at,
    )
    locked.save(update_fields=("state", "shown"))
    _tell(locked, at)
    subject.page_is_stale(locked.notice, at)
    return locked


@transaction.atomic
def answer_comment(
    *,
    comment: Comment,
    answer: str,
    by: Person,
    answer_en: str = "",
    at: datetime | None = None,
) -> Comment:
    """Answer a comment; the answer is public with it. A corrected answer may follow.

    Event: comment.answered with the answer's hash. Outbox `snapshot.notice`.
    """
    at = at or timezone.now()
    answer = answer.strip()
    if not answer:
        raise DomainError("text", Text(zh="请填写答复。", en="Write the answer."), "answer")
    locked = Comment.objects.select_for_update().get(pk=comment.pk)
    subject = subject_of(locked.notice)
    sha256 = hashlib.sha256(answer.encode()).hexdigest()
    subject.comment_answered(locked.notice, receipt=locked.receipt, sha256=sha256, by=by, at=at)
    locked.answer_zh, locked.answer_en = answer, answer_en.strip()
    locked.answered_by, locked.answered_at = by, at
    locked.save(update_fields=("answer_zh", "answer_en", "answered_by", "answered_at"))
    _tell(locked, at)
    subject.page_is_stale(locked.notice, at)
    return locked


def without(body: str, passages: Sequence[str]) -> str:
    """The text with one mark in place of each passage; empty where none is left out.

    Nothing else of it can be changed, and the mark does not tell how much is gone. Raises
    DomainError (`passage`) for one that is not in the text.
    """
    for passage in passages:
        if passage not in body:
            raise DomainError(
                "passage",
                Text(
                    zh=f"意见中没有“{passage[:40]}”：请照原文逐字填写，每行一处。",
                    en=f"“{passage[:40]}” does not stand in the comment: copy it as it is there,"
                    " one passage a line.",
                ),
                "left_out",
            )
    if not passages:
        return ""
    # In one go, the longest first: a mark that stands there already is not touched.
    anyone = "|".join(re.escape(one) for one in sorted(passages, key=len, reverse=True))
    return re.sub(anyone, LEFT_OUT, body)


def _tell(comment: Comment, at: datetime) -> None:
    """Its sender, by the receipt, where it came by way of the public zone."""
    state = CommentProgress(comment.state)
    if state is CommentProgress.RECEIVED:
        state = CommentProgress.TAKEN
    if comment.answered_at is not None and state is not CommentProgress.WITHHELD:
        state = CommentProgress.ANSWERED
    inbox.tell(inbox.receipt_sha256(comment.receipt), state=state, at=at)


def new_receipt(at: datetime) -> str:
    """A receipt number that cannot be guessed: `C-2026-7K3M-9QWD`."""
    letters = "".join(secrets.choice(_RECEIPT_LETTERS) for _ in range(8))
    return f"C-{timezone.localtime(at).year}-{letters[:4]}-{letters[4:]}"


def _notice(notice: Notice | str) -> Notice:
    if isinstance(notice, Notice):
        return notice
    found = Notice.objects.select_related("case").filter(slug=notice).first()
    if found is None:
        raise DomainError("no-notice", Text(zh="没有这个公示。", en="There is no such notice."))
    return found


def _not_replaced(notice: Notice) -> None:
    """A comment stays with the text that it was made on: on one that is no longer out none is."""
    if newer := notice.replaced_by:
        raise DomainError(
            "replaced",
            Text(
                zh=f"本文本已由新文本（{newer.slug}）替代，请就新文本提出意见；您填写的内容请先保存。",
                en=f"This text was replaced by {newer.slug}: keep your text and comment there.",
            ),
        )


def _well_formed(body: str, name: str, contact: str) -> None:
    if not body or len(body) > BODY_LENGTH_MAX:
        raise DomainError(
            "text",
            Text(
                zh="请填写意见，不超过 5000 字。",
                en="Write your comment, at most 5,000 characters.",
            ),
            "body",
        )
    if len(name) > NAME_LENGTH_MAX or len(contact) > CONTACT_LENGTH_MAX:
        raise DomainError(
            "text",
            Text(zh="姓名或联系方式过长。", en="The name or the contact is too long."),
            "name",
        )


def _not_too_fast(notice: Notice, sha256: str, at: datetime, *, proven: bool) -> None:
    if Comment.objects.filter(notice=notice).count() >= COMMENTS_MAX:
        raise DomainError(
            "full",
            Text(
                zh="本公示收到的意见已达上限，请以书面方式向公示所列机关提交。",
                en="This notice has taken all the comments it can: write to the authority named.",
            ),
        )
    recent = Comment.objects.filter(
        notice=notice, received_at__gt=at - RATE_WINDOW, received_at__lte=at
    )
    if recent.filter(sha256=sha256).exists():
        raise DomainError(
            "duplicate",
            Text(zh="这条意见刚刚已收到，无需重复提交。", en="This comment was received just now."),
        )
    if recent.count() >= RATE_MAX or (
        not proven and recent.filter(proven=False).count() >= UNPROVEN_MAX
    ):
        raise DomainError(
            "too-many",
            Text(
                zh="当前提交意见的人较多，请一分钟后再试；您填写的内容请先保存。",
                en="Many comments are coming in: keep your text and try again in a minute.",
            ),
        )
