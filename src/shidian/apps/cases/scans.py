"""Files that stand for paper: what a scan may be, and which are kept where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import Attachment
from shidian.core.rulebook.model import Question, QuestionKind, Text

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case


def scan_question(zh: str, en: str) -> Question:
    """The question for a scan, under the label that its form gives it."""
    return Question(
        id="scan",
        kind=QuestionKind.FILE,
        label=Text(zh=zh, en=en),
        accept=("pdf", "png", "jpg"),
        size_max_mib=20,
    )


def kept_in(case: Case, section: str) -> dict[tuple[str, str], Attachment]:
    """Files of a case's section by question and SHA-256. One query."""
    rows = Attachment.objects.filter(case=case, section=section).order_by("pk")
    return {(row.question, row.sha256): row for row in rows}
