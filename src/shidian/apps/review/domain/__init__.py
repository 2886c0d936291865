"""The verbs of a review: the only writers."""

from shidian.apps.review.domain.drawing import commit_pool, draw_panel, fixed_pool
from shidian.apps.review.domain.judging import (
    declare_conflict,
    file_assessment,
    save_sheet,
    set_away,
    submit_review,
)
from shidian.apps.review.domain.panels import (
    close_round,
    commission_assessment,
    extend_round,
    form_panel,
    invite_experts,
    open_panel,
)
from shidian.apps.review.domain.paper import enter_sheet, scan_of
from shidian.apps.review.domain.sessions import (
    When,
    answer_sheet,
    call_off,
    call_session,
    item_of,
    keep_minutes,
    name_presenters,
    record_vote,
)

__all__ = [
    "When",
    "answer_sheet",
    "call_off",
    "call_session",
    "close_round",
    "commission_assessment",
    "commit_pool",
    "declare_conflict",
    "draw_panel",
    "enter_sheet",
    "extend_round",
    "file_assessment",
    "fixed_pool",
    "form_panel",
    "invite_experts",
    "item_of",
    "keep_minutes",
    "name_presenters",
    "open_panel",
    "record_vote",
    "save_sheet",
    "scan_of",
    "set_away",
    "submit_review",
]
