"""Labels that the readers' documents quote are the ones that the pages show, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "src/shidian/web/locale/zh_Hans/LC_MESSAGES/django.po"
ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)
LABEL = re.compile(r"\*+([^*]+?)\*+ \(([^)]*[\u4e00-\u9fff][^)]*)\)")


def catalogue() -> dict[str, set[str]]:
    """English → its Chinese; several where a word is shown in several senses."""
    found: dict[str, set[str]] = {}
    for english, chinese in ENTRY.findall(CATALOGUE.read_text(encoding="utf-8")):
        found.setdefault(_whole(english), set()).add(_whole(chinese))
    return found


def _whole(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.split("\n") if line)


@pytest.mark.parametrize("reader", ["applicant", "expert", "officer", "public"])
def test_labels_of_a_document_are_those_of_the_pages(reader: str) -> None:
    shown = catalogue()
    # the names of acts come from the core, where every text stands in both languages
    acts = (ROOT / "src/shidian/core/procedure/verbs.py").read_text(encoding="utf-8")
    labels = LABEL.findall((ROOT / "docs" / reader / "README.md").read_text(encoding="utf-8"))

    assert labels
    for english, chinese in labels:
        if english in shown:
            assert chinese in shown[english], english
        else:
            assert f'_text("{chinese}", "{english}")' in acts, english
