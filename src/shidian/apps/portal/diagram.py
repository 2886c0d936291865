"""The stages of a rulebook as a diagram: boxes down a line, other moves as arcs at the sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOX_HEIGHT = 48
BOX_WIDTH = 232
GAP = 26
LANE = 20
TOP = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A stage: its top left corner and words."""

    id: str
    kind: str
    name: str
    clock: str
    x: int
    y: int

    @property
    def middle(self) -> int:
        """Height of the box's middle."""
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Arc:
    """A move that is not the plain step down: an SVG path and which way it goes."""

    path: str
    back: bool
    words: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything the template draws, in pixels."""

    width: int
    height: int
    left: int
    box_width: int
    box_height: int
    boxes: tuple[Box, ...]
    steps: tuple[tuple[int, int, int], ...]
    """Plain steps down: x, from y, to y."""
    arcs: tuple[Arc, ...]


def lay_out(stages: Sequence[Mapping[str, Any]]) -> Diagram | None:
    """Boxes in the rulebook's order; forward moves arc at the right, backward ones at the left.

    Arcs that end in the same stage share a lane, so that nine ways to be closed are one line.
    None without stages.
    """
    if not stages:
        return None
    order = {stage["id"]: index for index, stage in enumerate(stages)}
    moves = [
        (order[stage["id"]], order[target])
        for stage in stages
        for target in stage["next"]
        if target in order
    ]
    forward = sorted({target for source, target in moves if target > source + 1})
    backward = sorted({target for source, target in moves if target < source})
    left = LANE * len(backward) + 8 if backward else 2
    boxes = tuple(
        Box(
            id=stage["id"],
            kind=stage["kind"],
            name=stage["name"],
            clock=stage.get("clock", ""),
            x=left,
            y=TOP + index * (BOX_HEIGHT + GAP),
        )
        for index, stage in enumerate(stages)
    )
    arcs = []
    for source, target in moves:
        words = f"{boxes[source].name} → {boxes[target].name}"
        if target > source + 1:
            lane = left + BOX_WIDTH + LANE * (len(forward) - forward.index(target))
            path = _arc(boxes[source], boxes[target], left + BOX_WIDTH, lane)
            arcs.append(Arc(path, back=False, words=words))
        elif target < source:
            lane = left - LANE * (backward.index(target) + 1)
            path = _arc(boxes[source], boxes[target], left, lane)
            arcs.append(Arc(path, back=True, words=words))
    centre = left + BOX_WIDTH // 2
    steps = tuple(
        (centre, boxes[source].y + BOX_HEIGHT, boxes[target].y)
        for source, target in moves
        if target == source + 1
    )
    return Diagram(
        width=left + BOX_WIDTH + LANE * len(forward) + 10,
        height=TOP * 2 + len(boxes) * (BOX_HEIGHT + GAP) - GAP,
        left=left,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        boxes=boxes,
        steps=steps,
        arcs=tuple(arcs),
    )


def _arc(source: Box, target: Box, edge: int, lane: int) -> str:
    """Out of the source's lower half, along the lane, into the target's upper half."""
    down = 1 if target.y > source.y else -1
    start, end = source.middle + 8 * down, target.middle - 8 * down
    bend = 8 if lane > edge else -8
    return (
        f"M{edge} {start} H{lane - bend} Q{lane} {start} {lane} {start + 8 * down}"
        f" V{end - 8 * down} Q{lane} {end} {lane - bend} {end} H{edge + (3 if bend > 0 else -3)}"
    )
