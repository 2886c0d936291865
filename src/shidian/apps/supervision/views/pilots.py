"""A pilot's page: limits, course, alerts with their arithmetic, plan, keys."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.supervision.domain.exits import drill_due
from shidian.apps.supervision.domain.instants import from_us, to_us
from shidian.apps.supervision.explanations import laid_out
from shidian.apps.supervision.incident_queries import open_of
from shidian.apps.supervision.models import (
    AT_WORK,
    AlertEpisode,
    EpisodeState,
    IndicatorReading,
    Pilot,
)
from shidian.apps.supervision.orders import shown_orders, standing_stop, visible_orders
from shidian.apps.supervision.queries import (
    limits_with_use,
    plan_versions,
    receipts,
    refusals,
    shown_episodes,
)
from shidian.apps.supervision.series import POINTS_MAX, SPAN_US, changes_of, sample
from shidian.apps.supervision.views.live_parts import few_at_once
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.core.rulebook.reading.words import ON_BREACH

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case

ENDED_MAX = 50
"""Ended and withdrawn episodes listed; the rest is in the CSV of alerts to come."""
CHARTS_MAX = 8
ORDERS_MAX = 20
"""Orders listed on a pilot's page, newest first; all of them are in the list of orders."""


@rule(Permission.PILOT_READ, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """The whole page; the live part is the fragment."""
    del public_id
    pilot = pilot_of(case)
    context = _live(request, pilot) | {
        "plans": plan_versions(pilot),
        "keys": _keys(pilot),
        "rulebook": case.rulebook,
        "may_read_plan": allows(request.user, Permission.PLAN_READ, case),
        "may_read_reports": allows(request.user, Permission.REPORT_READ, case),
        "may_read_returns": allows(request.user, Permission.RETURN_READ, case),
        **_incidents(request, pilot),
        "may_read_exit": allows(request.user, Permission.EXIT_READ, case),
        "due": drill_due(case),
    }
    return render(request, "supervision/pilot.html", context)


def _incidents(request: HttpRequest, pilot: Pilot) -> dict[str, Any]:
    """What the page says and offers of incidents; a pilot that has not started has none."""
    case, started = pilot.case, pilot.start_us is not None
    may_read = started and allows(request.user, Permission.INCIDENT_READ, case)
    return {
        "may_read_incidents": may_read,
        "open_incidents": open_of(pilot.pk).count() if may_read else 0,
        "may_report_incident": started and allows(request.user, Permission.INCIDENT_REPORT, case),
        "may_note_call": started and allows(request.user, Permission.INCIDENT_HANDLE, case),
    }


def may_read_orders(person: object, pilot: Pilot) -> bool:
    """Whether the page says by which order a pilot stands still."""
    return allows(person, Permission.ORDER_READ, pilot.case)


def may_propose(person: object, pilot: Pilot) -> bool:
    """Whether the page offers to propose an order."""
    rules = pilot.case.rulebook.orders
    if rules is None or pilot.state not in AT_WORK:
        return False
    return allows(person, Permission.ORDER_PROPOSE, pilot.case)


@few_at_once
@rule(Permission.PILOT_READ, obj=case_of_pilot)
def fragment(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """The live part alone, fetched when something has changed."""
    del public_id
    return render(request, "supervision/_pilot.html", _live(request, pilot_of(case)))


def _live(request: HttpRequest, pilot: Pilot) -> dict[str, Any]:
    episodes = AlertEpisode.objects.filter(pilot=pilot)
    is_internal = allows(request.user, Permission.CASE_READ_INTERNAL, pilot.case)
    return {
        "pilot": pilot,
        "case": pilot.case,
        "may_supervise": allows(request.user, Permission.PILOT_SUPERVISE, pilot.case),
        "at_work": pilot.state in AT_WORK,
        "may_propose": may_propose(request.user, pilot),
        "stop": standing_stop(pilot) if may_read_orders(request.user, pilot) else None,
        "orders": shown_orders(
            visible_orders(request.user)
            .filter(pilot=pilot)
            .select_related("pilot__case__lead", "authority")[:ORDERS_MAX]
        ),
        "consequences": [(one, ON_BREACH[one.kind]) for one in pilot.consequences.all()],
        "sources": pilot.sources.all(),
        "uses": limits_with_use(pilot),
        "charts": _charts(pilot),
        "open_episodes": [
            (shown, laid_out(shown.episode.explanation))
            for shown in shown_episodes(
                episodes.filter(state=EpisodeState.OPEN), is_internal=is_internal
            )
        ],
        "past_episodes": [
            (shown, laid_out(shown.episode.explanation))
            for shown in shown_episodes(
                episodes.exclude(state=EpisodeState.OPEN)[:ENDED_MAX], is_internal=is_internal
            )
        ],
        "internal": is_internal,
        "at": timezone.now(),
    }


def _charts(pilot: Pilot) -> list[dict[str, Any]]:
    """Indicators that have values, those with a limit first."""
    now_us = to_us(timezone.now())
    rulebook = pilot.case.rulebook
    names = [indicator.id for indicator in rulebook.indicators]
    changes = changes_of([pilot], names, since_us=now_us - SPAN_US)
    caps = {use.limit.reading: use.limit for use in limits_with_use(pilot)}
    charts = []
    for indicator in rulebook.indicators:
        found = changes.get((pilot.pk, indicator.id))
        if not found or not any(change.value for change in found):
            continue
        points = sample(found, until_us=now_us, points=POINTS_MAX)
        if not points:
            continue
        limit = caps.get(indicator.id)
        charts.append(
            {
                "indicator": indicator,
                "cap": limit.cap if limit else None,
                "cap_title": limit.title if limit else "",
                "series": [{"label": "", "points": [(from_us(at), value) for at, value in points]}],
            }
        )
    charts.sort(key=lambda chart: chart["cap"] is None)
    return charts[:CHARTS_MAX]


def _keys(pilot: Pilot) -> list[dict[str, Any]]:
    keys = list(pilot.machine_keys.all())
    outbox_ids = [key.outbox_id for key in keys] + [key.revoked_outbox_id for key in keys]
    entries, refused = receipts(outbox_ids), refusals(outbox_ids)
    return [
        {
            "key": key,
            "entry": entries.get(key.outbox_id),
            "revoked_entry": entries.get(key.revoked_outbox_id or 0),
            "refused": refused.get(key.outbox_id, ""),
            "revocation_refused": refused.get(key.revoked_outbox_id or 0, ""),
        }
        for key in keys
    ]


@rule(Permission.PILOT_READ, obj=case_of_pilot)
def series_csv(request: HttpRequest, case: Case, public_id: str, indicator: str) -> HttpResponse:
    """All final values of an indicator: it holds each value until the next row."""
    del request
    try:
        case.rulebook.indicator(indicator)
    except KeyError:
        raise Http404 from None
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{public_id}-{indicator}.csv"'
    writer = csv.writer(response)
    writer.writerow(["indicator", "from", "value"])
    rows = IndicatorReading.objects.filter(pilot__case=case, indicator=indicator)
    for at_us, value, scale in rows.order_by("instant_us").values_list(
        "instant_us", "value", "scale"
    ):
        moment = timezone.localtime(from_us(at_us)).isoformat(timespec="seconds")
        stated = "" if value is None else format(Decimal(value).scaleb(-scale), "f")
        writer.writerow([indicator, moment, stated])
    return response
