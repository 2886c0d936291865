"""What the public pages need beyond the design system: dates out of bodies, marks, the diagram."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.translation import get_language

from shidian.apps.portal.diagram import lay_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

register = template.Library()


@register.filter
def iso(value: str | None) -> date | datetime | None:
    """Text of a body → date or aware datetime; nothing for nothing."""
    if not value:
        return None
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


@register.inclusion_tag("portal/_mark.html")
def mark(marks: Sequence[Mapping[str, Any]], index: Any) -> dict[str, Any]:
    """The source mark of a value; all values with the same source open the same text."""
    signs = {"verified": "●", "reported": "◐", "assumed": "○"}
    if not isinstance(index, int) or not 0 <= index < len(marks):
        return {"sign": ""}
    basis = str(marks[index]["basis"])
    return {"sign": signs.get(basis, "○"), "basis": basis, "index": index}


@register.inclusion_tag("portal/_stages.html")
def stage_diagram(stages: Sequence[Mapping[str, Any]], title: str) -> dict[str, Any]:
    """The stages as SVG, with the same in words for those who do not see it."""
    names = {stage["id"]: stage["name"] for stage in stages}
    moves = [
        {"name": stage["name"], "next": [names[n] for n in stage["next"] if n in names]}
        for stage in stages
    ]
    return {"diagram": lay_out(stages), "title": title, "moves": moves}


@register.filter
def known(share: Mapping[str, int]) -> int:
    """Values with a source: verified or reported."""
    return share["verified"] + share["reported"]


@register.filter
def partial_day(value: str) -> str:
    """`2021`, `2021-10` or `2021-10-20` in the reader's words: history is not always to the day."""
    parts = [int(part) for part in value.split("-")]
    first = date(*[*parts, 1, 1][:3])
    english = (get_language() or "").startswith("en")
    if len(parts) == 3:  # noqa: PLR2004 - year, month, day
        return (
            f"{first.day} {first:%B} {first.year}"
            if english
            else f"{first.year}年{first.month}月{first.day}日"
        )
    if len(parts) == 2:  # noqa: PLR2004
        return f"{first:%B} {first.year}" if english else f"{first.year}年{first.month}月"
    return f"{first.year}" if english else f"{first.year}年"
