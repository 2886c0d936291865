"""What officers and the parties see of notices; the public site reads snapshots instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case
from shidian.apps.notices.models import Comment, CommentState, Notice

if TYPE_CHECKING:
    from django.db.models import QuerySet

Someone = Person | AnonymousUser


def notices_visible_to(person: Someone) -> QuerySet[Notice]:
    """Notices of the cases that the person may see, newest first."""
    cases = Case.objects.visible_to(person)
    return Notice.objects.filter(case__in=cases).select_related("case", "opened")


def comments_for(person: Someone, case: Case) -> QuerySet[Comment]:
    """Comments on the case's notices: all for the authorities, the published for the parties."""
    comments = Comment.objects.filter(notice__case=case).select_related("notice", "answered_by")
    if allows(person, Permission.CASE_READ_INTERNAL, case):
        return comments
    if allows(person, Permission.CASE_READ, case):
        return comments.filter(state=CommentState.PUBLISHED)
    return Comment.objects.none()


def published_comments(notice: Notice) -> QuerySet[Comment]:
    """What the public snapshot shows, in the order of receipt."""
    return notice.comments.filter(state=CommentState.PUBLISHED).order_by("received_at", "pk")
