"""The PDF: the same bytes for the same reading, and no text can say anything to the typesetter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.reading import read
from shidian.core.rulebook.reading.diagram import diagram_svg
from shidian.core.rulebook.reading.typeset import _str, to_pdf, to_typst
from tests.core.rulebook.reading.library import regime


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pdf_is_the_same_for_the_same_reading(lang: str) -> None:
    loaded = regime("demo-city")
    svg = diagram_svg(loaded.rulebook, lang, plain=True)

    first, second = (to_pdf(read(loaded), lang, svg) for _ in range(2))

    assert first.startswith(b"%PDF-")
    assert first == second


def test_document_holds_title_mark_contents_and_sources() -> None:
    loaded = regime("demo-city")
    reading = read(loaded)
    source = to_typst(reading, "zh", diagram_svg(loaded.rulebook, "zh", plain=True))
    assert reading.title.zh in source
    assert "非官方文本" in source
    assert loaded.digest in source
    assert source.count("#article(") == len(list(reading.articles))
    assert f"○{reading.notes[-1].number}" in source or f"◐{reading.notes[-1].number}" in source


HOSTILE = '"); #read("/etc/passwd") #panic() $x$ <a> @b *c* \\ ` ]'


def test_text_of_a_rulebook_is_never_markup() -> None:
    text = Path("rulebooks/demo-city.yaml").read_text(encoding="utf-8")
    evil = text.replace("zh: 示范市资本市场金融科技创新试点（演示）", f"zh: '{HOSTILE}'")
    assert evil != text
    loaded = load_text(
        evil,
        name="evil.yaml",
        resolve=lambda name: Path(f"rulebooks/{name}.yaml").read_text("utf-8"),
    )
    assert to_pdf(read(loaded), "zh").startswith(b"%PDF-")


@settings(max_examples=300)
@given(st.text())
def test_string_literal_ends_where_it_should(text: str) -> None:
    literal = _str(text)
    inside = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert literal[0] == literal[-1] == '"'
    assert '"' not in inside
    assert "\n" not in literal
