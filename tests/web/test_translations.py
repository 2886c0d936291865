"""The catalogue is complete: no string without Chinese, none that is only guessed."""

from __future__ import annotations

import re
from pathlib import Path

import shidian

CATALOGUE = Path(shidian.__file__).parent / "web/locale/zh_Hans/LC_MESSAGES/django.po"
HOLE = re.compile(r"%\([a-z_]+\)[sd]")


def entries() -> list[str]:
    return CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]


def text_of(entry: str, field: str) -> str:
    found = re.search(rf'^{re.escape(field)} ((?:".*"\n?)+)', entry, flags=re.MULTILINE)
    return "".join(re.findall(r'"(.*)"', found[1])) if found else ""


def test_no_message_is_untranslated() -> None:
    empty = [e for e in entries() if not (text_of(e, "msgstr") or text_of(e, "msgstr[0]"))]
    assert not empty, "run scripts/messages and translate:\n" + "\n\n".join(empty)


def test_no_message_is_fuzzy() -> None:
    assert [e for e in entries() if re.search(r"^#,.*fuzzy", e, flags=re.MULTILINE)] == []


def test_translations_have_the_same_holes() -> None:
    for entry in entries():
        source = text_of(entry, "msgid_plural") or text_of(entry, "msgid")
        chinese = text_of(entry, "msgstr") or text_of(entry, "msgstr[0]")
        assert set(HOLE.findall(chinese)) <= set(HOLE.findall(source)), entry


def test_chinese_uses_full_width_punctuation() -> None:
    """Between Chinese characters no half-width comma, colon or question mark."""
    wrong = re.compile(r"[\u4e00-\u9fff][,:;?!][\u4e00-\u9fff]")
    assert [e for e in entries() if wrong.search(text_of(e, "msgstr"))] == []
