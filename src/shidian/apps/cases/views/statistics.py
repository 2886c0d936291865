"""Statistics of the cases one may see, as a page with charts and as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import RulebookVersion
from shidian.apps.cases.sheets import csv_response, xlsx_response
from shidian.apps.cases.statistics import Figures, figures_for
from shidian.apps.cases.views.queue_form import schemes_of
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.views.words import wanting_names
from shidian.apps.cases.words import localized
from shidian.core.procedure.types import ActorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Scheme
    from shidian.apps.cases.sheets import Cell
    from shidian.core.rulebook.model import Rulebook

SPANS = {"90": 90, "365": 365, "1095": 1095}
"""Days that can be asked for."""
SPAN_USUAL = "365"
WANTING_SHOWN = 15
"""How many of the commonest the page shows; the files have all."""

Sheet = tuple[str, list[str], list[list["Cell"]]]


@rule(Permission.QUEUE_READ)
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Time in stage, who is waited for, inflow and outflow, deficiencies."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    schemes = schemes_of(viewer)
    span, scheme = _asked(request, schemes)
    figures = figures_for(viewer.person, _since(span), scheme)
    words = Words(schemes)
    context: dict[str, Any] = {
        "stays": [
            (words.stage(one.stage), round(one.median_days, 1), _stay_note(one))
            for one in figures.stays
        ],
        "waiting": [
            (f"{words.stage(one.stage)} · {addressee_word(one.kind)}", one.cases, one.since)
            for one in figures.waiting
        ],
        "flow": [
            {"label": _("submitted"), "points": [(m.first, m.submitted) for m in figures.months]},
            {"label": _("closed"), "points": [(m.first, m.closed) for m in figures.months]},
        ],
        "unmet": [(words.criterion(key), n, "") for key, n in figures.unmet],
        "requests": [(words.stage(key), n, "") for key, n in figures.requests],
        "wanting": [
            (" · ".join(reversed(words.wanting(key))), n, "")
            for key, n in figures.wanting[:WANTING_SHOWN]
        ],
        "wanting_more": max(len(figures.wanting) - WANTING_SHOWN, 0),
        "span": span,
        "spans": [(days, _("%(n)d days") % {"n": n}) for days, n in SPANS.items()],
        "scheme": scheme,
        "schemes": schemes if len(schemes) > 1 else [],
        "query": request.GET.urlencode(),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Queue"), reverse("cases:queue")),
            (_("Statistics"), None),
        ],
    }
    return render(request, "cases/statistics.html", context)


def _stay_note(stays: Any) -> str:
    return _("%(n)d stays; nine of ten over within %(days)s days") % {
        "n": stays.ended,
        "days": f"{round(stays.tenth_longest_days, 1):g}",
    }


def _asked(request: HttpRequest, schemes: Sequence[Scheme]) -> tuple[str, str]:
    """Days back and scheme. What cannot be asked for is a 404, as for any unknown address."""
    span = request.GET.get("days", SPAN_USUAL)
    scheme = request.GET.get("scheme", "")
    if span not in SPANS or (scheme and scheme not in {one.slug for one in schemes}):
        raise Http404
    return span, scheme


def _since(span: str) -> date:
    return timezone.localdate() - timedelta(days=SPANS[span])


def addressee_word(kind: str) -> str:
    """Who is waited for."""
    words = {
        ActorKind.APPLICANT: _("the applicant"),
        ActorKind.PARTNER: _("the partner institutions"),
        ActorKind.OFFICER: _("case officers"),
        ActorKind.SIGNING_OFFICER: _("signing officers"),
        ActorKind.EXPERT: _("the experts"),
        ActorKind.ASSESSOR: _("the assessor body"),
        ActorKind.PUBLIC: _("the public"),
    }
    return words.get(ActorKind(kind), _("the system"))


class Words:
    """Names of stages and criteria by id, from every published version: the newest one's win."""

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        versions = RulebookVersion.objects.filter(scheme__in=schemes).defer("document")
        self._rulebooks: list[Rulebook] = [one.rulebook for one in versions.order_by("pk")]
        self._stages = {s.id: s.names.staff for one in self._rulebooks for s in one.stages}
        self._wanting = {
            key: name for one in self._rulebooks for key, name in wanting_names(one).items()
        }
        self._criteria = {c.id: c.name for one in self._rulebooks for c in one.criteria}

    def stage(self, key: str) -> str:
        """The stage's name for staff."""
        return localized(self._stages[key]) if key in self._stages else key

    def wanting(self, key: str) -> list[str]:
        """Stage and section or document of what was wanting."""
        stage, _slash, name = key.partition("/")
        known = self._wanting.get(name)
        return [self.stage(stage), localized(known) if known else name]

    def criterion(self, key: str) -> str:
        """The criterion's name."""
        return localized(self._criteria[key]) if key in self._criteria else key


@rule(Permission.QUEUE_READ)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The same figures: one sheet a table in Excel, one table after another in CSV."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    schemes = schemes_of(viewer)
    span, scheme = _asked(request, schemes)
    if kind not in {"csv", "xlsx"}:
        raise Http404
    sheets = _sheets(figures_for(viewer.person, _since(span), scheme), Words(schemes))
    name = f"statistics-{timezone.localdate()}"
    if kind == "xlsx":
        return xlsx_response(name, sheets)
    rows: list[list[Cell]] = []
    for title, header, lines in sheets:
        rows.append([title, *header])
        rows += [[title, *line] for line in lines]
    return csv_response(name, [_("Table"), "", "", "", ""], rows)


def _sheets(figures: Figures, words: Words) -> list[Sheet]:
    return [
        (
            _("Time in stage"),
            [_("Stage"), _("Stays ended"), _("Median (days)"), _("Nine of ten within (days)")],
            [
                [
                    words.stage(s.stage),
                    s.ended,
                    round(s.median_days, 2),
                    round(s.tenth_longest_days, 2),
                ]
                for s in figures.stays
            ],
        ),
        (
            _("Waiting"),
            [_("Stage"), _("Waiting for"), _("Cases"), _("Oldest since")],
            [
                [words.stage(w.stage), addressee_word(w.kind), w.cases, _iso(w.since)]
                for w in figures.waiting
            ],
        ),
        (
            _("Inflow and outflow"),
            [_("Month"), _("Submitted"), _("Closed")],
            [[f"{m.first:%Y-%m}", m.submitted, m.closed] for m in figures.months],
        ),
        (
            _("Criteria not met"),
            [_("Criterion"), _("Times")],
            [[words.criterion(key), n] for key, n in figures.unmet],
        ),
        (
            _("Information requests"),
            [_("Stage"), _("Times")],
            [[words.stage(key), n] for key, n in figures.requests],
        ),
        (
            _("Wanting in applications"),
            [_("Stage"), _("Section or document"), _("Times")],
            [[*words.wanting(key), n] for key, n in figures.wanting],
        ),
    ]


def _iso(at: Any) -> str:
    return timezone.localdate(at).isoformat()
