"""Answering whatever form a page shows, as a person would who has nothing particular to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FIELDS = "main textarea, main input[type=text], main input[type=number], main input[type=date]"


def fill(page: Page, *, on_day: str = "", **answers: str) -> None:
    """Answer what the form asks; a name without an answer gets something plausible.

    `on_day` (2025-05-06) is given where a date is asked; without it, a day soon to come.
    An answer for boxes to tick is how many of them, from the first; without one, the first.
    """
    for name in names_of(page, "main input[type=radio]"):
        wanted = answers.get(name.replace("-", "_"))
        choice = f'[value="{wanted}"]' if wanted else ""
        page.locator(f'main input[type=radio][name="{name}"]{choice}').first.check()
    for name in names_of(page, "main input[type=checkbox]"):
        boxes = page.locator(f'main input[type=checkbox][name="{name}"]').all()
        for box in boxes[: int(answers.get(name.replace("-", "_"), "1"))]:
            box.check()
    for box in page.locator(FIELDS).all():
        name = (box.get_attribute("name") or "").replace("-", "_")
        if not box.is_visible():  # the texts of a rule that is not chosen
            continue
        if name in answers:
            box.fill(answers[name])
        elif not box.input_value():
            box.fill(plausible(box, on_day or soon()))


def plausible(box: Locator, on_day: str) -> str:
    """Something that the field accepts."""
    match box.get_attribute("type"):
        case "number":
            low, high = (int(box.get_attribute(end) or at) for end, at in (("min", 0), ("max", 80)))
            return str(max(low, min(high, 80)))
        case "date":
            return on_day
        case _:
            return "80"


def soon() -> str:
    """A date that is still to come, wherever the reader is."""
    return (datetime.now(UTC) + timedelta(days=9)).date().isoformat()


def names_of(page: Page, selector: str) -> list[str]:
    """Names of the inputs, each once, in order."""
    found = [box.get_attribute("name") or "" for box in page.locator(selector).all()]
    return list(dict.fromkeys(found))
