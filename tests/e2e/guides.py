"""The readers' guides, taken apart so that they can be followed to the letter.

A guide quotes labels as the pages show them, in English and in Chinese. Whoever follows it takes or
looks for labels that the step at hand quotes and no others; what a step quotes and nobody met is
left over. So neither guide nor page can change without the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as NotShownError

from tests.browser import ROOT
from tests.guide_text import labels_in, places_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHINESE = "zh-hans"
OPEN_FOLDS = "document.querySelectorAll('details').forEach(one => one.open = true)"
SHOWN_MS_MAX = 5000


@dataclass
class Step:
    """One place of a guide, for a reader of one language."""

    name: str
    quoted: dict[str, str]
    chinese: bool
    left: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.left = set(self.quoted)

    def word(self, english: str) -> str:
        """The label as this reader has it; it counts as met."""
        assert english in self.quoted, f"{self.name} quotes no “{english}”"
        self.left.discard(english)
        return self.quoted[english] if self.chinese else english

    def take(self, page: Page, english: str) -> None:
        """Click on the link, button or fold that the guide names."""
        word = self.word(english)
        page.evaluate(OPEN_FOLDS)
        found = page.locator("a:visible, button:visible, summary:visible").filter(
            has_text=re.compile(rf"^\s*{re.escape(word)}")
        )
        assert found.count(), f"{self.name}: nothing named “{word}” to take on {page.url}"
        found.first.click()
        page.wait_for_load_state()

    def see(self, page: Page, *english: str) -> None:
        """The page shows what the guide says, folds open; what comes while one types, in a moment."""
        page.evaluate(OPEN_FOLDS)
        for word in map(self.word, english):
            shown = page.locator("body").get_by_text(word).locator("visible=true").first
            try:
                shown.wait_for(timeout=SHOWN_MS_MAX)
            except NotShownError:
                pytest.fail(f"{self.name}: no “{word}” on {page.url}")


class Guide:
    """`docs/<reader>/README.md`, as one reader of one language follows it."""

    def __init__(self, reader: str, language: str) -> None:
        text = (ROOT / "docs" / reader / "README.md").read_text(encoding="utf-8")
        self.places = {
            place: Step(f"{reader}: {' '.join(place)}", labels_in(told), language == CHINESE)
            for place, told in places_of(text).items()
        }

    def step(self, heading: str, number: str = "") -> Step:
        """The step of that number, or of that row; without one, the heading's other text."""
        return self.places[heading, number]
