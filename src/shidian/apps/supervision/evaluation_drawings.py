"""The charts of an evaluation for its report: those of its pages, without a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.translation import gettext as _

from shidian import charts
from shidian.apps.cases import drawings
from shidian.apps.cases.paper import Drawing
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.models import IndicatorReading
from shidian.apps.supervision.report_words import in_language
from shidian.apps.supervision.templatetags.supervision import us_moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.supervision.models import Pilot


def drawn_until(pilot: Pilot) -> int | None:
    """Where its courses end: at its closing, else at its newest final value; None before any."""
    if pilot.closed_at is not None:
        return to_us(pilot.closed_at)
    newest = IndicatorReading.objects.filter(pilot=pilot).aggregate(at=Max("instant_us"))["at"]
    return None if newest is None else int(newest)


def course_drawings(courses: Iterable[dict[str, Any]]) -> tuple[Drawing, ...]:
    """The course of each measured promise over the run, beside what was promised."""
    found = []
    for one in courses:
        points = one["series"][0]["points"]
        chart = charts.draw([charts.Series("", points)], one["bound"])
        if chart is None:
            continue
        first, last = (us_moment(to_us(points[at][0])) for at in (0, -1))
        unit = localized(one["unit"]) if one["unit"] else ""
        said = _(
            "From %(first)s to %(last)s; lowest %(low)s, highest %(high)s, last %(value)s."
        ) % {
            "first": first,
            "last": last,
            "low": f"{chart.low:,}",
            "high": f"{chart.high:,}",
            "value": f"{chart.lines[0].last:,}",
        }
        asked = localized(one["asked"])
        svg = drawings.line_svg(chart, first=first, last=last, limit=asked)
        title = localized(one["indicator"]) + (_(" (%(unit)s)") % {"unit": unit} if unit else "")
        found.append(Drawing(title, svg, said))
    return tuple(found)


def interval_drawing(shown: Any) -> tuple[Drawing, ...]:
    """The estimate of each look with its interval, beside the margins; none before a look."""
    plan, rows = shown.plan, []
    for one in shown.results:
        estimate = one["said"]["estimate"]
        label = _("Look %(n)d") % {"n": one["row"].look}
        rows.append((label, estimate["value"], estimate["low"], estimate["high"]))
    margins = plan.margins
    marks = [(_("Margin of success"), margins.success), (_("Margin of harm"), margins.harm)]
    chart = charts.intervals(rows, marks)
    if chart is None:
        return ()
    said = _("; ").join(
        _("%(look)s: %(value)s, from %(low)s to %(high)s")
        % {"look": label, "value": value, "low": _bound(low), "high": _bound(high)}
        for label, value, low, high in rows
    )
    outcome = {"zh": plan.outcome.zh, "en": plan.outcome.en}
    return (Drawing(in_language(outcome), drawings.interval_svg(chart), said),)


def _bound(value: float | None) -> str:
    return _("no bound") if value is None else f"{value}"
