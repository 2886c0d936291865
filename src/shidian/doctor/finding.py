"""One thing that was looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`warn`: it works, and will not for long; `fail`: something does not work now."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is stable; `what` says what was found, `do` what helps where it is not in order."""

    name: str
    level: Level
    what: str
    do: str = ""
