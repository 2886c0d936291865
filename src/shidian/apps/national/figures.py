"""Figures of a working group's report: counted from cases, each with its query and a digest.

A line is plain data, as it is kept and sent:

    {key, title: {zh, en}, query: {zh, en}, value, sha256, first, last, until}

`sha256`: of the canonical JSON of the sorted names of what was counted; by it a later count tells
whether it found the same. `until`: the moment up to which was counted: the end of the last day, or
when it was drawn if that came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.supervision.models import (
    AlertEpisode,
    Complaint,
    EpisodeState,
    Incident,
    IncidentState,
    Order,
)
from shidian.core.procedure.alerts import LEVELS
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import Severity, Text
from shidian.core.rulebook.reading.words import SEVERITY
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.models import QuerySet

    from shidian.apps.cases.models import Scheme

    Line = dict[str, Any]
    Cases = QuerySet[Case]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was counted: its name, the case that it is of, and where its page is."""

    name: str
    case: int
    view: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure as it is kept, and the cases that it counts."""

    line: Line
    cases: frozenset[int]


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of the first day up to a moment, without it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class FigureRule:
    """One figure: what it is called, what exactly is counted, and how it is found."""

    key: str
    title: Text
    query: Text
    find: Callable[[Cases, Span], list[Found]]


def span_of(days: tuple[date, date], zone: str, at: datetime) -> Span:
    """The days in the scheme's legal time, up to now at most."""
    legal = ZoneInfo(zone)
    since = datetime.combine(days[0], time(), tzinfo=legal)
    ends = datetime.combine(days[1] + timedelta(1), time(), tzinfo=legal)
    return Span(since, min(ends, at))


def draw(
    scheme: Scheme,
    zone: str,
    days: tuple[date, date],
    at: datetime,
    *,
    of: Collection[int] | None = None,
) -> list[Drawn]:
    """All figures of the scheme's cases, or of some of them, over these days."""
    span = span_of(days, zone, at)
    cases = _cases(scheme, of)
    return [_drawn(one, one.find(cases, span), days, span) for one in FIGURES]


def find_again(
    scheme: Scheme, line: Line, zone: str, *, of: Collection[int] | None = None
) -> list[Found]:
    """What the figure counts, looked for now. Raises KeyError where there is no such figure."""
    days = date.fromisoformat(line["first"]), date.fromisoformat(line["last"])
    span = span_of(days, zone, datetime.fromisoformat(line["until"]))
    return _BY_KEY[line["key"]].find(_cases(scheme, of), span)


def digest_of(found: Collection[Found]) -> str:
    """SHA-256, in hex, of the sorted names."""
    return sha256(canonical.dumps(sorted(one.name for one in found))).hexdigest()


def _cases(scheme: Scheme, of: Collection[int] | None) -> Cases:
    cases = Case.objects.filter(scheme=scheme)
    return cases if of is None else cases.filter(pk__in=list(of))


def _drawn(rule: FigureRule, found: list[Found], days: tuple[date, date], span: Span) -> Drawn:
    line = {
        "key": rule.key,
        "title": rule.title.model_dump(),
        "query": rule.query.model_dump(),
        "value": len(found),
        "sha256": digest_of(found),
        "first": str(days[0]),
        "last": str(days[1]),
        "until": span.until.isoformat(),
    }
    return Drawn(line, frozenset(one.case for one in found))


def _events(cases: Cases, kind: EventKind) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(case__in=cases, kind=kind.value)


def _named(cases: Cases) -> list[Found]:
    rows = cases.order_by("reference").values_list("reference", "pk")
    return [Found(name, pk, "cases:case", (name,)) for name, pk in rows]


def _in_time(cases: Cases, kind: EventKind, span: Span) -> Cases:
    happened = CaseEvent.objects.filter(
        case=OuterRef("pk"), kind=kind.value, at__gte=span.since, at__lt=span.until
    )
    return cases.filter(Exists(happened))


def _before(kind: EventKind, moment: datetime) -> Exists:
    return Exists(CaseEvent.objects.filter(case=OuterRef("pk"), kind=kind.value, at__lt=moment))


def _received(cases: Cases, span: Span) -> list[Found]:
    return _named(_in_time(cases, EventKind.CASE_SUBMITTED, span))


def _admitted(cases: Cases, span: Span) -> list[Found]:
    return _named(_in_time(cases, EventKind.CASE_ADMITTED, span))


def _not_admitted(cases: Cases, span: Span) -> list[Found]:
    closed = _in_time(cases, EventKind.CASE_CLOSED, span)
    filed = _before(EventKind.CASE_SUBMITTED, span.until)
    return _named(closed.filter(filed, ~_before(EventKind.CASE_ADMITTED, span.until)))


def _ended(cases: Cases, span: Span) -> list[Found]:
    closed = _in_time(cases, EventKind.CASE_CLOSED, span)
    return _named(closed.filter(_before(EventKind.CASE_ADMITTED, span.until)))


def _running(cases: Cases, span: Span) -> list[Found]:
    admitted = cases.filter(_before(EventKind.CASE_ADMITTED, span.until))
    return _named(admitted.filter(~_before(EventKind.CASE_CLOSED, span.until)))


def _alerts(level: str) -> Callable[[Cases, Span], list[Found]]:
    def find(cases: Cases, span: Span) -> list[Found]:
        rows = (
            AlertEpisode.objects.filter(pilot__case__in=cases, level=level)
            .exclude(state=EpisodeState.WITHDRAWN)
            .filter(_between("opened_at", span))
            .order_by("opened_at", "pk")
        )
        return [
            Found(name, case, "supervision:alert", (pilot, name))
            for name, case, pilot in rows.values_list("episode", "pilot__case", "pilot__public_id")
        ]

    return find


def _incidents(cases: Cases, span: Span) -> list[Found]:
    rows = (
        Incident.objects.filter(_between("reported_at", span), pilot__case__in=cases)
        .exclude(state=IncidentState.MERGED)
        .order_by("reported_at", "pk")
    )
    told = rows.values_list("reference", "pilot__case", "pilot__public_id", "number")
    return [
        Found(name, case, "supervision:incident", (pilot, str(number)))
        for name, case, pilot, number in told
    ]


def _complaints(cases: Cases, span: Span) -> list[Found]:
    rows = Complaint.objects.filter(_between("received_at", span), pilot__case__in=cases)
    return [
        Found(name, case, "supervision:complaint", (name,))
        for name, case in rows.values_list("reference", "pilot__case")
    ]


def _orders(cases: Cases, span: Span) -> list[Found]:
    rows = Order.objects.filter(_between("issued_at", span), pilot__case__in=cases)
    return [
        Found(name, case, "supervision:order", (name,))
        for name, case in rows.order_by("issued_at", "pk").values_list("public_id", "pilot__case")
    ]


def _between(column: str, span: Span) -> Q:
    return Q(**{f"{column}__gte": span.since, f"{column}__lt": span.until})


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def _alert_figure(level: str) -> FigureRule:
    word = SEVERITY[Severity(level)]
    return FigureRule(
        f"alerts-{level}",
        _t(f"监测告警：{word.zh}", f"Alerts: {word.en}"),
        _t(
            f"期内收到、最高等级为“{word.zh}”且未被撤回的告警过程",
            f"Episodes received in the period whose highest level is {word.en}, not withdrawn",
        ),
        _alerts(level),
    )


FIGURES: tuple[FigureRule, ...] = (
    FigureRule(
        "received",
        _t("收到申报", "Applications received"),
        _t("期内提交申报的案件", "Cases that were submitted in the period"),
        _received,
    ),
    FigureRule(
        "admitted",
        _t("准入", "Admitted"),
        _t("期内决定准入的案件", "Cases that were admitted in the period"),
        _admitted,
    ),
    FigureRule(
        "not-admitted",
        _t("未准入而结案", "Closed without admission"),
        _t(
            "期内结案、提交过申报而从未准入的案件",
            "Cases closed in the period that had been submitted and never admitted",
        ),
        _not_admitted,
    ),
    FigureRule(
        "running",
        _t("期末试点中", "In the pilot at the end"),
        _t("期末已准入、尚未结案的案件", "Cases admitted by the end of the period and not closed"),
        _running,
    ),
    FigureRule(
        "ended",
        _t("结束试点", "Pilots ended"),
        _t("期内结案、曾经准入的案件", "Cases closed in the period that had been admitted"),
        _ended,
    ),
    *(_alert_figure(level) for level in reversed(LEVELS)),
    FigureRule(
        "incidents",
        _t("风险事件", "Incidents"),
        _t("期内报告、未并入其他事件的风险事件", "Incidents reported in the period, not merged"),
        _incidents,
    ),
    FigureRule(
        "complaints",
        _t("投诉", "Complaints"),
        _t("期内收到的投诉", "Complaints received in the period"),
        _complaints,
    ),
    FigureRule(
        "orders",
        _t("处置指令", "Orders"),
        _t("期内发出的处置指令", "Orders issued in the period"),
        _orders,
    ),
)
"""In the order in which a report tells them."""

_BY_KEY = {one.key: one for one in FIGURES}
