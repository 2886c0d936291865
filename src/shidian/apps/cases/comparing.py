"""What differs between two texts, word by word. Pure.

runs("三年", "五年") → [Run("del", "三"), Run("ins", "五"), Run("same", "年")]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "del", "ins"]

_TOKEN = re.compile(r"[A-Za-z0-9_.,'%-]+|\s+|.", re.DOTALL)
"""Latin words and numbers whole, Chinese by the character."""
_PAIRS_MAX = 4_000_000
"""Beyond it texts are compared by the line, so that no text takes seconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that both have, or that only the earlier or the later one has."""

    mark: Mark
    text: str


def runs(before: str, after: str) -> list[Run]:
    """The two texts in one: without `ins` it is the earlier, without `del` the later."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > _PAIRS_MAX:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Run] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Run("same", "".join(old[a:b])))
            continue
        found += [Run("del", "".join(old[a:b]))] if b > a else []
        found += [Run("ins", "".join(new[c:d]))] if d > c else []
    return found
