"""Takes the README's screenshots of a running demonstration, on the system's Chromium.

Run `make demo` in another terminal first, and wait until the fault is on the board.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.cast import PASSWORD  # noqa: E402 - the demonstration is no installed package

IMAGES = ROOT / "docs" / "images"
SHOTS = (
    ("home.png", None, "/"),
    ("board.png", "officer-bureau", "/supervision/"),
)
"""(file, account that looks or None for the public, path)."""
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str:
    """The system's Chromium. Raises SystemExit when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit("Chromium is missing; make setup says how to install it.")


def shoot(browser: Browser, address: str, file: str, account: str | None, path: str) -> None:
    """One page, as that account sees it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 560}, locale="zh-CN", device_scale_factor=1.5
    )
    page = context.new_page()
    if account:
        page.goto(f"{address}/account/sign-in/")
        page.fill("input[name=username]", account)
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation():
            page.press("input[name=password]", "Enter")
        if page.url.endswith("/code/"):
            page.fill("input[name=code]", page.inner_text("#demo-code"))
            with page.expect_navigation():
                page.press("input[name=code]", "Enter")
    answer = page.goto(f"{address}{path}")
    if answer is None or not answer.ok:
        raise SystemExit(f"{path} answers {answer and answer.status}; nothing was taken")
    page.wait_for_timeout(1500)  # live parts fill in
    page.screenshot(path=IMAGES / file)
    context.close()
    sys.stdout.write(f"wrote {IMAGES / file}\n")


def main() -> None:
    """All screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    arguments = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    flags = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        for file, account, path in SHOTS:
            shoot(browser, arguments.address, file, account, path)
        browser.close()


if __name__ == "__main__":
    main()
