"""Newcomers follow the three guides to the letter, in the demonstration, in Chinese.

With SHIDIAN_LOOKS=2 in English as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium
from tests.e2e.followers import Play
from tests.guide_text import READERS
from tests.looks import TURNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.e2e.demo_city import DemoCity

pytestmark = [pytest.mark.browser, pytest.mark.prove]

ELSEWHERE = {
    ("Choosing or drawing a panel", number): "tests/e2e/test_panel_of_five.py: no scheme here draws"
    for number in "123"
}


@pytest.fixture(scope="module")
def browser(city: DemoCity) -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize("language", ["zh-hans", "en"][:TURNS])
def test_a_newcomer_does_every_step_from_the_guides_alone(
    browser: Browser, city: DemoCity, language: str
) -> None:
    play = Play(browser, city, language)
    play.to_the_end()
    play.leave()
    for reader in READERS:
        for place, step in play.guides[reader].places.items():
            if place[1] and place not in ELSEWHERE:
                assert not step.left, step.name
