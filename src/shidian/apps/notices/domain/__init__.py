"""The verbs of notices, comments and snapshots: the only writers."""

from shidian.apps.notices.domain.comments import (
    answer_comment,
    moderate_comment,
    new_receipt,
    receive_comment,
)
from shidian.apps.notices.domain.files import keep_files
from shidian.apps.notices.domain.handing import comment_receipt, hand_in_comment
from shidian.apps.notices.domain.notices import (
    extend_notice,
    open_notice,
    summarise_notice,
    text_sha256,
)
from shidian.apps.notices.domain.sent_files import remove_sent_file, scan_sent_file
from shidian.apps.notices.domain.snapshots import publish_snapshot, withdraw_snapshot

__all__ = [
    "answer_comment",
    "comment_receipt",
    "extend_notice",
    "hand_in_comment",
    "keep_files",
    "moderate_comment",
    "new_receipt",
    "open_notice",
    "publish_snapshot",
    "receive_comment",
    "remove_sent_file",
    "scan_sent_file",
    "summarise_notice",
    "text_sha256",
    "withdraw_snapshot",
]
