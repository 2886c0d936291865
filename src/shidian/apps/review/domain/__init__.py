"""The verbs of a review: the only writers."""

from shidian.apps.review.domain.judging import (
    declare_conflict,
    file_assessment,
    save_sheet,
    submit_review,
)
from shidian.apps.review.domain.panels import (
    close_round,
    commission_assessment,
    form_panel,
    invite_experts,
    open_panel,
)

__all__ = [
    "close_round",
    "commission_assessment",
    "declare_conflict",
    "file_assessment",
    "form_panel",
    "invite_experts",
    "open_panel",
    "save_sheet",
    "submit_review",
]
