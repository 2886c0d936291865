"""Charts for documents: the geometry of the pages' charts as SVG that a typesetter takes.

Nothing comes from a stylesheet, since a document has none. The same chart gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from shidian.charts import PLOT_HEIGHT, PLOT_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shidian.charts import Chart, Intervals, Number

_LEFT, _RIGHT, _ABOVE, _BELOW = 120, 20, 34, 44
_ROW_HEIGHT = 78
_INK, _SOFT, _GRID, _TEAL, _RED = "#1c1c1a", "#5a5a5a", "#d8d6cf", "#0b5d5a", "#b3261e"
_FONT = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Libertinus Serif"


def line_svg(chart: Chart, *, first: str, last: str, limit: str = "") -> str:
    """Lines over time; `first` and `last`: the axis's ends in words, `limit`: those of its line."""
    return _svg(PLOT_HEIGHT, _line_shapes(chart, first, last, limit))


def _line_shapes(chart: Chart, first: str, last: str, limit: str) -> Iterator[str]:
    for tick in chart.y_ticks:
        yield _line(0, tick.at, PLOT_WIDTH, tick.at, _GRID)
        yield _text(-10, tick.at + 8, _shown(tick.value), "end", _SOFT)
    if chart.limit_y is not None:
        yield _line(0, chart.limit_y, PLOT_WIDTH, chart.limit_y, _RED, dashed=True)
        yield _text(PLOT_WIDTH, chart.limit_y - 8, limit, "end", _RED)
    for line in chart.lines:
        for points in line.polylines:
            yield f'<polyline fill="none" stroke="{_TEAL}" stroke-width="3" points="{points}"/>'
        for x, y in line.dots:
            yield f'<circle fill="{_TEAL}" r="4" cx="{x:.1f}" cy="{y:.1f}"/>'
    yield _text(0, PLOT_HEIGHT + 32, first, "start", _SOFT)
    yield _text(PLOT_WIDTH, PLOT_HEIGHT + 32, last, "end", _SOFT)


def interval_svg(chart: Intervals) -> str:
    """Estimates with their intervals, one below another, beside the marks they are held against."""
    return _svg(len(chart.rows) * _ROW_HEIGHT, _interval_shapes(chart))


def _interval_shapes(chart: Intervals) -> Iterator[str]:
    height = len(chart.rows) * _ROW_HEIGHT
    for tick in chart.ticks:
        yield _line(tick.at, 0, tick.at, height, _GRID)
        yield _text(tick.at, height + 32, _shown(tick.value), "middle", _SOFT)
    for mark in chart.marks:
        yield _line(mark.at, 0, mark.at, height, _RED, dashed=True)
        aside = 8 if mark.anchor == "start" else -8
        yield _text(mark.at + aside, -8, mark.label, mark.anchor, _RED)
    for number, row in enumerate(chart.rows):
        at = number * _ROW_HEIGHT + 50
        low = 0 if row.low is None else row.low
        high = PLOT_WIDTH if row.high is None else row.high
        yield _text(-10, at + 8, row.label, "end", _INK)
        yield _line(low, at, high, at, _TEAL, width=3)
        yield _line(row.value, at - 14, row.value, at + 14, _TEAL, width=6)


def _svg(height: float, shapes: Iterable[str]) -> str:
    box = f"{-_LEFT} {-_ABOVE} {PLOT_WIDTH + _LEFT + _RIGHT} {height + _ABOVE + _BELOW:g}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="{_FONT}">'
    return "".join((head, *shapes, "</svg>"))


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dashed: bool = False
) -> str:
    dashes = ' stroke-dasharray="8 6"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="{colour}" stroke-width="{2 if dashed else width}"{dashes}/>'
    )


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    around = 'stroke="#fff" stroke-width="6" paint-order="stroke"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="22" fill="{colour}" {around}'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )


def _shown(value: Number) -> str:
    return f"{value:,.10g}"
