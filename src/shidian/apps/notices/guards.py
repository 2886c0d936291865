"""Which of the notice tables are append-only, and in which columns they are not."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.notices import models

GUARDS = (
    Guard(models.Notice, mutable=("closes_on",)),
    Guard(models.NoticeExtension),
    Guard(models.NoticeSummary),
    Guard(
        models.Comment,
        mutable=("state", "shown", "answer_zh", "answer_en", "answered_by", "answered_at"),
    ),
    Guard(models.CommentModeration),
    Guard(models.SentFile, mutable=("awaits_scan", "removed_at", "ground", "automatic")),
    Guard(models.ZoneBundle, mutable=("acknowledged_at",)),
    # Erasing a text takes its salt along; the leaf itself stays.
    Guard(models.PublishedLeaf, mutable=("document", "salt", "erased_at", "ground")),
    # Live figures are refreshed in place: their history is the telemetry itself. A page's bodies
    # may be erased, never replaced.
    Guard(
        models.PublishedSnapshot,
        mutable=("withdrawn_at",),
        erasable=("body_zh", "body_en"),
        but="{row}.\"kind\" = 'figures'",
    ),
)
