"""Incidents as the public reads them, where the rulebook's register has them: never their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import override

from shidian.apps.supervision.models import Incident, IncidentState
from shidian.apps.supervision.publish.language import text
from shidian.apps.supervision.publish.register import shows
from shidian.core.procedure.incidents import rules_of

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.notices.pilot_bodies import IncidentLine
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.publish.language import Language
    from shidian.core.rulebook.model import Rulebook, Text

INCIDENTS_MAX = 50


def incident_lines(pilot: Pilot, language: Language) -> list[IncidentLine]:
    """Those that the institution itself reported or confirmed, newest first; no merged ones."""
    if not shows(pilot.case, "incidents"):
        return []
    rulebook = pilot.case.rulebook
    shown = pilot.incidents.exclude(
        state__in=(IncidentState.PHONED.value, IncidentState.MERGED.value)
    )
    with override("en" if language == "en" else "zh-hans"):
        return [_line(one, rulebook, language) for one in shown[:INCIDENTS_MAX]]


def _line(one: Incident, rulebook: Rulebook, language: Language) -> IncidentLine:
    grades = {grade.id: grade.name for grade in rules_of(rulebook).severities}
    return {
        "id": one.reference,
        "grade": _said(grades.get(one.severity), one.severity, language),
        "state": str(one.get_state_display()),
        "cause": str(one.get_cause_display()),
        "market": str(one.get_market_display()),
        "decided": _decided(one, rulebook, language),
        "reported_at": _moment(one.reported_at),
        "closed_at": _moment(one.closed_at) if one.closed_at else "",
    }


def _decided(one: Incident, rulebook: Rulebook, language: Language) -> str:
    rule = rulebook.incidents.tolerance if rulebook.incidents else None
    newest = (
        one.findings.exclude(decision=None)
        .exclude(decision__decision="")
        .order_by("-number")
        .values_list("decision__decision", flat=True)
        .first()
    )
    if rule is None or not newest:
        return ""
    names = {decision.id: decision.name for decision in rule.decisions}
    return _said(names.get(newest), newest, language)


def _said(name: Text | None, otherwise: str, language: Language) -> str:
    return otherwise if name is None else text(name, language)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")
