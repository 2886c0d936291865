"""What officers and the parties see of notices; the public site reads snapshots instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.notices.models import Comment, CommentState

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.cases.models import Case

Someone = Person | AnonymousUser


def comments_for(person: Someone, case: Case) -> QuerySet[Comment]:
    """Comments on the case's notices: all for the authorities, the published for the parties."""
    comments = Comment.objects.filter(notice__case=case).select_related("notice", "answered_by")
    if allows(person, Permission.CASE_READ_INTERNAL, case):
        return comments
    if allows(person, Permission.CASE_READ, case):
        return comments.filter(state=CommentState.PUBLISHED)
    return Comment.objects.none()
