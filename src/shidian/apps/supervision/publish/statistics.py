"""The public statistics: how far a scheme's cases got, how long that took, what they came to.

Counted over all cases of a scheme, public or not, so that nothing is flattered by being left out.
Only stages that have a public name are told; no length of time is given for fewer than `FEWEST`
stays, since it would be one case's.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Count, F, Min, Window
from django.db.models.functions import Lead
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseEvent, Scheme
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.supervision.models import Complaint
from shidian.apps.supervision.publish import words
from shidian.apps.supervision.publish.language import text, title
from shidian.apps.supervision.publish.matrix import matrix_of, published_pilots
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from shidian.apps.notices.figures import Counted, SchemeFigures, StatisticsBody, StayLine
    from shidian.apps.supervision.publish.language import Language
    from shidian.apps.supervision.publish.matrix import Card
    from shidian.core.rulebook.model import Rulebook

FEWEST = 3
MONTHS_MAX = 24
SECONDS_A_DAY = 86_400


def statistics_body(language: Language) -> StatisticsBody:
    """Of every scheme that has had a case filed, by its newest rules' names of things."""
    filed = CaseEvent.objects.filter(kind=EventKind.CASE_SUBMITTED.value)
    schemes = Scheme.objects.filter(pk__in=filed.values("case__scheme")).order_by("slug")
    pilots: dict[str, list[Card]] = defaultdict(list)
    for pilot in published_pilots(language):
        pilots[pilot.get("scheme", "")].append(pilot)
    return {
        "as_of": timezone.localtime().isoformat(timespec="seconds"),
        "fewest": FEWEST,
        "schemes": [_scheme(scheme, pilots[scheme.slug], language) for scheme in schemes],
    }


def _scheme(scheme: Scheme, pilots: Sequence[Card], language: Language) -> SchemeFigures:
    newest = scheme.rulebooks.order_by("-pk").values_list("pk", flat=True)[0]
    rulebook = rulebook_of(newest)
    return {
        "slug": scheme.slug,
        "title": title(scheme, language),
        "reached": _reached(scheme, rulebook, language),
        "outcomes": _outcomes(scheme, rulebook, language),
        "stays": _stays(scheme, rulebook, language),
        "months": _months(scheme),
        "complaints": _complaints(scheme, language),
        "matrix": matrix_of(pilots),
    }


def _public_stages(rulebook: Rulebook, language: Language) -> dict[str, str]:
    return {
        stage.id: text(stage.names.public, language)
        for stage in rulebook.stages
        if stage.names.public and stage.kind is not StageKind.CLOSED
    }


def _reached(scheme: Scheme, rulebook: Rulebook, language: Language) -> list[Counted]:
    """Cases filed, and how many of them ever came to each public stage, in the rules' order."""
    events = CaseEvent.objects.filter(case__scheme=scheme)
    filed = events.filter(kind=EventKind.CASE_SUBMITTED.value)
    entered = (
        events.filter(kind=EventKind.STAGE_ENTERED.value)
        .order_by()
        .values_list("data__to")
        .annotate(Count("case", distinct=True))
    )
    counts: Mapping[str, int] = dict(entered)
    lines: list[Counted] = [
        {
            "label": text(words.FILED, language),
            "n": filed.order_by().values("case").distinct().count(),
        }
    ]
    for stage, label in _public_stages(rulebook, language).items():
        lines.append({"label": label, "n": counts.get(stage, 0)})
    return lines


def _outcomes(scheme: Scheme, rulebook: Rulebook, language: Language) -> list[Counted]:
    """Of cases that were filed; a draft that was given up is nobody's business."""
    filed = CaseEvent.objects.filter(
        case__scheme=scheme, kind=EventKind.CASE_SUBMITTED.value
    ).values("case")
    ended = Case.objects.filter(pk__in=filed).exclude(outcome="").order_by()
    counts = dict(ended.values_list("outcome").annotate(Count("pk")))
    named = (one for stage in rulebook.stages for one in stage.outcomes)
    names = {one.id: text(one.name, language) for one in named}
    return [
        {"label": names.get(outcome, str(outcome)), "n": n}
        for outcome, n in sorted(counts.items(), key=lambda pair: -pair[1])
    ]


def _stays(scheme: Scheme, rulebook: Rulebook, language: Language) -> list[StayLine]:
    moves = (
        CaseEvent.objects.filter(
            case__scheme=scheme,
            kind__in=[EventKind.STAGE_ENTERED.value, EventKind.CASE_CLOSED.value],
        )
        .annotate(left=Window(Lead("at"), partition_by=F("case"), order_by=F("seq").asc()))
        .order_by()
        .values_list("kind", "data__to", "at", "left")
    )
    days: dict[str, list[float]] = defaultdict(list)
    for kind, stage, entered, left in moves.iterator():
        if kind == EventKind.STAGE_ENTERED and left is not None:
            days[stage].append((left - entered).total_seconds() / SECONDS_A_DAY)
    return [
        {"label": label, "days": f"{median(days[stage]):.0f}", "n": len(days[stage])}
        for stage, label in _public_stages(rulebook, language).items()
        if len(days[stage]) >= FEWEST
    ]


def _months(scheme: Scheme) -> list[list[str | int]]:
    events = CaseEvent.objects.filter(case__scheme=scheme)
    filed = _by_month(
        events.filter(kind=EventKind.CASE_SUBMITTED.value)
        .order_by()
        .values("case")
        .annotate(first=Min("at"))
        .values_list("first", flat=True)
    )
    closed = _by_month(
        events.filter(kind=EventKind.CASE_CLOSED.value).order_by().values_list("at", flat=True)
    )
    if not filed:
        return []
    month, last = min(filed), timezone.localdate().replace(day=1)
    lines: list[list[str | int]] = []
    while month <= last:
        lines.append([month.isoformat(), filed.get(month, 0), closed.get(month, 0)])
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return lines[-MONTHS_MAX:]


def _by_month(moments: Iterable[datetime]) -> dict[date, int]:
    counts: dict[date, int] = defaultdict(int)
    for at in moments:
        counts[timezone.localdate(at).replace(day=1)] += 1
    return dict(counts)


def _complaints(scheme: Scheme, language: Language) -> list[Counted]:
    """Received, and of them closed."""
    rows = Complaint.objects.filter(pilot__case__scheme=scheme)
    return [
        {"label": text(words.COMPLAINTS_RECEIVED, language), "n": rows.count()},
        {
            "label": text(words.COMPLAINTS_CLOSED, language),
            "n": rows.filter(state=ComplaintState.CLOSED.value).count(),
        },
    ]
