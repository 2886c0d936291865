"""Looking a rulebook up once: answers kept per rulebook, as long as the rulebook lives."""

from __future__ import annotations

import weakref
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.core.rulebook.model import Rulebook

_P = ParamSpec("_P")
_R = TypeVar("_R")


def per_rulebook(
    work: Callable[Concatenate[Rulebook, _P], _R],
) -> Callable[Concatenate[Rulebook, _P], _R]:
    """Remembers `work(rulebook, *args)` for that very object. Arguments by position, hashable.

    Rulebooks are frozen but hold dictionaries, so they cannot be keys themselves. An answer may
    hold parts of the rulebook, never the rulebook: it would keep itself alive.
    """
    known: dict[int, dict[tuple[object, ...], _R]] = {}

    @wraps(work)
    def lookup(rulebook: Rulebook, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        answers = known.get(id(rulebook))
        if answers is None:
            answers = known[id(rulebook)] = {}
            weakref.finalize(rulebook, known.pop, id(rulebook), None)
        try:
            return answers[args]
        except KeyError:
            answer = answers[args] = work(rulebook, *args, **kwargs)
            return answer

    return lookup
