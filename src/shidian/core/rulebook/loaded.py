"""What loading a rulebook yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Because, Rulebook

Json: TypeAlias = "dict[str, Json] | list[Json] | str | None"
"""A document's value: every scalar is text, and null is null."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line 0 where the document came from no file."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one value comes from. `because` is None for titles, names and translations."""

    because: Because | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rulebook with its resolved explicit document and where each value comes from.

    `document` is JSON-able, has every scalar as text and every basis under `/because/of`; it
    holds no default of the model. `from_document(document)` yields the same digests.
    `provenance` is keyed by JSON pointers to scalars, list items named by their `id`:
    `/clocks/publicity/length`.
    `marks` places mappings and lists as well.
    """

    rulebook: Rulebook
    document: dict[str, Json]
    provenance: Mapping[str, Provenance]
    digest: str
    rules_digest: str
    marks: Mapping[str, Mark] = field(default_factory=dict)

    def mark(self, path: str) -> Mark:
        """The place of `path`, or of the nearest thing around it."""
        while path not in self.marks and path:
            path = path.rpartition("/")[0]
        return self.marks.get(path, Mark(self.rulebook.rulebook, 0))
