"""What the public sees: notices with comments, and every published snapshot."""

from .comment import Comment, CommentModeration, CommentState
from .leaf import PublishedLeaf
from .notice import Notice
from .snapshot import PublishedSnapshot, SnapshotKind

__all__ = [
    "Comment",
    "CommentModeration",
    "CommentState",
    "Notice",
    "PublishedLeaf",
    "PublishedSnapshot",
    "SnapshotKind",
]
