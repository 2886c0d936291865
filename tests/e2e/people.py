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

    from playwright.sync_api import Browser, Locator, Page

    from tests.looks import Look

OWN: Look = ("en", 1280)


class People:
    """Everyone at their own browser, on the day that the server shows; each signs in once.

    With `looks`, each kind of page that is passed, the form of each act included, is judged in all
    of these; without, those on which someone ends, in English.
    """

    def __init__(self, browser: Browser, url: str, *, looks: tuple[Look, ...] = ()) -> None:
        self.browser = browser
        self.url = url
        self.looks = looks
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
        self._judge(visitor)
        visitor.check_clean()

    def look(self, username: str | None, *, part: str = "") -> None:
        """Judge the page that someone is at, where each kind is looked at.

        `part` tells apart what one kind of page shows to one reader and not to another.
        """
        if self.looks:
            self._judge(self._visitors[username], part)

    def _judge(self, visitor: Visitor, part: str = "") -> None:
        found = resolve(urlsplit(visitor.page.url).path)
        what = found.kwargs.get("verb") or found.kwargs.get("letter_act") or ""
        kind = f"{found.view_name} {what} {part}"
        if any(one.startswith(kind) for one in self._judged):
            return
        self._judged.add(kind)
        visitor.check_accessible()
        if self.looks:
            address = visitor.page.url
            for look in (*self.looks, OWN):
                self._judge_as(visitor, address, look)

    def _judge_as(self, visitor: Visitor, address: str, look: Look) -> None:
        """Read the page anew in that language, so wide, and judge it."""
        language, width = look
        visitor.context.add_cookies(
            [{"name": "django_language", "value": language, "url": self.url}]
        )
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.goto(address)
        spoken = visitor.page.locator("html").get_attribute("lang") or ""
        assert spoken.lower() == language, (address, spoken)
        assert visitor.fits(), (address, look)
        if look != OWN:
            visitor.check_accessible()

    def act(self, username: str, reference: str, link: str, **answers: str) -> None:
        """Follow a link of the case page, fill in the act's form, and confirm."""
        with self.of(username) as page:
            page.goto(f"{self.url}/cases/{reference}/")
            follow(page.locator(f'a[href$="/{link}/"]').first)
            self.look(username)
            forms.fill(page, on_day="2025-05-06", **answers)
            attach(page)
            follow(page.locator("main .actions button").first)
            done = page.url.endswith(f"/cases/{reference}/")
            assert done, (username, link, page.locator("main").inner_text()[:800])


def follow(leading: Locator) -> None:
    """Click on a link or button, and be on the page it leads to: a click alone returns before."""
    with leading.page.expect_navigation():
        leading.click()


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
