"""The verbs of the lab: the only writers."""

from shidian.apps.lab.domain.clauses import Piece, propose_wording, record_difficulty
from shidian.apps.lab.domain.consulting import conclude_consultation, open_consultation
from shidian.apps.lab.domain.deciding import (
    approve_draft,
    publish_draft,
    reject_draft,
    return_draft,
    submit_draft,
)
from shidian.apps.lab.domain.drafting import (
    check_revision,
    newest_revision,
    save_revision,
    start_draft,
)
from shidian.apps.lab.domain.noting import write_note

__all__ = [
    "Piece",
    "approve_draft",
    "check_revision",
    "conclude_consultation",
    "newest_revision",
    "open_consultation",
    "propose_wording",
    "publish_draft",
    "record_difficulty",
    "reject_draft",
    "return_draft",
    "save_revision",
    "start_draft",
    "submit_draft",
    "write_note",
]
