"""Parts of the case page that other apps supply: they know cases, cases does not know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState

    Build = Callable[[Case, CaseState, Viewer], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A part: `build` returns the context of `template`, or None where there is nothing to show."""

    template: str
    build: Build
    order: int = 50


_parts: list[Part] = []


def register(part: Part) -> None:
    """Add a part to every case page. Called once, when its app's views are loaded."""
    _parts.append(part)


def parts_of(case: Case, state: CaseState, viewer: Viewer) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, context) of every part that has something to show, in order."""
    built = (
        (part.template, part.build(case, state, viewer))
        for part in sorted(_parts, key=lambda part: part.order)
    )
    return [(template, context) for template, context in built if context is not None]
