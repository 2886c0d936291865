"""One finding of the analysis, and the two ways to make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem not yet placed in a file; an error refuses the rulebook, a note does not."""

    problem: Problem
    is_error: bool


def error(path: str, message: str, expected: str) -> Finding:
    """Something that refuses the rulebook."""
    return Finding(Problem(path, "", 0, message, expected), is_error=True)


def note(path: str, message: str, expected: str) -> Finding:
    """Something worth saying that refuses nothing."""
    return Finding(Problem(path, "", 0, message, expected), is_error=False)


def unknown(path: str, kind: str, name: str, known: Collection[str]) -> Finding:
    """A reference to something not declared."""
    return error(path, f"{kind} '{name}' is not declared", did_you_mean(name, known))
