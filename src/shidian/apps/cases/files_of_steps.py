"""The documents of an evaluation's steps: what they may be, and where they lie."""

from __future__ import annotations

from shidian.core.rulebook.model import Question, QuestionKind, Text

SECTION = "evaluation-steps"
"""Whoever reads the case reads them: a step is done before everyone who has a part in it."""
STEP_FILE = Question(
    id="document",
    kind=QuestionKind.FILE,
    label=Text(zh="步骤文件", en="Document of the step"),
    accept=("pdf", "docx", "xlsx", "png", "jpg"),
    size_max_mib=20,
)
