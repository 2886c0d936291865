"""The design system as template tags: `{% load components %}`. Tags are dumb: values in, HTML out.

Texts may be `str`, a rulebook `Text` or a `{"zh": …, "en": …}` mapping everywhere; objects may be
dataclasses or mappings with the names given here.
Filters: `text`, `day`, `moment`, `clock_time`, `number`, `amount`, `lookup`.

    {% whose_turn turn %}
        who, doing; since: date|None, days: working days waited|None, due: date|None,
        overdue: bool, mine: bool, next, next_who, also; ended: text instead of all (nobody's turn)
    {% timeline groups %}
        groups: [{stage, current: bool, events: [{what, who, at: datetime, clause, note,
        document, document_url}]}], oldest first; a group that is not current is folded
    {% clock sum %}                 sum: core.procedure.types.ClockSum
    {% source_mark because sources %}
        because: rulebook Because (or mapping); sources: rulebook.sources
    {% headroom used=5 cap=10 unit="人" label="投资者" warn_at=marks trend=values as_of=at %}
        warn_at: per cents (70, 80, 90); trend: numbers, oldest first; cap None: no cap agreed;
        compact=True for tables
    {% severity level %}            level: info|warning|breach|critical
    {% chip word kind %}            kind: done|todo|info|warning|breach|critical|plain|""
    {% line_chart series title=… unit=… limit=… limit_label=… csv_url=… table=… brush=… %}
        series: [{label, points: [(instant, number|None)]}]
    {% interval_chart rows marks=… title=… unit=… %}
        rows: [(label, value, low|None, high|None)]; marks: [(label, value)]
    {% bar_chart rows title unit %}
        rows: [(label, number >= 0, note: str|date|datetime)], drawn in that order from zero
    {% task_list items %}           items: [{title, url, state, hint}]
        state: done|todo|progress|wrong|later
    {% error_summary errors %}      errors: Django form, or [(html id of the field, message)]
    {% confirm law=… practice=… told=… undo=… %}   told: list of texts; undo: text
    {% empty_state what act act_url %}
    {% breadcrumbs crumbs %}        crumbs: [(label, url|None)]
    {% facts rows %}                rows: [(label, value)] or [{label, value, because}]
    {% field bound_field %}         a Django form field with label, hint, error
    {% pager page %}                a Django Page; keeps the query string
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shidian import charts
from shidian.web import drawn
from shidian.web.words import amount, clock_time, day, lookup, moment, number, text

if TYPE_CHECKING:
    from django.core.paginator import Page

register = template.Library()

SEVERITIES = ("info", "warning", "breach", "critical")


register.filter("text", text)
register.filter("day", day)
register.filter("moment", moment)
register.filter("clock_time", clock_time)
register.filter("number", number)
register.filter("amount", amount)
register.filter("lookup", lookup)


def _get(thing: Any, name: str, default: Any = None) -> Any:
    if isinstance(thing, Mapping):
        return thing.get(name, default)
    return getattr(thing, name, default)


@register.inclusion_tag("web/components/whose_turn.html")
def whose_turn(turn: Any) -> dict[str, Any]:
    """One sentence on whose turn it is, since when, by when, and what comes next."""
    names = "who doing since days due overdue mine next next_who also ended"
    return {name: _get(turn, name) for name in names.split()}


@register.inclusion_tag("web/components/timeline.html")
def timeline(groups: Iterable[Any]) -> dict[str, Any]:
    """Acts by stage on one vertical line; the newest is marked."""
    listed = [
        {
            "stage": _get(group, "stage"),
            "current": bool(_get(group, "current")),
            "events": list(_get(group, "events", ())),
        }
        for group in groups
    ]
    if listed and not any(group["current"] for group in listed):
        listed[-1]["current"] = True
    return {"groups": listed}


LINE_SIGNS = {"counted": "+", "make-up": "+", "extended": "+"}


@register.inclusion_tag("web/components/clock.html")
def clock(sum: Any) -> dict[str, Any]:  # noqa: A002 - the tag's argument is called what it is
    """A deadline in words; opened, the sum line by line."""
    left = _get(sum, "left")
    state = str(_get(sum, "state", ""))
    return {
        "sum": sum,
        "state": state,
        "left": left,
        "over": -left if isinstance(left, int) and left < 0 else None,
        "unit": str(_get(sum, "unit", "")),
        "force": str(_get(sum, "force", "")),
        "lines": list(_get(sum, "lines", ())),
    }


_SERIAL = count(1)
"""Ids of popovers need only differ within a page."""
BASIS_MARKS = {"verified": "●", "reported": "◐", "assumed": "○"}


@register.inclusion_tag("web/components/source_mark.html")
def source_mark(because: Any, sources: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A small mark that opens to the source. Nothing where no basis is known."""
    if because is None or because == "":
        return {"mark": ""}
    basis = str(_get(because, "basis", "assumed"))
    source_id = _get(because, "source")
    source = (sources or {}).get(source_id) if source_id else None
    words = {
        "verified": _("Verified at the source"),
        "reported": _("Reported, not verified at the source"),
        "assumed": _("An assumption of this rulebook"),
    }
    return {
        "id": f"source-{next(_SERIAL)}",
        "mark": BASIS_MARKS.get(basis, "○"),
        "word": words.get(basis, words["assumed"]),
        "source": _get(source, "title") if source else source_id,
        "number": _get(source, "number") if source else None,
        "url": _get(source, "url") if source else None,
        "article": _get(because, "article"),
        "date": _get(because, "date"),
        "note": _get(because, "note"),
        "borrowed_from": _get(because, "borrowed_from"),
    }


def _percent(used: Any, cap: Any) -> Decimal | None:
    if used is None or not cap:
        return None
    return Decimal(str(float(used))) * 100 / Decimal(str(float(cap)))


@register.inclusion_tag("web/components/headroom.html")
def headroom(  # noqa: PLR0917 - a template names its arguments
    used: Any,
    cap: Any,
    unit: Any = "",
    label: Any = "",
    warn_at: Sequence[int] = (),
    trend: Sequence[Any] = (),
    as_of: datetime | None = None,
    compact: bool = False,
) -> dict[str, Any]:
    """Used of cap as a bar with warn marks, a trend and the number in words."""
    percent = _percent(used, cap)
    marks = sorted(int(mark) for mark in warn_at or ())
    level = ""
    if percent is not None:
        warned = bool(marks) and percent >= marks[0]
        level = "breach" if percent > 100 else "warning" if warned else ""  # noqa: PLR2004 - per cent
    return {
        "used": used,
        "cap": cap,
        "unit": unit,
        "label": label,
        "percent": None
        if percent is None
        else f"{percent.quantize(Decimal('0.1')):f}".removesuffix(".0"),
        "width": None if percent is None else f"{min(percent, Decimal(100)):.1f}",
        "marks": marks,
        "spark": charts.sparkline(list(trend or ())),
        "as_of": as_of,
        "level": level,
        "compact": compact,
    }


@register.inclusion_tag("web/components/severity.html")
def severity(level: Any) -> dict[str, Any]:
    """An alert's level as word, shape and colour together."""
    words = {
        "info": pgettext("severity", "Notice"),
        "warning": pgettext("severity", "Warning"),
        "breach": pgettext("severity", "Breach"),
        "critical": pgettext("severity", "Critical"),
    }
    name = str(level)
    return {"level": name if name in SEVERITIES else "info", "word": words.get(name, name)}


@register.inclusion_tag("web/components/chip.html")
def chip(word: Any, kind: str = "") -> dict[str, Any]:
    """A short state in words."""
    return {"word": word, "kind": kind}


@register.inclusion_tag("web/components/line_chart.html")
def line_chart(  # noqa: PLR0917 - a template names its arguments
    series: Iterable[Any],
    title: Any = "",
    unit: Any = "",
    limit: Any = None,
    limit_label: Any = "",
    csv_url: str = "",
    table: bool = False,
    brush: bool = False,
) -> dict[str, Any]:
    """Lines over time from zero, labelled at their ends, with the limit as a line.

    `table`: the same as rows, folded below. `brush`: a stretch may be marked on it, to be seen
    closer (`brush.js`, and a form named `range` on the page).
    """
    return drawn.line_context(
        series,
        title=title,
        unit=unit,
        limit=limit,
        limit_label=limit_label,
        csv_url=csv_url,
        table=table,
        brush=brush,
    )


@register.inclusion_tag("web/components/interval_chart.html")
def interval_chart(
    rows: Iterable[Any], marks: Iterable[Any] = (), title: Any = "", unit: Any = ""
) -> dict[str, Any]:
    """Estimates with their intervals on one axis, beside what they are held against."""
    return drawn.interval_context(rows, marks, title=title, unit=unit)


@register.inclusion_tag("web/components/bar_chart.html")
def bar_chart(rows: Iterable[Any], title: Any = "", unit: Any = "") -> dict[str, Any]:
    """One bar a row with its number; the table is its own text alternative."""
    listed = list(rows)
    longest = max((float(value) for _label, value, _note in listed), default=0.0) or 1.0
    return {
        "title": title,
        "unit": unit,
        "rows": [
            {
                "label": label,
                "value": value,
                "percent": f"{float(value) * 100 / longest:.1f}",
                "note": _("since %(day)s") % {"day": day(note)} if isinstance(note, date) else note,
            }
            for label, value, note in listed
        ],
    }


@register.inclusion_tag("web/components/task_list.html")
def task_list(items: Iterable[Any]) -> dict[str, Any]:
    """Sections to do, each with its state in words."""
    words = {
        "done": (_("Complete"), "done"),
        "todo": (_("Not started"), "todo"),
        "progress": (_("In progress"), "info"),
        "wrong": (_("Needs correction"), "critical"),
        "later": (_("Cannot start yet"), "plain"),
    }
    return {
        "items": [
            {
                "title": _get(item, "title"),
                "url": _get(item, "url"),
                "hint": _get(item, "hint"),
                "word": words[str(_get(item, "state", "todo"))][0],
                "kind": words[str(_get(item, "state", "todo"))][1],
            }
            for item in items
        ]
    }


@register.inclusion_tag("web/components/error_summary.html")
def error_summary(errors: Any) -> dict[str, Any]:
    """Every error at the top of the page, each a link to its field."""
    return {"errors": _errors_of(errors)}


def _errors_of(errors: Any) -> list[tuple[str, str]]:
    if not errors:
        return []
    if isinstance(errors, BaseForm):
        found = [("", str(message)) for message in errors.non_field_errors()]
        for bound in errors:
            found += [(focus_id(bound), str(message)) for message in bound.errors]
        return found
    listed = []
    for entry in errors:
        pair = ("", entry) if isinstance(entry, str) else tuple(entry)
        listed.append((str(pair[0]), text(pair[1])))
    return listed


def focus_id(bound: BoundField) -> str:
    """The id that an error links to: the first input of a group, else the field itself."""
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple) or getattr(
        widget, "grouped", False
    ):
        return f"{bound.auto_id}_0"
    return str(bound.id_for_label or bound.auto_id)


@register.inclusion_tag("web/components/confirm.html")
def confirm(
    law: Any = "", practice: Any = "", told: Sequence[Any] = (), undo: Any = ""
) -> dict[str, Any]:
    """What an act does in law and in practice, who is told, whether it can be undone."""
    return {"law": law, "practice": practice, "told": told, "undo": undo}


@register.inclusion_tag("web/components/empty_state.html")
def empty_state(what: Any, act: Any = "", act_url: str = "") -> dict[str, Any]:
    """What will be here, and the act that puts it there."""
    return {"what": what, "act": act, "act_url": act_url}


@register.inclusion_tag("web/components/breadcrumbs.html")
def breadcrumbs(crumbs: Iterable[tuple[Any, str | None]]) -> dict[str, Any]:
    """The way back up."""
    return {"crumbs": list(crumbs or ())}


@register.inclusion_tag("web/components/facts.html")
def facts(rows: Iterable[Any], sources: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A definition list; a row without a value is left out."""
    listed = []
    for row in rows or ():
        if isinstance(row, Mapping):
            listed.append(
                {"label": row["label"], "value": row["value"], "because": row.get("because")}
            )
        else:
            listed.append({"label": row[0], "value": row[1], "because": None})
    return {"rows": [row for row in listed if row["value"] not in (None, "")], "sources": sources}


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field with label, hint and error above it, tied together for screen readers."""
    widget = bound.field.widget
    options = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "field": bound,
        "group": options or getattr(widget, "grouped", False),
        "options": options,
        "choice": isinstance(widget, CheckboxInput),
        "optional": not bound.field.required
        and not isinstance(widget, CheckboxInput)
        and "data-required" not in widget.attrs,
        "count_id": widget.attrs.get("data-count-id", ""),
        "unit": getattr(bound.field, "unit", ""),
        "law": getattr(bound.field, "law", ""),
    }


@register.inclusion_tag("web/components/pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any]) -> dict[str, Any]:
    """Earlier and later pages of a list, with where one stands."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is not None:
        query.pop("page", None)
    return {"page": page, "query": query.urlencode() if query else ""}


@register.filter
def plain_number(value: Any) -> str:
    """A number for an attribute: never localised."""
    return number_format(value, use_l10n=False) if value is not None else ""
