"""What can be wrong with a rulebook, said so that its author can mend it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `path` is a JSON pointer whose list items are named by their `id`.

    `line` counts from 1; 0 means that the rules did not come from a file.
    """

    path: str
    file: str
    line: int
    message: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.path or '/'}: {self.message}; {self.expected}"

    def at(self, file: str, line: int) -> Problem:
        """The same problem, placed."""
        return replace(self, file=file, line=line)


class RulebookErrors(Exception):  # noqa: N818 - it carries several problems, and says so
    """The document is no rulebook; `problems` says why, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(
            sorted(set(problems), key=lambda p: (p.file, p.line, p.path, p.message))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'length'?`, or the list of what is known where nothing is near."""
    candidates = sorted(set(known))
    near = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    if not candidates:
        return "nothing is declared there yet"
    shown = ", ".join(candidates[:12]) + (", …" if len(candidates) > 12 else "")  # noqa: PLR2004 - a line's worth
    return f"known here: {shown}"
