"""Opening a public notice: one fixed text, its hash, its window; moving the window; summing up."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.zones import day_in
from shidian.apps.notices.models import Notice, NoticeExtension, NoticeSummary
from shidian.apps.notices.subjects import subject_of
from shidian.core.procedure.types import Act, EventKind, Verb
from shidian.core.rulebook.model import Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import Json

BODY_LENGTH_MAX = 50_000


def text_sha256(*, title: str, body: str, title_en: str = "", body_en: str = "") -> str:
    """SHA-256, in hex, of a notice's text: canonical JSON of titles and bodies."""
    text = {"title": {"zh": title, "en": title_en}, "body": {"zh": body, "en": body_en}}
    return hashlib.sha256(canonical.dumps(text)).hexdigest()


@transaction.atomic
def open_notice(
    *,
    case: Case,
    title: str,
    body: str,
    by: Person,
    title_en: str = "",
    body_en: str = "",
    change: str = "",
    change_en: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Notice:
    """Publish a notice about the case; its text is fixed from now on and its window begins.

    Where a text is out, `change` says what changed materially and why: the new text replaces it,
    its window begins anew, and the old one stays readable with the comments that were made on it.
    Effects: the notice, with its last day from the rulebook's clock; outbox `snapshot.notice`, for
    the one that was replaced as well. Event: notice.opened. Raises DomainError, ForbiddenError.
    """
    at = at or timezone.now()
    if not title.strip() or not body.strip() or len(body) > BODY_LENGTH_MAX:
        raise DomainError(
            "text",
            Text(zh="请填写公示标题和正文。", en="Write the notice's title and text."),
            "body" if title.strip() else "title",
        )
    version = Notice.objects.filter(case=case).count() + 1
    sha256 = text_sha256(title=title, body=body, title_en=title_en, body_en=body_en)
    actor = actor_for(by, case, Verb.OPEN_NOTICE)
    data: dict[str, Json] = {"sha256": sha256, "version": version}
    if change.strip():
        data["reason"] = change.strip()
    act = Act(Verb.OPEN_NOTICE, actor, at, data)
    done = perform_act(case, act, by=by, expected_seq=expected_seq)
    rulebook = done.case.rulebook
    notice = Notice.objects.create(
        case=done.case,
        version=version,
        slug=next_slug(at),
        title_zh=title,
        title_en=title_en,
        body_zh=body,
        body_en=body_en,
        sha256=sha256,
        opens_on=day_in(rulebook, at),
        closes_on=_last_day(done),
        comments_taken=done.case.stage_rule.comments,
        premoderation=rulebook.notice.premoderation,
        change_zh=change.strip(),
        change_en=change_en.strip(),
        opened=done.event(EventKind.NOTICE_OPENED),
    )
    for stale in filter(None, (notice, notice.replaces)):
        outbox.put("snapshot.notice", {"notice": stale.slug}, case=done.case, at=at)
    return notice


@transaction.atomic
def extend_notice(
    *,
    case: Case,
    until: date,
    reason: str,
    by: Person,
    reason_en: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Notice:
    """Move the last day of the case's open notice to `until`, for everyone, with a public reason.

    Effects: the move beside the notice, whose last day it is now; outbox `snapshot.notice`. Event:
    notice.extended, on record. Raises DomainError (`bad-data` of `until`, `window-closed`,
    `no-notice`), ForbiddenError.
    """
    at = at or timezone.now()
    actor = actor_for(by, case, Verb.EXTEND_NOTICE)
    act = Act(Verb.EXTEND_NOTICE, actor, at, {"until": until.isoformat(), "reason": reason.strip()})
    done = perform_act(case, act, by=by, expected_seq=expected_seq)
    notice = (
        Notice.objects.select_for_update().filter(case=done.case).order_by("-version")[:1].get()
    )
    NoticeExtension.objects.create(
        notice=notice,
        before=notice.closes_on or until,
        until=until,
        reason_zh=reason.strip(),
        reason_en=reason_en.strip(),
        by=by,
        at=at,
    )
    notice.closes_on = until
    notice.save(update_fields=("closes_on",))
    outbox.put("snapshot.notice", {"notice": notice.slug}, case=done.case, at=at)
    return notice


@transaction.atomic
def summarise_notice(
    *, notice: Notice, text: str, by: Person, text_en: str = "", at: datetime | None = None
) -> NoticeSummary:
    """Say in public what was made of the comments, once the window is over; the newest counts.

    Where the rulebook answers comments in one summary, this answers all that are open. Effects: the
    summary; outbox `snapshot.notice`. Event: comment.answered, where it answers. Raises DomainError
    (`text`, `notice-open`), ForbiddenError.
    """
    at = at or timezone.now()
    subject = subject_of(notice)
    subject.lock(notice)
    if not subject.may_moderate(by, notice):
        raise ForbiddenError
    text = text.strip()
    if not text or len(text) > BODY_LENGTH_MAX:
        raise DomainError("text", Text(zh="请填写办理情况。", en="Write the summary."), "text")
    case = notice.case
    today = day_in(case.rulebook, at) if case else timezone.localdate(at)
    if notice.closes_on is not None and today <= notice.closes_on and not notice.replaced_by:
        raise DomainError(
            "notice-open",
            Text(
                zh=f"公示至 {notice.closes_on} 届满，届满后方可公布意见办理情况。",
                en=f"The notice runs to the end of {notice.closes_on}; sum up after that day.",
            ),
        )
    if case is not None and case.rulebook.notice.answers == "summary":
        _answer_all(case, text, by, at)
    summary = NoticeSummary.objects.create(
        notice=notice, text_zh=text, text_en=text_en.strip(), by=by, at=at
    )
    subject.page_is_stale(notice, at)
    return summary


def _answer_all(case: Case, text: str, by: Person, at: datetime) -> None:
    """The one answer to all comments, for the procedure, where any is open."""
    notice = state_of(case).notice
    if notice is None or all(notice.comments.values()):
        return
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    actor = actor_for(by, case, Verb.ANSWER_COMMENT)
    perform_act(case, Act(Verb.ANSWER_COMMENT, actor, at, {"sha256": sha256}), by=by)


def _last_day(done: Performed) -> date | None:
    wanted = done.case.stage_rule.clock
    dues = [clock.due for clock in done.effects.clocks if clock.clock == wanted and clock.due]
    return dues[-1] if dues else None


def next_slug(at: datetime) -> str:
    """The public name that the year's next notice gets: `n-2026-0003`."""
    prefix = f"n-{timezone.localtime(at).year}-"
    newest = (
        Notice.objects.filter(slug__startswith=prefix)
        .order_by("-slug")
        .values_list("slug", flat=True)
        .first()
    )
    number = int(newest.removeprefix(prefix)) + 1 if newest else 1
    return f"{prefix}{number:04d}"
