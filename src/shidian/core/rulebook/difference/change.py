"""One change between two versions of rules, said in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Text


class ChangeKind(StrEnum):
    """What a change touches, weightiest first.

    `rules`: what governs. `wording`: names and translations. `basis`: why a value is what it is,
    and the sources. `document`: what the document is, and what has happened.
    """

    RULES = "rules"
    WORDING = "wording"
    BASIS = "basis"
    DOCUMENT = "document"


class Aspect(StrEnum):
    """In which way it changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Change:
    """`path` lies in the newer document, or in the older one where the newer has it no more.

    `before` and `after` are the values as said, None where there was or is none. `covers` names
    every leaf (JSON pointer) whose difference this change tells: no other tells it again.
    """

    path: str
    kind: ChangeKind
    aspect: Aspect
    text: Text
    before: Text | None = None
    after: Text | None = None
    covers: tuple[str, ...] = ()
