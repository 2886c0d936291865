"""In a real Chromium no text of a public page runs, or tries to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser import build_home, run_python, serve
from tests.sweeps.payloads import MARK, some
from tests.sweeps.planting import asked, lists, pages

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    event => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
SEED = "from tests.web.hostile_seed import seed\nseed()\n"


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(3, id="some"),
        # Ten pages a text; all of them by SHIDIAN_XSS_PAYLOADS=300, in a quarter of an hour.
        pytest.param(25, id="many", marks=pytest.mark.prove),
    ],
)
def test_no_text_of_a_public_page_runs_in_a_browser(
    tmp_path: Path, browser: Browser, count: int
) -> None:
    texts = some(count)
    home = build_home(tmp_path / "home")
    run_python(SEED, home, SHIDIAN_XSS_PAYLOADS=str(len(texts)))
    addresses = [*lists(), *(one for text in texts for one in asked(text)[:3])]
    addresses += [one for n in range(len(texts)) for one in pages(n, law=n < 1)]
    with serve(home) as site:
        context = browser.new_context()
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("dialog", lambda dialog: found.append(f"dialog {page.url}") or dialog.dismiss())
        found: list[str] = []
        for address in addresses:
            page.goto(site.url + address, wait_until="load")
            found += [f"{address}: {one}" for one in ran(page)]
            assert page.url.startswith(site.url), address
        context.close()
    assert not found, "\n".join(found)


def ran(page: Page) -> list[str]:
    """What ran on the page, after everything that could start by itself had its chance."""
    return page.evaluate(
        f"() => [...(window.{MARK} ? ['executed'] : []), ...window.violations.map(String)]"
    )


def test_the_watch_sees_what_runs_and_what_was_stopped(browser: Browser) -> None:
    """Else the test above would prove nothing."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.set_content(f"<script>window.{MARK}=1</script>")
    assert page.evaluate(f"window.{MARK}") == 1
    page.close()
    assert os.environ.get("SHIDIAN_XSS_PAYLOADS") is None or some(300)
