"""Names of what a rulebook refers to by id; the id itself where nothing bears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.reading.numbers import both

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Text
    from shidian.core.rulebook.reading.pen import Pen


def stage_name(pen: Pen, stage_id: str) -> Text:
    """A stage's name for staff."""
    try:
        return pen.rulebook.stage(stage_id).names.staff
    except KeyError:
        return both(stage_id)


def authority_name(pen: Pen, authority_id: str) -> Text:
    """An authority's name."""
    try:
        return pen.rulebook.authority(authority_id).name
    except KeyError:
        return both(authority_id)
