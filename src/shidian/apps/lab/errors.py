"""Why a verb of the lab refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.errors import DomainError
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.apps.lab.models import DraftRevision


class StaleDraft(DomainError):  # noqa: N818 - named as its readers speak of it
    """Someone else saved the draft meanwhile. `theirs` is stored; `yours` is here, not lost."""

    def __init__(self, theirs: DraftRevision, yours: str) -> None:
        person = theirs.saved_by
        super().__init__(
            "stale-draft",
            Text(
                zh=f"{person.name_zh} 已先保存了第 {theirs.number} 稿：请对照两稿后再保存。",
                en=f"{person.name_en or person.name_zh} saved revision {theirs.number} first:"
                " compare both texts, then save again.",
            ),
            "text",
        )
        self.theirs = theirs
        self.yours = yours


def refuse(code: str, zh: str, en: str, field: str | None = None) -> DomainError:
    """A refusal in both languages, to be raised."""
    return DomainError(code, Text(zh=zh, en=en), field)
