"""Where rules come from: sources, their grades, bases, and what did happen."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shidian.core.rulebook.model.values import Frozen, Identifier, Text


class Basis(StrEnum):
    """How far the evidence for a value goes (RULEBOOK.md, principle 1)."""

    VERIFIED = "verified"
    REPORTED = "reported"
    ASSUMED = "assumed"


class Because(Frozen):
    """Why a value is what it is. `source` names an entry of the rulebook's `sources`."""

    basis: Basis
    source: str | None = None
    article: str | None = None
    date: str | None = None
    note: Text | None = None
    borrowed_from: str | None = None

    @model_validator(mode="after")
    def _a_claim_names_its_source(self) -> Self:
        if self.basis is not Basis.ASSUMED and not self.source:
            raise ValueError(f"basis {self.basis} names no source")
        return self


class Grade(StrEnum):
    """Grade of a source, as `facts/` uses it: official, press, re-post, garbled copy, memory."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    M = "M"


class Source(Frozen):
    """Where a value comes from: a law, a notice, a report, or the demonstration itself."""

    title: Text
    kind: Literal["law", "notice", "guide", "press", "paper", "standard", "demonstration"]
    grade: Grade | None = None
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    number: str | None = None
    date: str | None = None


class HistoryEvent(Frozen):
    """Something that did happen in the real regime: shown to readers, governs nothing."""

    id: Identifier
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    title: Text
    source: str
