"""The diagram: no boxes overlap, every transition is drawn once, and it says so in words."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.rulebook.reading.diagram import Layout, diagram_svg, lay_out
from shidian.core.rulebook.reading.diagram.layout import BOX_WIDTH, wrapped
from tests.core.rulebook.reading.library import of_library, regime

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list, list]:
    names = [f"s{number}" for number in range(draw(st.integers(1, 9)))]
    labels = st.lists(st.tuples(st.just("note"), st.text("条件 abc", max_size=60)), max_size=4)
    nodes = [(name, "draft", [("name", name), *draw(labels)]) for name in names]
    ends = st.sampled_from(names)
    return nodes, draw(st.lists(st.tuples(ends, ends), max_size=25))


def is_sound(layout: Layout) -> None:
    """No two boxes overlap; everything lies inside; no curve runs through a box."""
    boxes = sorted(layout.boxes, key=lambda box: box.y)
    assert all(upper.bottom < lower.y for upper, lower in itertools.pairwise(boxes))
    for box in boxes:
        assert 0 <= box.x <= layout.width - BOX_WIDTH
        assert 0 <= box.y <= layout.height - box.height
    for move in layout.moves:
        if move.towards == (0, 1):
            continue
        for lane in (int(x) for x in re.findall(r"Q(-?\d+)", move.path)):
            assert 0 <= lane <= layout.width
            assert lane < boxes[0].x or lane > boxes[0].x + BOX_WIDTH


@given(graphs())
def test_every_move_is_drawn_once_and_no_boxes_overlap(graph: tuple[list, list]) -> None:
    nodes, edges = graph
    layout = lay_out(nodes, edges)
    is_sound(layout)
    drawn = [(move.source, move.target) for move in layout.moves]
    assert sorted(drawn) == sorted(set(edges))


@given(graphs())
def test_moves_that_overlap_do_not_share_a_lane(graph: tuple[list, list]) -> None:
    layout = lay_out(*graph)
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for move in layout.moves:
        lanes = re.findall(r"Q(-?\d+)", move.path)
        if lanes:
            ys = [int(y) for y in re.findall(r"(?:M-?\d+ |V)(-?\d+)", move.path)]
            key = (int(lanes[0]), move.target)
            low, high = spans.get(key, (min(ys), max(ys)))
            spans[key] = (min(low, *ys), max(high, *ys))
    for (lane, target), (low, high) in spans.items():
        for (other_lane, other), (a, b) in spans.items():
            assert lane != other_lane or target == other or b < low or high < a


@of_library
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_library_is_drawn_whole_and_fits_a_narrow_screen(name: str, lang: str) -> None:
    rulebook = regime(name).rulebook
    svg = diagram_svg(rulebook, lang)
    if not rulebook.stages:
        assert svg == ""
        return
    root = ET.fromstring(svg)
    moves = [node.get("data-move") for node in root.iter(f"{SVG}g") if node.get("data-move")]
    assert sorted(moves) == sorted(f"{s.id} {n}" for s in rulebook.stages for n in s.next)
    assert len([n for n in root.iter(f"{SVG}g") if n.get("data-stage")]) == len(rulebook.stages)
    assert int(root.get("width")) <= 360
    assert "style" not in svg
    assert "<script" not in svg
    description = root.find(f"{SVG}desc").text
    assert all(
        (s.names.staff.zh if lang == "zh" else s.names.staff.en) in description
        for s in rulebook.stages
    )


def test_diagram_for_print_needs_no_style_sheet() -> None:
    plain = diagram_svg(regime("demo-city").rulebook, "zh", plain=True)
    root = ET.fromstring(plain)
    for shape in (*root.iter(f"{SVG}rect"), *root.iter(f"{SVG}path"), *root.iter(f"{SVG}text")):
        assert shape.get("fill")
        assert shape.get("class") is None


def test_long_label_is_cut_with_an_ellipsis() -> None:
    lines = wrapped("一二三四五六七八九十" * 9, 120, 12)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert wrapped("supercalifragilistic" * 4, 100, 12)[-1].endswith("…")
