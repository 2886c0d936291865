"""What a notice is about: a case here, a draft of rules in an app above, which registers itself.

Comments are received, moderated and answered alike; what differs is who may, which history keeps
it, and whose public page is stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.actors import PUBLIC, actor_for
from shidian.apps.cases.domain.perform import perform_act
from shidian.apps.cases.models import Case
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.types import Act, Verb

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.notices.models import Notice


class Subject(Protocol):
    """What the verbs of notices ask of the thing that a notice is about."""

    def lock(self, notice: Notice) -> None:
        """Let nobody else act on it until the transaction ends."""

    def may_moderate(self, person: Person, notice: Notice) -> bool:
        """Whether the person may show, withhold and answer comments."""

    def comment_received(
        self, notice: Notice, *, receipt: str, sha256: str, at: datetime, sent_at: datetime
    ) -> None:
        """Keep that a comment came. Raises DomainError where none was taken when it was sent."""

    def comment_answered(
        self, notice: Notice, *, receipt: str, sha256: str, by: Person, at: datetime
    ) -> None:
        """Keep that a comment was answered. Raises ForbiddenError, DomainError."""

    def page_is_stale(self, notice: Notice, at: datetime) -> None:
        """Have the notice's public page renewed."""


class CaseSubject:
    """A notice about a case: the case's own procedure decides."""

    def lock(self, notice: Notice) -> None:
        """Lock the case."""
        Case.objects.select_for_update().get(pk=_case(notice).pk)

    def may_moderate(self, person: Person, notice: Notice) -> bool:
        """As the rulebook's offices have it."""
        return allows(person, Permission.COMMENT_MODERATE, notice.case)

    def comment_received(
        self, notice: Notice, *, receipt: str, sha256: str, at: datetime, sent_at: datetime
    ) -> None:
        """Event comment.received."""
        case = _case(notice)
        said = {"comment": receipt, "sha256": sha256}
        if sent_at != at:
            said["sent"] = day_in(case.rulebook, sent_at).isoformat()
        perform_act(case, Act(Verb.RECORD_COMMENT, PUBLIC, at, said), by=None)

    def comment_answered(
        self, notice: Notice, *, receipt: str, sha256: str, by: Person, at: datetime
    ) -> None:
        """Event comment.answered."""
        case = _case(notice)
        actor = actor_for(by, case, Verb.ANSWER_COMMENT)
        act = Act(Verb.ANSWER_COMMENT, actor, at, {"comment": receipt, "sha256": sha256})
        perform_act(case, act, by=by)

    def page_is_stale(self, notice: Notice, at: datetime) -> None:
        """Outbox `snapshot.notice`."""
        outbox.put("snapshot.notice", {"notice": notice.slug}, case=notice.case, at=at)


_CASE = CaseSubject()
_drafts: list[Subject] = []


def register_drafts(subject: Subject) -> None:
    """Say who answers for notices about drafts. Called once, when that app is ready."""
    _drafts[:] = [subject]


def subject_of(notice: Notice) -> Subject:
    """Who answers for what the notice is about. Raises LookupError where the zone has no drafts."""
    if notice.case_id is not None:
        return _CASE
    if not _drafts:
        raise LookupError(f"notice {notice.slug}: nobody here answers for drafts")
    return _drafts[0]


def _case(notice: Notice) -> Case:
    if notice.case is None:
        raise ValueError(f"notice {notice.slug} is about no case")
    return notice.case
