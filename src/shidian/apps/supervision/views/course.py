"""The course of one indicator: a stretch of the run, chosen by its days or marked on the chart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.domain.instants import from_us, to_us
from shidian.apps.supervision.models import AlertEpisode, Pilot
from shidian.apps.supervision.queries import limits_with_use
from shidian.apps.supervision.series import stretch_of
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Rulebook

_MOMENT = "%Y-%m-%dT%H:%M"
_LEAST = timedelta(minutes=1)
SPANS = (
    ("hour", timedelta(hours=1), _("last hour")),
    ("day", timedelta(days=1), _("last day")),
    ("week", timedelta(days=7), _("last week")),
    ("month", timedelta(days=30), _("last 30 days")),
    ("run", None, _("the whole run")),
)
USUAL = "day"
EPISODES_MAX = 50


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=[_MOMENT, "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )


class RangeForm(forms.Form):
    """From when until when."""

    since = _moment(_("From"))
    until = _moment(_("Until"))

    def clean(self) -> dict[str, Any]:
        """The end lies behind the beginning."""
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since is not None and until is not None and until <= since:
            self.add_error("until", _("This lies before the beginning."))
        return said


@rule(Permission.PILOT_READ, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str, indicator: str) -> HttpResponse:
    """The chart of a stretch, the alerts in it, and the way in and out."""
    del public_id
    try:
        measured = case.rulebook.indicator(indicator)
    except KeyError:
        raise Http404 from None
    if measured.by:
        raise Http404
    pilot = pilot_of(case)
    form = RangeForm(request.GET or None)
    first, last = _run(pilot)
    span = request.GET.get("span", USUAL)
    since, until = _asked(form, span, first, last)
    drawn = stretch_of(pilot, indicator, to_us(since), to_us(until))
    limit = next(
        (one.limit for one in limits_with_use(pilot) if one.limit.reading == indicator), None
    )
    points = [(from_us(at), value) for at, value in drawn.points]
    context = {
        "case": case,
        "pilot": pilot,
        "indicator": measured,
        "series": [{"label": "", "points": points}] if points else [],
        "coarse": drawn.coarse,
        "cap": limit.cap if limit else None,
        "cap_title": limit.title if limit else "",
        "since": since,
        "until": until,
        "offset_ms": int((timezone.localtime(until).utcoffset() or timedelta()).total_seconds())
        * 1000,
        "form": form if form.errors else RangeForm(initial={"since": since, "until": until}),
        "spans": [
            (word, label, word == span and not _is_asked(form)) for word, _length, label in SPANS
        ],
        "wider": _wider(since, until, first, last),
        "episodes": _episodes(pilot, case.rulebook, indicator, since, until),
    }
    return render(request, "supervision/course.html", context, status=422 if form.errors else 200)


def _run(pilot: Pilot) -> tuple[datetime, datetime]:
    """From its start to now, or to its end."""
    last = pilot.closed_at or timezone.now()
    first = from_us(pilot.start_us) if pilot.start_us is not None else pilot.created_at
    return min(first, last - _LEAST), last


def _is_asked(form: RangeForm) -> bool:
    return form.is_bound and form.is_valid() and any(form.cleaned_data.values())


def _asked(
    form: RangeForm, span: str, first: datetime, last: datetime
) -> tuple[datetime, datetime]:
    """The stretch that the fields name, or the span before the end; never outside the run."""
    if _is_asked(form):
        since = form.cleaned_data["since"] or first
        until = form.cleaned_data["until"] or last
    else:
        length = next((length for word, length, _label in SPANS if word == span), timedelta(days=1))
        since, until = first if length is None else last - length, last
    until = min(max(until, first + _LEAST), last)
    return max(min(since, until - _LEAST), first), until


def _wider(
    since: datetime, until: datetime, first: datetime, last: datetime
) -> tuple[str, str] | None:
    """Twice as long around the same middle, as the form takes it; None for the whole run."""
    if since <= first and until >= last:
        return None
    half = (until - since) / 2
    wide = max(since - half, first), min(until + half, last)
    return tuple(timezone.localtime(one).strftime(_MOMENT) for one in wide)  # type: ignore[return-value]


def _episodes(
    pilot: Pilot, rulebook: Rulebook, indicator: str, since: datetime, until: datetime
) -> list[AlertEpisode]:
    """Episodes of rules on this indicator that began in the stretch, newest first."""
    rules = [one.id for one in rulebook.alerts if one.indicator == indicator]
    rules += [one.id for one in rulebook.limits if one.indicator == indicator]
    rows = AlertEpisode.objects.filter(
        pilot=pilot, rule__in=rules, start_us__gte=to_us(since), start_us__lte=to_us(until)
    )
    return list(rows.order_by("-start_us")[:EPISODES_MAX])
