"""Why a domain verb refused, in words for the person who tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case, FormSection


class DomainError(ValueError):
    """A verb was refused; nothing was written. `str()` speaks the active language.

    `code` is stable (a `RefusalCode` where the procedure refused); `field`: the datum at fault.
    """

    def __init__(self, code: str, text: Text, field: str | None = None) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text
        self.field = field

    def __str__(self) -> str:
        return self.text.zh if (get_language() or "zh-hans").startswith("zh") else self.text.en


class ForbiddenError(DomainError):
    """The person may not do this; show them the same as for what does not exist."""

    def __init__(self, code: str = "forbidden") -> None:
        super().__init__(
            code,
            Text(zh="您没有办理此事项的权限。", en="You have no permission to do this."),
        )


class OvertakenError(DomainError):
    """Somebody else acted on the case after the page was loaded. `last_seq`: the newest event."""

    def __init__(self, last_seq: int) -> None:
        super().__init__(
            "overtaken",
            Text(
                zh="页面打开后，已有其他人办理了该案：请查看最新进展后再决定。",
                en="Somebody else acted on this case after you opened the page:"
                " see what happened, then decide.",
            ),
        )
        self.last_seq = last_seq


class StaleForm(DomainError):  # noqa: N818 - named as its readers speak of it
    """Someone else saved the section meanwhile. Both versions are here; nothing was lost.

    `theirs`: the newest stored version; `yours`: the answers that were not stored.
    """

    def __init__(self, theirs: FormSection, yours: dict[str, object]) -> None:
        super().__init__(
            "stale-form",
            Text(
                zh=f"{theirs.saved_by.name_zh} 已先保存了本节：请对照两个版本后再保存。",
                en=f"{theirs.saved_by.name_en or theirs.saved_by.name_zh} saved this section"
                " first: compare both versions, then save again.",
            ),
        )
        self.theirs = theirs
        self.yours = yours


class DoubledError(DomainError):
    """The same person made the same thing a moment ago. `case`: what they made."""

    def __init__(self, case: Case) -> None:
        super().__init__(
            "doubled",
            Text(
                zh=f"您刚刚已创建同名申报 {case.reference}。",
                en=f"You started the same application a moment ago: {case.reference}.",
            ),
        )
        self.case = case
