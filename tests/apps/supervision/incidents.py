"""Incidents brought as far as a test needs them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client

from shidian.apps.supervision.domain import incidents as verbs
from shidian.core.procedure.incidents import Cause, IncidentFacts, MarketEffect
from shidian.core.procedure.losses import InvestorLoss

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Incident, Pilot

TITLE = "行情延迟致重复下单"
TEXT = "十点零五分起行情延迟，系统重复下单。"
FACTS = IncidentFacts(
    investors=3,
    losses=(InvestorLoss("inv-1", 12_050, 12_050), InvestorLoss("inv-2", 1, 1)),
    market=MarketEffect.NONE,
    market_text="全部为限价单",
    cause=Cause.CYBER,
    cause_text="行情接口遭受攻击",
)
OPEN_FACTS = replace(FACTS, losses=(InvestorLoss("inv-1", 12_050, 50),))


def client_of(person: Person | None) -> Client:
    """A client signed in as that person; nobody without one."""
    client = Client()
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def told(at: datetime, severity: str = "major", **more: Any) -> verbs.Told:
    values = {
        "title": TITLE,
        "text": TEXT,
        "severity": severity,
        "occurred_at": at - timedelta(minutes=40),
        "known_at": at - timedelta(minutes=30),
    }
    return verbs.Told(**(values | more))


def reported(pilot: Pilot, by: Person, at: datetime, **more: Any) -> Incident:
    """An incident that the firm reported at `at`."""
    seen = verbs.newest_number(pilot)
    return verbs.report_incident(pilot=pilot, told=told(at, **more), seen=seen, by=by, at=at)


def closed(incident: Incident, by: Person, at: datetime, facts: IncidentFacts = FACTS) -> Incident:
    """The same, closed at `at`."""
    verbs.close_incident(
        incident=incident,
        text="已修复",
        facts=facts,
        lessons="增加备用行情源",
        over_at=at - timedelta(minutes=1),
        by=by,
        at=at,
    )
    incident.refresh_from_db()
    return incident
