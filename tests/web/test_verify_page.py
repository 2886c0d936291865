"""docs/public/verify, followed to the letter in both languages: its commands run, its labels exist."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from shidian.core.record.leaf import decode
from shidian.core.record.reader import LogReader
from tests.browser import ROOT, Visitor, build_home, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser
_PUBLIC = ROOT / "docs" / "public"
_SITE, _LEAF = "https://sandbox.example", "203"
"""What the text writes in the place of a reader's own site and leaf."""


class Document(NamedTuple):
    """The page in one language: labels as it quotes them, marks to look for, commands."""

    language: str
    labels: list[str]
    marks: int
    commands: list[list[str]]


def read(language: str) -> Document:
    name, quoted = {"en": ("verify.md", r"\*\*(.+?)\*\*"), "zh-hans": ("verify.zh.md", "“(.+?)”")}[
        language
    ]
    text = (_PUBLIC / name).read_text(encoding="utf-8")
    steps = text[text.index("\n1. ") : text.index("\n## ", text.index("\n1. "))]
    blocks = re.findall(r"(?:^    .+\n)+", text, re.MULTILINE)
    return Document(
        language,
        re.findall(quoted, steps),
        len(re.findall(r"^ +- ", steps, re.MULTILINE)),
        [[line.strip() for line in block.splitlines()] for block in blocks],
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("doc") / "home", seed="tests.web.record_seed:seed")
    with serve(home) as served:
        yield served


@pytest.fixture(scope="module")
def leaves(site: Site) -> dict[str, int]:
    """Index by subject."""
    reader = LogReader(site.home / "record" / "tiles")
    read_all = reader.entries(reader.checkpoint().size)
    return {decode(data).subject: index for index, data in read_all}


def run(command: str, folder: Path) -> bytes:
    """What a reader's shell prints, `shidian` being installed, its settings nobody's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"},
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout!r}\n{done.stderr!r}"
    return done.stdout


def test_both_languages_give_the_same_commands_and_as_many_steps() -> None:
    english, chinese = read("en"), read("zh-hans")
    assert english.commands == chinese.commands
    assert len(english.labels) == len(chinese.labels) == 4
    assert english.marks == chinese.marks == 4


def test_the_commands_show_what_the_text_says_they_show(
    site: Site, leaves: dict[str, int], tmp_path: Path
) -> None:
    plain = str(leaves["page/call/demo-city-1/1"])
    (hash_text, show_leaf), (verify,), (keep, since) = [
        [line.replace(_SITE, site.url).replace(_LEAF, plain) for line in block]
        for block in read("en").commands
    ]
    digest = run(hash_text, tmp_path).decode().split()[0]
    assert json.loads(run(show_leaf, tmp_path))["text_sha256"] == f"sha256:{digest}"
    assert f"{len(leaves)} leaves, all verified" in run(verify, tmp_path).decode()
    run(keep, tmp_path)
    assert f"all {len(leaves)} leaves of the older" in run(since, tmp_path).decode()


def test_the_commands_of_a_sealed_texts_own_page_give_its_commitment(
    site: Site, browser: Browser, leaves: dict[str, int], tmp_path: Path
) -> None:
    visitor = Visitor(browser, site.url, language="en")
    page = visitor.open(f"/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    fetch, salt, take_in, leaf = page.inner_text("pre >> nth=0").strip().splitlines()
    digest = run(f"{fetch}\n{salt}\n{take_in}", tmp_path).decode().split()[0]
    shown = run(leaf, tmp_path)
    assert json.loads(shown)["commitment"] == f"sha256:{digest}"
    text = (tmp_path / "text.json").read_bytes()
    assert hashlib.sha256(text).hexdigest().encode() not in shown
    visitor.close()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_steps_in_the_browser_are_those_that_the_text_names(
    site: Site, browser: Browser, leaves: dict[str, int], language: str
) -> None:
    document = read(language)
    badge, verified, field, button = document.labels
    visitor = Visitor(browser, site.url, language=language)
    index = leaves["page/call/demo-city-1/1"]
    page = visitor.open("/calls/demo-city-1/")
    page.get_by_role("link", name=badge.replace(_LEAF, str(index)), exact=True).click()
    page.wait_for_selector(".verdict.good")
    assert page.locator("#verify-steps li.good").count() == document.marks
    assert page.inner_text("#verify-verdict").startswith(verified)
    page.get_by_label(field, exact=True).fill(page.get_attribute("#verify", "data-keys") or "")
    told = page.get_attribute("#verify", "data-own-key") or ""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text(told).wait_for()
    assert page.get_attribute("#verify-verdict", "class") == "verdict good"
    visitor.open("/calls/").click('footer a[href="/record/verify/"]')
    page.wait_for_selector(".verdict.good")
    page = visitor.open(f"/record/leaves/{index}/")
    page.get_by_role("link", name=re.compile("Proof in one file|单文件")).wait_for()
    assert ".tlog-proof" in page.inner_text("aside")
    visitor.check_clean()
    visitor.close()
