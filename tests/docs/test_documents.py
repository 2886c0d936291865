"""Documents are checked like code: links resolve, twins agree, what is named exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from shidian.config import Settings

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """Every Markdown file of the repository."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def anchors(document: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    found = set()
    for line in FENCE.sub("", document.read_text(encoding="utf-8")).splitlines():
        if line.startswith("#"):
            text = re.sub(r"[`*]", "", line.lstrip("#").strip()).lower()
            found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_document_resolve(document: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def outline(document: Path) -> list[str]:
    """The levels of its headings, in order."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    return re.findall(r"^(#+) ", text, re.MULTILINE)


def test_the_two_readmes_have_the_same_outline_links_and_commands() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh.md"
    assert outline(english) == outline(chinese)
    blocks = [
        re.findall(r"^    .*$", FENCE.sub("", f.read_text("utf-8"))) for f in (english, chinese)
    ]
    assert blocks[0] == blocks[1]

    def targets(file: Path) -> list[str]:
        found = LINK.findall(file.read_text(encoding="utf-8"))
        return sorted(t for t in found if not t.startswith("README"))

    assert targets(english) == targets(chinese)


def test_make_targets_named_in_documents_exist_and_have_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    for document in documents():
        named = set(re.findall(r"\bmake ([a-z-]+)`", document.read_text(encoding="utf-8")))
        assert named <= targets, f"{document.name} names {named - targets}"
    assert {"setup", "demo", "demo-reset", "test", "prove", "check", "lock"} <= targets


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "operator" / "README.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`SHIDIAN_{name.upper()}`" in page


def test_every_decision_record_has_its_four_parts() -> None:
    records = sorted((ROOT / "docs" / "developer" / "adr").glob("[0-9]*.md"))
    assert len(records) >= 4
    for record in records:
        text = record.read_text(encoding="utf-8")
        for part in ("## Status", "## Context", "## Decision", "## Consequences"):
            assert part in text, f"{record.name} lacks {part}"
