"""Where boxes stand and how moves run between them. Whole pixels; y grows downwards.

All stages stand in one column, in the rulebook's own order, which is that in which a case meets
them: so the picture fits a narrow screen and a printed page. A move to the next box is a straight
step. Other forward moves run at the right, returns at the left; moves into the same stage share a
lane, and lanes nest.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOX_WIDTH = 216
GAP = 28
LANE = 18
MARGIN = 8
PADDING = 10
LINE_HEIGHT = 18
NAME_SIZE = 15
SMALL_SIZE = 12
LINES_MAX = 2
"""Lines that one label may take before it is cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a box; `role`: `name`, `clock`, `silence`, `threshold`, …"""

    role: str
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Box:
    """A stage."""

    id: str
    kind: str
    lines: tuple[Line, ...]
    x: int
    y: int
    height: int

    @property
    def bottom(self) -> int:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Move:
    """A transition as an SVG path, and the arrow's point with the way it looks (dx, dy)."""

    source: str
    target: str
    back: bool
    path: str
    tip: tuple[int, int]
    towards: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    moves: tuple[Move, ...]


def lay_out(
    nodes: Sequence[tuple[str, str, Sequence[tuple[str, str]]]],
    edges: Sequence[tuple[str, str]],
) -> Layout:
    """Place `nodes` (id, kind, [(role, text)]) and draw each of `edges` (source, target) once.

    Edges to nodes that there are not are left out; the same edge twice is one.
    """
    known = [node[0] for node in nodes]
    wanted = [edge for edge in dict.fromkeys(edges) if edge[0] in known and edge[1] in known]
    place = {name: index for index, name in enumerate(known)}
    forward = [edge for edge in wanted if place[edge[1]] > place[edge[0]] + 1]
    back = [edge for edge in wanted if place[edge[1]] <= place[edge[0]]]
    right, left = _lanes(forward, place), _lanes(back, place)
    x = MARGIN + LANE * _deepest(left)
    boxes: dict[str, Box] = {}
    y = MARGIN
    for name, kind, labels in nodes:
        lines = tuple(line for role, text in labels for line in _lines(role, text))
        height = 2 * PADDING + LINE_HEIGHT * max(1, len(lines))
        boxes[name] = Box(name, kind, lines, x, y, height)
        y += height + GAP
    moves = [_step(boxes[a], boxes[b]) for a, b in wanted if place[b] == place[a] + 1]
    edge_x = x + BOX_WIDTH
    for listed, lanes, border, sign in ((forward, right, edge_x, 1), (back, left, x, -1)):
        for source, target in listed:
            out = _port([edge for edge in listed if edge[0] == source], (source, target))
            lane = border + sign * LANE * lanes[target]
            moves.append(_curve(boxes[source], boxes[target], out, border, lane))
    width = edge_x + LANE * _deepest(right) + MARGIN
    height = y - GAP + MARGIN if boxes else 2 * MARGIN
    return Layout(width, height, tuple(boxes.values()), tuple(moves))


def _lanes(edges: Sequence[tuple[str, str]], place: Mapping[str, int]) -> dict[str, int]:
    """Target → lane counted from 1 at the boxes: moves that overlap do not share one."""
    spans = {
        target: (
            min(place[target], *(place[a] for a, b in edges if b == target)),
            max(place[target], *(place[a] for a, b in edges if b == target)),
        )
        for _, target in edges
    }
    lanes: dict[str, int] = {}
    for target, (low, high) in sorted(
        spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1])
    ):
        taken = {
            lanes[other] for other in lanes if spans[other][0] <= high and low <= spans[other][1]
        }
        lanes[target] = next(lane for lane in range(1, len(spans) + 1) if lane not in taken)
    return lanes


def _deepest(lanes: Mapping[str, int]) -> int:
    return max(lanes.values(), default=0)


def _port(siblings: Sequence[tuple[str, str]], edge: tuple[str, str]) -> tuple[int, int]:
    """(which, of how many) moves that leave a box at one side."""
    return siblings.index(edge), len(siblings)


def _step(source: Box, target: Box) -> Move:
    x = source.x + BOX_WIDTH // 2
    path = f"M{x} {source.bottom}V{target.y}"
    return Move(source.id, target.id, False, path, (x, target.y), (0, 1))


def _curve(source: Box, target: Box, out: tuple[int, int], border: int, lane: int) -> Move:
    """Out of the source's lower half, along the lane, into the target's upper quarter."""
    which, many = out
    start = source.y + source.height // 2 + (which + 1) * (source.height // 2) // (many + 1)
    end = target.y + target.height // 4
    away = 1 if lane > border else -1
    down = 1 if end > start else -1
    bend = min(10, abs(lane - border), abs(end - start) // 2)
    path = (
        f"M{border} {start}H{lane - away * bend}Q{lane} {start} {lane} {start + down * bend}"
        f"V{end - down * bend}Q{lane} {end} {lane - away * bend} {end}H{border}"
    )
    back = away < 0
    return Move(source.id, target.id, back, path, (border, end), (-away, 0))


def _lines(role: str, text: str) -> list[Line]:
    size = NAME_SIZE if role == "name" else SMALL_SIZE
    return [Line(role, line, size) for line in wrapped(text, BOX_WIDTH - 2 * PADDING, size)]


def wrapped(text: str, width: int, size: int) -> list[str]:
    """A label in at most LINES_MAX lines of `width` pixels; more is cut with an ellipsis."""
    room = width / size
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and _ems(line + word.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += word
        while _ems(line) > room:  # one word longer than the line
            cut = next(n for n in range(len(line), 0, -1) if n == 1 or _ems(line[:n]) <= room)
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) <= LINES_MAX:
        return lines
    last = lines[LINES_MAX - 1]
    while last and _ems(last + "…") > room:
        last = last[:-1]
    return [*lines[: LINES_MAX - 1], last + "…"]


def _words(text: str) -> list[str]:
    """Where a line may break: after a space, and after any wide character."""
    words, word = [], ""
    for letter in text:
        word += letter
        if letter == " " or _wide(letter):
            words.append(word)
            word = ""
    return [*words, word] if word else words


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _ems(text: str) -> float:
    return sum(1.0 if _wide(letter) else 0.58 for letter in text)
