"""The stages' diagram: every move is drawn once, inside the picture."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.portal.diagram import lay_out
from tests.factories import loaded


@st.composite
def stages(draw):
    names = [f"s{number}" for number in range(draw(st.integers(1, 9)))]
    return [
        {
            "id": name,
            "kind": "draft",
            "name": name,
            "clock": "",
            "next": sorted(draw(st.sets(st.sampled_from(names))) - {name}),
        }
        for name in names
    ]


@given(stages())
def test_every_move_is_drawn_inside_the_picture(given_stages):
    diagram = lay_out(given_stages)
    moves = sum(len(stage["next"]) for stage in given_stages)
    assert len(diagram.steps) + len(diagram.arcs) == moves
    for box in diagram.boxes:
        assert 0 <= box.x <= diagram.width - diagram.box_width
        assert 0 <= box.y <= diagram.height - diagram.box_height
    for arc in diagram.arcs:
        for number in re.findall(r"[HQ]\s*(-?\d+)", arc.path):
            assert 0 <= int(number) <= diagram.width


def test_no_stages_no_diagram():
    assert lay_out([]) is None


def test_the_demonstration_city_has_a_box_a_stage():
    rulebook = loaded().rulebook
    diagram = lay_out(
        [
            {"id": s.id, "kind": s.kind, "name": s.names.staff.zh, "next": list(s.next)}
            for s in rulebook.stages
        ]
    )
    assert len(diagram.boxes) == len(rulebook.stages)
