"""One text in the two languages of the product, and the refusal that carries one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A text for people, in both languages; neither may be empty."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not (self.zh.strip() and self.en.strip()):
            raise ValueError("a text needs both languages: zh and en")

    def document(self) -> dict[str, str]:
        """As JSON."""
        return {"zh": self.zh, "en": self.en}


class EvaluationError(ValueError):
    """What was asked cannot be answered from what was given. `where` names the input at fault."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where}: {en}")
        self.where = where
        self.text = Words(zh, en)
