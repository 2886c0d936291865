"""Labels that the readers' documents quote are the ones that the pages show, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.guide_text import READERS, labels_in, places_of

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "src/shidian/web/locale/zh_Hans/LC_MESSAGES/django.po"
ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)

DOCUMENTS = [Path(reader, "README.md") for reader in (*READERS, "public")] + [
    Path("officer", f"{name}.md") for name in ("letters", "national")
]


def catalogue() -> dict[str, set[str]]:
    """English → its Chinese; several where a word is shown in several senses."""
    found: dict[str, set[str]] = {}
    for english, chinese in ENTRY.findall(CATALOGUE.read_text(encoding="utf-8")):
        found.setdefault(_whole(english), set()).add(_whole(chinese))
    return found


def _whole(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.split("\n") if line)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_labels_of_a_document_are_those_of_the_pages(document: Path) -> None:
    shown = catalogue()
    # the names of acts come from the core, where every text stands in both languages
    acts = (ROOT / "src/shidian/core/procedure/verbs.py").read_text(encoding="utf-8")
    labels = labels_in((ROOT / "docs" / document).read_text(encoding="utf-8"))

    assert labels
    for english, chinese in labels.items():
        if english in shown:
            assert chinese in shown[english], english
        else:
            assert f'_text("{chinese}", "{english}")' in acts, english


@pytest.mark.parametrize("reader", READERS)
def test_the_chinese_guide_has_the_same_steps_and_quotes_the_same_labels(reader: str) -> None:
    folder = ROOT / "docs" / reader
    english, chinese = (
        list(places_of((folder / name).read_text(encoding="utf-8")).items())
        for name in ("README.md", "README.zh.md")
    )
    assert len(english) == len(chinese)
    for ((heading, number), told), ((_heading, twin), told_zh) in zip(
        english, chinese, strict=True
    ):
        assert number.isdigit() == twin.isdigit(), heading
        assert number == twin or not number.isdigit(), heading
        quoted = set(re.findall("“([^”]+)”", told_zh))
        assert set(labels_in(told).values()) <= quoted, (heading, number)
