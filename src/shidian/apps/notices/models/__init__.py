"""What the public sees: notices with comments, and every published snapshot."""

from .comment import Comment, CommentModeration, CommentState
from .exchange import SealedSubmission, ZoneBundle, ZoneItem
from .leaf import ErasureGround, PublishedLeaf
from .notice import Notice, NoticeExtension, NoticeSummary
from .published_card import PublishedCard
from .published_text import PublishedName, PublishedText, TextPart
from .sent_file import RemovalGround, SentFile
from .snapshot import PublishedSnapshot, SnapshotKind
from .submission import Submission

__all__ = [
    "Comment",
    "CommentModeration",
    "CommentState",
    "ErasureGround",
    "Notice",
    "NoticeExtension",
    "NoticeSummary",
    "PublishedCard",
    "PublishedLeaf",
    "PublishedName",
    "PublishedSnapshot",
    "PublishedText",
    "RemovalGround",
    "SealedSubmission",
    "SentFile",
    "SnapshotKind",
    "Submission",
    "TextPart",
    "ZoneBundle",
    "ZoneItem",
]
