"""What templates of charts need: geometry (`charts`) with the words of the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from shidian import charts
from shidian.web.chart_words import display_width, instant_words, shown
from shidian.web.words import day, moment, month, number, text


def _get(thing: Any, name: str, default: Any = None) -> Any:
    if isinstance(thing, Mapping):
        return thing.get(name, default)
    return getattr(thing, name, default)


def line_context(
    series: Iterable[Any],
    *,
    title: Any,
    unit: Any,
    limit: Any,
    limit_label: Any,
    csv_url: str,
    table: bool,
    brush: bool,
) -> dict[str, Any]:
    """Lines over time, as `line_chart` describes them."""
    known = [
        charts.Series(text(_get(line, "label", "")), list(_get(line, "points", ())))
        for line in series
    ]
    chart = charts.draw(known, limit, text(limit_label))
    context: dict[str, Any] = {
        "chart": chart,
        "title": title,
        "unit": unit,
        "limit": limit,
        "limit_label": limit_label,
        "csv_url": csv_url,
        "width": charts.PLOT_WIDTH,
        "height": charts.PLOT_HEIGHT,
        "brush": brush,
    }
    if chart is not None and table:
        context["rows"] = [
            (moment(at) if isinstance(at, datetime) else day(at), values)
            for at, values in charts.table_of(known)
            if isinstance(at, date)
        ]
        context["columns"] = [line.label for line in known]
    if chart is not None and brush:
        context["from_ms"], context["to_ms"] = (
            int(one.timestamp() * 1000) if isinstance(one, datetime) else ""
            for one in (chart.x_first, chart.x_last)
        )
    if chart is not None:
        instants = (at for line in known for at, _ in line.points)
        show = month if charts.monthly(instants) else instant_words(chart.x_first, chart.x_last)
        context["x_first"], context["x_last"] = (
            shown(chart.x_first, show),
            shown(chart.x_last, show),
        )
        context["x_middle"] = shown(chart.x_middle, show)
        context["x_middle_percent"] = chart.x_middle_percent
        context["label_width"] = 12 + 13 * max(
            (display_width(label.text) for label in chart.labels), default=0
        )
        context["axis_width"] = 10 + 7 * max(len(number(tick.value)) for tick in chart.y_ticks)
    return context


def interval_context(
    rows: Iterable[Any], marks: Iterable[Any], *, title: Any, unit: Any
) -> dict[str, Any]:
    """Estimates with their intervals, as `interval_chart` describes them."""
    listed = [(text(label), value, low, high) for label, value, low, high in rows]
    held = [(text(label), at) for label, at in marks]
    return {
        "chart": charts.intervals(listed, held),
        "rows": listed,
        "marks": held,
        "title": title,
        "unit": unit,
        "width": charts.PLOT_WIDTH,
    }
