"""What another threshold of a rule would have done to the pilots of a scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import RulebookVersion
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.models import AlertEpisode, PilotState
from shidian.apps.supervision.other_thresholds import (
    NoReplayError,
    Outcome,
    chosen,
    settings_of,
    try_settings,
)
from shidian.apps.supervision.queries import watched_pilots
from shidian.apps.supervision.views.alert_forms import LEVEL_WORDS
from shidian.core.monitor.comparing import highest
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.other_thresholds import Settings
    from shidian.core.monitor.items import Episode
    from shidian.core.rulebook.model import AlertRule, Limit

DIFFERENCES_MAX = 200
LABELS = {
    "for": gettext_lazy("Must hold for"),
    "warn_at": gettext_lazy("Warning marks, in per cent"),
    "max": gettext_lazy("Cap"),
    **LEVEL_WORDS,
}
KINDS = {
    "same": gettext_lazy("the same"),
    "earlier": gettext_lazy("earlier"),
    "later": gettext_lazy("later"),
    "severity": gettext_lazy("of another severity"),
    "only-a": gettext_lazy("gone"),
    "only-b": gettext_lazy("new"),
}


class SettingsForm(forms.Form):
    """The rule's settings, as the rulebook writes them."""

    def __init__(self, known: Settings, *args: Any) -> None:
        super().__init__(*args)
        names = ["info", "warning", "breach", "critical"] if known.kind == "alerts" else []
        for name in [*names, *(one for one in known.values if one not in names)]:
            self.fields[name] = forms.CharField(
                label=LABELS.get(name, name),
                required=False,
                max_length=60,
                initial=known.values.get(name, ""),
                widget=forms.TextInput(attrs={"class": "narrow", "autocomplete": "off"}),
            )


@rule(Permission.BOARD_READ)
@require_GET
def page(request: HttpRequest, scheme: str, rule: str) -> HttpResponse:
    """The rule's settings; with others in the address, what a replay under them gives."""
    pilots = watched_pilots(request.user).filter(case__scheme__slug=scheme)
    pilots = pilots.exclude(state=PilotState.PENDING)
    version = (
        RulebookVersion.objects.filter(cases__pilot__in=pilots)
        .defer("document")
        .order_by("-pk")
        .first()
    )
    if version is None:
        raise Http404
    loaded = loaded_rulebook(version.pk, version.digest)
    known = settings_of(loaded, rule)
    if known is None:
        return _without_settings(request, scheme, rule, pilots)
    rules: list[AlertRule | Limit] = [*loaded.rulebook.alerts, *loaded.rulebook.limits]
    data = request.GET if any(name in request.GET for name in known.values) else None
    form = SettingsForm(known, data)
    context: dict[str, Any] = {
        "scheme": scheme,
        "rule": next(one for one in rules if one.id == rule),
        "version": version,
        "form": form,
        "known": known,
        "command": f"shidian replay --rulebook CHANGED.yaml --out B.parquet; {_DIFF}",
    }
    if data is not None and form.is_valid():
        taken, left_out = chosen(pilots, rule)
        try:
            outcome = try_settings(taken, rule, form.cleaned_data, left_out=left_out)
            context |= _told(outcome)
        except NoReplayError as why:
            context["why_not"] = why.words
        except RulebookErrors as wrong:
            for problem in wrong.problems:
                name = problem.path.rpartition("/")[2]
                said = f"{localized(problem.message)}; {localized(problem.expected)}"
                form.add_error(name if name in form.fields else None, said)
    return render(
        request, "supervision/alert_rule.html", context, status=422 if form.errors else 200
    )


def _without_settings(
    request: HttpRequest, scheme: str, rule: str, pilots: QuerySet[Pilot]
) -> HttpResponse:
    """A rule that no rulebook of these pilots sets: built in, or of a version before. Else 404."""
    found = AlertEpisode.objects.filter(pilot__in=pilots, rule=rule).first()
    if found is None:
        raise Http404
    title = {"zh": found.title_zh, "en": found.title_en}
    context = {"scheme": scheme, "rule": {"title": title, "id": rule}}
    return render(request, "supervision/alert_rule.html", context)


_DIFF = "shidian replay diff A.parquet B.parquet"


def _told(outcome: Outcome) -> dict[str, Any]:
    rows = [
        {
            "pilot": one.pilot,
            "kind": KINDS[found.kind.value],
            "group": found.key[2],
            "a": _side(found.a),
            "b": _side(found.b),
        }
        for one in outcome.tried
        for found in one.differences
    ]
    return {
        "outcome": outcome,
        "totals": [(KINDS[kind], n) for kind in KINDS if (n := outcome.totals.get(kind, 0))],
        "differences": rows[:DIFFERENCES_MAX],
        "more": max(0, len(rows) - DIFFERENCES_MAX),
    }


def _side(episode: Episode | None) -> dict[str, Any] | None:
    if episode is None:
        return None
    end = episode.end_us
    return {
        "level": highest(episode).value,
        "start": from_us(episode.start_us),
        "end": _("goes on") if end is None else from_us(end),
        "goes_on": end is None,
    }
