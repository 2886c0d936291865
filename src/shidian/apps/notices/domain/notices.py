"""Opening a public notice: one fixed text, its hash, its window."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.zones import day_in
from shidian.apps.notices.models import Notice
from shidian.core.procedure.types import Act, EventKind, Verb
from shidian.core.rulebook.model import Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

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
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Notice:
    """Publish a notice about the case; its text is fixed from now on and its window begins.

    Effects: the notice, with its last day from the rulebook's clock; outbox `snapshot.notice`.
    Event: notice.opened. Raises DomainError, ForbiddenError.
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
    act = Act(Verb.OPEN_NOTICE, actor, at, {"sha256": sha256, "version": version})
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
        opened=done.event(EventKind.NOTICE_OPENED),
    )
    outbox.put("snapshot.notice", {"notice": notice.slug}, case=done.case, at=at)
    return notice


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
