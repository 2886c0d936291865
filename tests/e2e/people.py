"""Everyone at a browser of their own, doing what their page asks of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.urls import resolve

from tests.browser import Visitor
from tests.e2e import forms
from tests.factories import PASSWORD
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


class People:
    """Everyone at their own browser, on the day that the server shows; each signs in once."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self._visitors: dict[str | None, Visitor] = {}
        self._judged: set[str] = set()

    @contextmanager
    def of(self, username: str | None) -> Iterator[Page]:
        """The page of one signed-in person; what their browser complains of fails the test.

        Of each kind of page that someone ends on, the first is judged for accessibility.
        """
        visitor = self._visitors.get(username)
        if visitor is None:
            visitor = self._visitors[username] = Visitor(self.browser, self.url, language="en")
            if username:
                visitor.sign_in(username, PASSWORD)
        yield visitor.page
        kind = resolve(urlsplit(visitor.page.url).path).view_name
        if kind not in self._judged:
            self._judged.add(kind)
            visitor.check_accessible()
        visitor.check_clean()

    def act(self, username: str, reference: str, link: str, **answers: str) -> None:
        """Follow a link of the case page, fill in the act's form, and confirm."""
        with self.of(username) as page:
            page.goto(f"{self.url}/cases/{reference}/")
            page.locator(f'a[href$="/{link}/"]').first.click()
            forms.fill(page, on_day="2025-05-06", **answers)
            page.locator("main .actions button").first.click()
            page.wait_for_load_state()
            done = page.url.endswith(f"/cases/{reference}/")
            assert done, (username, link, page.locator("main").inner_text()[:800])


def attach(page: Page) -> None:
    """Give every question for a file a small PDF."""
    for box in page.locator("main input[type=file]").all():
        box.set_input_files(
            {
                "name": "assessment.pdf",
                "mimeType": "application/pdf",
                "buffer": pdf(),
            }
        )
