"""What the case page shows of notices and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.notices.models import CommentState, Notice
from shidian.apps.notices.queries import comments_for

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState


def build(case: Case, _state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """Notices of the case with the number of comments that this reader may see."""
    notices = list(Notice.objects.filter(case=case))
    if not notices:
        return None
    comments = list(comments_for(viewer.person, case))
    return {
        "case": case,
        "notices": notices,
        "comments": len(comments),
        "unanswered": sum(
            1 for one in comments if one.answered_at is None and one.state != CommentState.WITHHELD
        ),
        "may_moderate": allows(viewer.person, Permission.COMMENT_MODERATE, case),
    }


register(Part("notices/_part.html", build, order=30))
