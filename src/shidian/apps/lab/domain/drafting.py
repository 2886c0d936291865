"""Starting a draft and saving its text; every text is kept and checked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Scheme
from shidian.apps.lab.checking import Checked, check_text, own_file, software
from shidian.apps.lab.domain.recording import locked_draft, record
from shidian.apps.lab.errors import StaleDraft, refuse
from shidian.apps.lab.library import text_of_version
from shidian.apps.lab.models import (
    CheckResult,
    DraftEventKind,
    DraftRevision,
    DraftState,
    RulebookDraft,
)
from shidian.core.rulebook.tree import SIZE_MAX_BYTES, too_large

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import RulebookVersion

TITLE_LENGTH_MAX = 200
OPEN_DRAFTS_MAX = 50
"""Open drafts of one scheme."""
REVISIONS_MAX = 2_000
"""Revisions kept of one draft."""


@transaction.atomic
def start_draft(
    *,
    base: RulebookVersion,
    title: str,
    by: Person,
    title_en: str = "",
    text: str | None = None,
    at: datetime | None = None,
) -> RulebookDraft:
    """Begin the next version of a scheme's rules from a published one, or from an uploaded text.

    Preconditions: `by` is a case or signing officer of an authority that decides in the scheme.
    Effects: the draft with the scheme's next number, its first revision, that revision's check.
    Events: draft.started, draft.revised. Raises DomainError (`title`, `too-many`, `too-large`),
    ForbiddenError.
    """
    at = at or timezone.now()
    scheme = Scheme.objects.select_for_update().get(pk=base.scheme_id)
    if not allows(by, Permission.DRAFT_WRITE, scheme):
        raise ForbiddenError
    if not title.strip() or max(len(title), len(title_en)) > TITLE_LENGTH_MAX:
        raise refuse(
            "title",
            f"请填写草案名称，不超过 {TITLE_LENGTH_MAX} 字。",
            f"Give the draft a title of at most {TITLE_LENGTH_MAX} characters.",
            "title",
        )
    own = RulebookDraft.objects.filter(scheme=scheme)
    if own.filter(state__in=(DraftState.DRAFT, DraftState.SUBMITTED)).count() >= OPEN_DRAFTS_MAX:
        raise refuse(
            "too-many",
            f"本方案未办结的草案已达 {OPEN_DRAFTS_MAX} 件：请先办结其中一些。",
            f"The scheme has {OPEN_DRAFTS_MAX} open drafts: end some of them first.",
        )
    number = (own.aggregate(newest=Max("number"))["newest"] or 0) + 1
    draft = RulebookDraft.objects.create(
        scheme=scheme,
        base=base,
        number=number,
        slug=f"{scheme.slug}-draft-{number}",
        title_zh=title.strip(),
        title_en=title_en.strip(),
        created_by=by,
        created_at=at,
        changed_at=at,
    )
    record(draft, DraftEventKind.STARTED, by=by, at=at, data={"base": base.digest})
    _store(draft, text if text is not None else text_of_version(base), by, at)
    return draft


@transaction.atomic
def save_revision(
    *,
    draft: RulebookDraft,
    text: str,
    base_revision: int,
    by: Person,
    at: datetime | None = None,
) -> DraftRevision:
    """Save a new text. `base_revision`: the one that the editor showed.

    Saving what is there already writes nothing and returns it. A text with errors is kept as well:
    work half done must not be lost. Effects: the revision and its check; a submitted draft is a
    draft again, and its approvals no longer stand (they are kept). Event: draft.revised. Raises
    StaleDraft with both texts where someone saved meanwhile, DomainError (`too-large`,
    `draft-ended`, `too-many`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    clean = normal(text)
    newest = newest_revision(locked)
    if newest.text == clean:
        return newest
    if newest.number != base_revision:
        raise StaleDraft(newest, clean)
    if locked.last_revision >= REVISIONS_MAX:
        raise refuse(
            "too-many",
            f"本草案已有 {REVISIONS_MAX} 稿：请以最后一稿另建草案。",
            f"The draft has {REVISIONS_MAX} revisions: start another from the last one.",
        )
    locked.state = DraftState.DRAFT
    revision = _store(locked, clean, by, at)
    draft.refresh_from_db()
    return revision


@transaction.atomic
def check_revision(revision: DraftRevision, *, at: datetime | None = None) -> CheckResult:
    """Judge a revision as of now, and keep the result where it differs from the newest one kept.

    What a draft extends may have changed since it was saved.
    """
    checked = check_text(revision.draft.scheme, revision.text)
    newest = revision.checks.order_by("-pk").first()
    fresh = _result(revision, checked, at or timezone.now())
    same = newest is not None and (newest.digest, newest.sound, newest.problems) == (
        fresh.digest,
        fresh.sound,
        fresh.problems,
    )
    if newest is not None and same:
        return newest
    fresh.save(force_insert=True)
    return fresh


def newest_revision(draft: RulebookDraft) -> DraftRevision:
    """The draft's text as it stands."""
    rows = draft.revisions.select_related("saved_by", "draft__scheme")
    return rows.order_by("-number")[:1].get()


def normal(text: str) -> str:
    """The text with `\\n` at the ends of lines, as browsers do not send it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _store(draft: RulebookDraft, text: str, by: Person, at: datetime) -> DraftRevision:
    clean = normal(text)
    if len(clean.encode()) > SIZE_MAX_BYTES:
        problem = too_large(own_file(draft.scheme))
        raise DomainError("too-large", problem.message, "text")
    if "\x00" in clean:
        raise refuse(
            "not-text", "文本含有不可见的控制字符。", "The text has a NUL character.", "text"
        )
    draft.last_revision += 1
    revision = DraftRevision.objects.create(
        draft=draft,
        number=draft.last_revision,
        text=clean,
        sha256=hashlib.sha256(clean.encode()).hexdigest(),
        saved_by=by,
        saved_at=at,
    )
    checked = check_text(draft.scheme, clean)
    _result(revision, checked, at).save(force_insert=True)
    record(
        draft,
        DraftEventKind.REVISED,
        by=by,
        at=at,
        data={
            "revision": revision.number,
            "sha256": revision.sha256,
            "sound": checked.sound,
            "errors": len(checked.errors),
        },
    )
    return revision


def _result(revision: DraftRevision, checked: Checked, at: datetime) -> CheckResult:
    loaded = checked.loaded
    return CheckResult(
        revision=revision,
        sound=checked.sound,
        version=loaded.rulebook.version[:32] if loaded else "",
        digest=loaded.digest if loaded else "",
        rules_digest=loaded.rules_digest if loaded else "",
        problems=[one.as_json() for one in checked.said],
        software=software(),
        at=at,
    )
