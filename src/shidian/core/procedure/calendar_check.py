"""Whether the calendars that a rulebook counts by exist: days are data beside the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.calendars import known_ids
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import Problem

if TYPE_CHECKING:
    from shidian.core.rulebook.load import Loaded


def unknown_calendars(loaded: Loaded) -> tuple[Problem, ...]:
    """A problem for each calendar that the library of calendars lacks. No clock could run by it."""
    calendars = loaded.rulebook.calendars
    if calendars is None:
        return ()
    known = known_ids()
    found = []
    for key in ("deadlines", "market", "session"):
        name = getattr(calendars, key)
        if name is None or name in known:
            continue
        mark = loaded.mark(f"/calendars/{key}")
        message = Text(
            zh=f"日历“{name}”不存在",
            en=f"there is no calendar '{name}'",
        )
        expected = _those_there_are(name, known)
        found.append(Problem(f"/calendars/{key}", mark.file, mark.line, message, expected))
    return tuple(found)


def _those_there_are(name: str, known: tuple[str, ...]) -> Text:
    """Calendars of the same kind of day: the nearest spelling would be another country's."""
    kind = name.partition("-")[2]
    listed = [one for one in known if one.partition("-")[2] == kind] or list(known)
    return Text(zh=f"现有：{'、'.join(listed)}", en=f"there are: {', '.join(listed)}")
