"""One finding of the analysis, and the ways to make one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Status, Text
from shidian.core.rulebook.problems import Problem, as_text, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from shidian.core.rulebook.model import Rulebook


class Level(StrEnum):
    """An error refuses the rulebook; a warning doubts it; a note says what a sketch still lacks."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, placed in a file by `at`. `is_gap`: something a sketch merely leaves unsaid."""

    problem: Problem
    level: Level
    is_gap: bool = False

    @property
    def is_error(self) -> bool:
        """Whether it refuses the rulebook."""
        return self.level is Level.ERROR

    def at(self, file: str, line: int) -> Finding:
        """The same finding, placed."""
        return replace(self, problem=self.problem.at(file, line))


def error(path: str, message: Text | str, expected: Text | str) -> Finding:
    """Something that refuses the rulebook."""
    return _finding(Level.ERROR, path, message, expected)


def warning(path: str, message: Text | str, expected: Text | str) -> Finding:
    """Something that can be meant, and more likely is not."""
    return _finding(Level.WARNING, path, message, expected)


def note(path: str, message: Text | str, expected: Text | str) -> Finding:
    """Something worth saying that refuses nothing."""
    return _finding(Level.NOTE, path, message, expected)


def missing(rulebook: Rulebook, path: str, message: Text | str, expected: Text | str) -> Finding:
    """Something not said: a gap in a sketch, an error in a rulebook that is to run."""
    if rulebook.status is Status.SKETCH:
        return replace(note(path, message, expected), is_gap=True)
    return error(path, message, expected)


def unknown(path: str, kind: Text | str, name: str, known: Collection[str]) -> Finding:
    """A reference to something not declared."""
    kind = as_text(kind)
    message = Text(zh=f"{kind.zh}“{name}”未声明", en=f"{kind.en} '{name}' is not declared")
    return error(path, message, did_you_mean(name, known))


def _finding(level: Level, path: str, message: Text | str, expected: Text | str) -> Finding:
    return Finding(Problem(path, "", 0, as_text(message), as_text(expected)), level)
