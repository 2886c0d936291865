"""Keeping files that the public sent, with what they came with."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.db.models import Sum

from shidian.apps.cases import scanning, uploads
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices import files
from shidian.apps.notices.models import SentFile
from shidian.apps.notices.models.sent_file import new_place
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.notices.models import Comment

DAY_MIB_MAX = 1024
"""What is kept of the public in a day, all matters together: a flood must not fill the disk."""


def keep_files(
    given: Sequence[files.Given],
    *,
    at: datetime,
    comment: Comment | None = None,
    receipt_sha256: str = "",
) -> list[SentFile]:
    """Keep what came with a comment, or with the submission of that receipt; in its transaction.

    Each is judged and stripped once more, wherever that was done before; one that was not scanned
    waits for it. Raises DomainError (`too-many-files`, `wrong-type`, `disk-day`).
    """
    if not given:
        return []
    if len(given) > files.FILES_MAX:
        raise DomainError("too-many-files", Text(zh="文件过多。", en="Too many files."), "attached")
    judged = [(one, files.judged_again(one)) for one in given]
    _not_too_much(sum(len(content) for _one, content in judged), at)
    return [_keep(one, content, at, comment, receipt_sha256) for one, content in judged]


def _keep(
    given: files.Given,
    content: bytes,
    at: datetime,
    comment: Comment | None,
    receipt_sha256: str,
) -> SentFile:
    row = SentFile(
        comment=comment,
        receipt_sha256=receipt_sha256,
        name=files.with_ending(files.tidy_name(given.name), given.content_type),
        content_type=given.content_type,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        sent_sha256=given.sent_sha256,
        received_at=at,
        place=new_place(),
        awaits_scan=not given.scanned and scanning.is_scanned(),
    )
    uploads.keep(ContentFile(content), row.path)
    row.save()
    return row


def _not_too_much(size_bytes: int, at: datetime) -> None:
    recent = SentFile.objects.filter(received_at__gt=at - timedelta(days=1), received_at__lte=at)
    kept = recent.aggregate(kept=Sum("size_bytes"))["kept"] or 0
    if kept + size_bytes > DAY_MIB_MAX * 2**20:
        raise DomainError(
            "disk-day",
            Text(
                zh="今日收到的文件过多，暂不能再附文件：请先不附文件提交，或明日再试。",
                en="Too many files came in today: send it without files, or try again tomorrow.",
            ),
            "attached",
        )
