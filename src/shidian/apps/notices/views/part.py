"""What the case page shows of notices and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.filed import form_for
from shidian.apps.cases.search import strings_in
from shidian.apps.cases.views.buttons import allowed_verbs
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.notices.models import CommentState, Notice
from shidian.apps.notices.queries import comments_for
from shidian.apps.notices.similar import projects_like
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import StageKind

_BEFORE_NOTICE = (StageKind.DRAFT, StageKind.SCREENING, StageKind.REVIEW, StageKind.ASSESSMENT)

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState


def build(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
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
        "may_extend": Verb.EXTEND_NOTICE in allowed_verbs(case, state, viewer),
        "may_sum_up": allows(viewer.person, Permission.COMMENT_MODERATE, case)
        and any(one.comments_taken for one in notices),
        "sees_inside": allows(viewer.person, Permission.CASE_READ_INTERNAL, case),
        "may_moderate": allows(viewer.person, Permission.COMMENT_MODERATE, case),
    }


def similar_part(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """Published projects like this one, while it is drafted and judged; none once it runs."""
    del state
    if case.stage_rule.kind not in _BEFORE_NOTICE:
        return None
    answers = form_for(viewer.person, case).answers
    texts = [case.title_zh, case.title_en, *strings_in(list(answers.values()))]
    found = projects_like(texts, leave_out=case.reference)
    return {"cards": [card for card, _ in found]} if found else None


register(Part("notices/_part.html", build, order=30))
register(Part("notices/_similar.html", similar_part, order=60))
