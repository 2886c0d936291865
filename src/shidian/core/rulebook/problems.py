"""What can be wrong with a rulebook, said in both languages so that its author can mend it."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROBLEMS_MAX = 100
"""So many problems of one kind are said; an author mends no more at a time."""

_SHOWN_MAX = 12
_suggestions_left: ContextVar[list[int] | None] = ContextVar("suggestions_left", default=None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `path` is a JSON pointer whose list items are named by their `id`.

    `line` counts from 1; 0 means that the rules did not come from a file.
    """

    path: str
    file: str
    line: int
    message: Text
    expected: Text

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: Literal["zh", "en"]) -> str:
        """`file:line: path: what is wrong; what would be right` in one language."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        path = self.path or "/"
        if lang == "zh":
            return f"{where}: {path}: {self.message.zh}；{self.expected.zh}"
        return f"{where}: {path}: {self.message.en}; {self.expected.en}"

    def at(self, file: str, line: int) -> Problem:
        """The same problem, placed."""
        return replace(self, file=file, line=line)


class RulebookErrors(Exception):  # noqa: N818 - it carries several problems, and says so
    """The document is no rulebook; `problems` says why, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(
            sorted(set(problems), key=lambda p: (p.file, p.line, p.path, p.message.en))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def say(self, lang: Literal["zh", "en"]) -> str:
        """Every problem in one language, a line each."""
        return "\n".join(problem.say(lang) for problem in self.problems)


def as_text(said: Text | str) -> Text:
    """A text as it is; a plain string, such as a path or a number, stands for itself."""
    return Text(zh=said, en=said) if isinstance(said, str) else said


@contextmanager
def few_suggestions(count: int = 2 * PROBLEMS_MAX) -> Iterator[None]:
    """Let `did_you_mean` look for what is near only so often: it costs a millisecond a time.

    A file with ten thousand wrong words is refused as quickly as one with ten.
    """
    token = _suggestions_left.set([count])
    try:
        yield
    finally:
        _suggestions_left.reset(token)


def _nearest(word: str, candidates: list[str]) -> list[str]:
    left = _suggestions_left.get()
    if left is not None:
        if left[0] <= 0:
            return []
        left[0] -= 1
    return difflib.get_close_matches(word[:80], candidates, n=1, cutoff=0.6)


def did_you_mean(word: str, known: Iterable[str]) -> Text:
    """`did you mean 'length'?`, or the list of what is known where nothing is near."""
    candidates = sorted(set(known))
    near = _nearest(word, candidates)
    if near:
        return Text(zh=f"是否应为“{near[0]}”？", en=f"did you mean '{near[0]}'?")
    if not candidates:
        return Text(zh="此处尚未声明任何内容", en="nothing is declared there yet")
    more = len(candidates) > _SHOWN_MAX
    shown = candidates[:_SHOWN_MAX]
    return Text(
        zh=f"此处可用：{'、'.join(shown)}{'等' if more else ''}",
        en=f"known here: {', '.join(shown)}{', …' if more else ''}",
    )
