"""Charts in documents: the geometry of pages, in a form that needs no stylesheet and bears any text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from shidian import charts
from shidian.apps.cases import drawings, paper

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert("1")</script>&"'
START = datetime(2026, 1, 5, tzinfo=UTC)


def line(limit_words="at most 20"):
    points = [(START + timedelta(days=day), value) for day, value in enumerate((3, None, 22, 9))]
    chart = charts.draw([charts.Series("", points)], 20)
    return drawings.line_svg(chart, first="5 January", last="8 January", limit=limit_words)


def intervals():
    rows = [("Look 1", 0.03, -0.01, 0.07), ("Look 2", 0.04, 0.01, None)]
    return drawings.interval_svg(charts.intervals(rows, [("Harm", -0.02), ("Success", 0.02)]))


def words(svg):
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_a_line_is_drawn_with_its_axis_and_what_it_is_held_against():
    root = ET.fromstring(line())
    assert len(list(root.iter(f"{SVG}polyline"))) == 1
    assert len(list(root.iter(f"{SVG}circle"))) == 1, "a value that stands alone is a dot"
    assert [one for one in root.iter(f"{SVG}line") if one.get("stroke-dasharray")]
    assert words(line()) == ["0", "10", "20", "30", "at most 20", "5 January", "8 January"]


def test_an_end_without_bound_reaches_to_the_edge():
    drawn = list(ET.fromstring(intervals()).iter(f"{SVG}line"))
    ends = [one.get("x2") for one in drawn if one.get("stroke-width") == "3"]
    assert ends[1] == f"{charts.PLOT_WIDTH:.1f}" != ends[0]
    assert {"Look 1", "Look 2", "Harm", "Success", "0", "0.05"} == set(words(intervals()))


def test_no_text_becomes_markup():
    assert HOSTILE in words(line(HOSTILE))
    assert "<script" not in line(HOSTILE)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_document_with_charts_is_the_same_to_the_byte_and_says_them_in_words(language):
    def made(svg):
        drawing = paper.Drawing("Failed orders", svg, "Highest 22.")
        chapter = paper.Chapter("Promises", (paper.Entry("Kept", ("yes",)),), (drawing,))
        return paper.Paper("Report", "demo", language, (("Case", "demo"),), (chapter,))

    first = paper.to_pdf(made(line()))
    assert first == paper.to_pdf(made(line()))
    assert first != paper.to_pdf(made(intervals()))
    assert len(paper.to_docx(made(line()))) > 1000
