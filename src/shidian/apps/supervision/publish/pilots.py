"""Bodies about a pilot: the fixed page, and the figures that are refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.models import SchemeAuthority
from shidian.apps.supervision.domain.instants import from_us, to_us
from shidian.apps.supervision.limits import AgreedLimit, agreed_limits, uses
from shidian.apps.supervision.models import (
    AT_WORK,
    AlertEpisode,
    EpisodeState,
    MonitorFault,
)
from shidian.apps.supervision.publish import agreed, words
from shidian.apps.supervision.publish.cases import public_course
from shidian.apps.supervision.publish.incidents import incident_lines
from shidian.apps.supervision.publish.language import Language, name, text, title
from shidian.apps.supervision.publish.last_days import last_days
from shidian.apps.supervision.publish.lessons import published_report
from shidian.apps.supervision.publish.register import lead_name, partner_names, shows, withheld
from shidian.apps.supervision.series import POINTS_MAX, SPAN_US, Change, changes_of, sample
from shidian.apps.supervision.tiers import tier_of
from shidian.core.rulebook.model import QuestionKind
from shidian.core.rulebook.reading.words import ON_BREACH, ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from shidian.apps.cases.answers import Answers
    from shidian.apps.notices.figures import AlertLine, PilotFigures, SeriesLine
    from shidian.apps.notices.pilot_bodies import (
        ConsequenceLine,
        LimitLine,
        OrderLine,
        PilotBody,
        TagLine,
    )
    from shidian.apps.supervision.models import Pilot

WHAT_MAX = 4
"""Public answers shown of the application: a summary, not the file."""
SUMMARY = "summary"
"""The question whose answer says what a project is: it stands first."""
ALERTS_MAX = 50
ORDERS_MAX = 50
TECHNOLOGIES, SCENES = "technologies", "direction"
"""The questions from whose public choices the matrix is made: what it uses, what it serves."""
_PROSE = (QuestionKind.LONG,)
_CHOSEN = (QuestionKind.CHOICE, QuestionKind.CHOICES)
_DECIDING = ("lead", "member")


def plan_of(pilot: Pilot) -> dict[str, str]:
    """The newest version of the plan."""
    newest = pilot.plan_versions.order_by("-number").first()
    return dict(newest.values) if newest else {}


def pilot_body(pilot: Pilot, language: Language) -> PilotBody:
    """What the pilot is, may do, promised, and what was decided when."""
    case = pilot.case
    rulebook = case.rulebook
    state = _public_state(pilot)
    notice = case.notices.order_by("-version").first()
    complaint = rulebook.safeguards.complaint
    filed = filed_form(case).answers
    return {
        "public_id": pilot.public_id,
        "number": case.number or "",
        "case": case.reference,
        "title": title(case, language),
        "what": _public_answers(pilot, filed, language),
        "technologies": _chosen(pilot, filed, TECHNOLOGIES, language),
        "scenes": _chosen(pilot, filed, SCENES, language),
        "lead": lead_name(case, language),
        "partners": partner_names(case, language),
        "authorities": [
            name(part.authority, language)
            for part in SchemeAuthority.objects.filter(
                scheme=case.scheme_id, role__in=_DECIDING
            ).select_related("authority")
        ],
        "scheme": case.scheme.slug,
        "scheme_title": title(case.scheme, language),
        "rulebook": rulebook.rulebook,
        "rulebook_version": rulebook.version,
        "zone": rulebook.zone,
        "state": state,
        "state_label": text(words.PILOT_STATE[state], language),
        "starts_on": pilot.starts_on.isoformat() if shows(case, "dates") else "",
        "ends_on": pilot.ends_on.isoformat() if shows(case, "dates") else "",
        "last_days": last_days(pilot),
        "limits": _limits(pilot, language),
        "plan": agreed.plan_lines(case, plan_of(pilot), language),
        "consequences": _consequences(pilot, language),
        "orders": _orders(pilot, language),
        "incidents": incident_lines(pilot, language),
        "promises": agreed.promises(case),
        "judged": agreed.judged_promises(case, language),
        "waivers": agreed.waiver_lines(case, language),
        "conditions": agreed.conditions(case),
        "complaint": text(complaint, language) if complaint else "",
        "groups": public_course(case, language),
        "notice": notice.slug if notice else "",
        "lesson": case.reference if published_report(case) else "",
        "withheld": withheld(case),
    }


def _limits(pilot: Pilot, language: Language) -> list[LimitLine]:
    return [
        {
            "id": limit.id,
            "title": text(limit.title, language),
            "unit": text(limit.unit, language) if limit.unit else "",
            "cap": format(limit.cap, "f"),
            "warn_at": list(limit.warn_at),
            "indicator": limit.reading,
        }
        for limit in _shown_limits(pilot)
    ]


def _consequences(pilot: Pilot, language: Language) -> list[ConsequenceLine]:
    """What followed by law from breaches of public rules, withdrawn ones too."""
    return [
        {
            "kind": one.kind,
            "text": text(ON_BREACH[one.kind], language),
            "rule": title(one, language),
            "since": _moment(one.start_us),
            "withdrawn_at": _moment(to_us(one.withdrawn_at)) if one.withdrawn_at else "",
        }
        for one in pilot.consequences.filter(public=True)
    ]


def _public_state(pilot: Pilot) -> str:
    """Where orders are not public, a page does not tell a running pilot from a stopped one."""
    if shows(pilot.case, "orders") or pilot.state not in AT_WORK:
        return str(pilot.state)
    return words.IN_ITS_TERM


def _orders(pilot: Pilot, language: Language) -> list[OrderLine]:
    """The orders that were issued, where the rulebook's register has them; proposals never."""
    if not shows(pilot.case, "orders"):
        return []
    issued = pilot.orders.exclude(issued_at=None).order_by("-issued_at", "-pk")
    return [
        {
            "id": one.public_id,
            "kind": text(ORDER[one.kind], language),
            "reason": one.reason_zh if language == "zh" else one.reason_en,
            "issued_at": _moment(to_us(one.issued_at)),
            "ended_at": _moment(to_us(one.ended_at)) if one.ended_at else "",
        }
        for one in issued[:ORDERS_MAX]
        if one.issued_at is not None
    ]


def _shown_limits(pilot: Pilot) -> list[AgreedLimit]:
    """The public ones of the limits in force as its case stands, where the register has limits."""
    case = pilot.case
    if not shows(case, "limits"):
        return []
    in_force = agreed_limits(case.rulebook, plan_of(pilot), tier_of(case), case.stage)
    return [limit for limit in in_force if limit.public]


def _chosen(
    pilot: Pilot, filed: Mapping[str, Answers], wanted: str, language: Language
) -> list[TagLine]:
    """What was chosen in answer to a public question of that name, in the rulebook's order."""
    for section in pilot.case.rulebook.form:
        for question in section.questions:
            if question.id == wanted and question.public and question.kind in _CHOSEN:
                answer = filed.get(section.id, {}).get(question.id) or ()
                chosen = {answer} if isinstance(answer, str) else set(answer)
                return [
                    {"id": one.id, "title": text(one.name, language)}
                    for one in question.options
                    if one.id in chosen
                ]
    return []


def _public_answers(
    pilot: Pilot, filed: Mapping[str, Answers], language: Language
) -> list[dict[str, str]]:
    """Filed answers in prose to questions that the rulebook makes public; no more of the form."""
    found: list[dict[str, str]] = []
    for section in pilot.case.rulebook.form:
        for question in section.questions:
            answer = filed.get(section.id, {}).get(question.id)
            if question.public and question.kind in _PROSE and isinstance(answer, str) and answer:
                line = {"label": text(question.label, language), "text": answer}
                found.insert(0 if question.id == SUMMARY else len(found), line)
    return found[:WHAT_MAX]


def pilot_figures(pilot: Pilot, language: Language, *, now: datetime | None = None) -> PilotFigures:
    """The live part: use of public limits, their course over the last day, public alerts.

    Where monitoring has stopped, all is as of then: nothing later was looked at.
    """
    moment = now or timezone.now()
    fault = MonitorFault.objects.filter(pilot=pilot).first()
    if fault is not None:
        moment = min(moment, fault.noticed_at)
    now_us = to_us(moment)
    limits = _shown_limits(pilot)
    wanted = {name for limit in limits for name in (limit.indicator, limit.reading)}
    found = changes_of([pilot], wanted, since_us=now_us - SPAN_US)
    changes = {indicator: rows for (_, indicator), rows in found.items()}
    return {
        "public_id": pilot.public_id,
        "as_of": timezone.localtime(moment).isoformat(timespec="seconds"),
        "stopped_at": _moment(to_us(fault.noticed_at)) if fault else "",
        "limits": [
            {
                "id": use.limit.id,
                "used": "" if use.used is None else format(use.used, "f"),
                "trend": [format(value, "g") for value in use.trend],
            }
            for use in uses(limits, changes, now_us=now_us)
        ],
        "series": [
            _series(pilot, indicator, changes.get(indicator, ()), language, now_us)
            for indicator in dict.fromkeys(limit.indicator for limit in limits)
        ],
        "alerts": _alerts(pilot, language),
    }


def _series(
    pilot: Pilot, indicator_id: str, changes: Sequence[Change], language: Language, now_us: int
) -> SeriesLine:
    indicator = pilot.case.rulebook.indicator(indicator_id)
    points = sample(changes, until_us=now_us, points=POINTS_MAX)
    return {
        "indicator": indicator_id,
        "title": text(indicator.title, language),
        "unit": text(indicator.unit, language) if indicator.unit else "",
        "points": [
            [timezone.localtime(from_us(at)).isoformat(timespec="seconds"), format(value, "f")]
            for at, value in points
        ],
    }


def _alerts(pilot: Pilot, language: Language) -> list[AlertLine]:
    """Public episodes that stand; one that was withdrawn never was, as known now."""
    episodes = (
        AlertEpisode.objects.filter(pilot=pilot, public=True)
        .exclude(state=EpisodeState.WITHDRAWN)
        .order_by("-start_us")[:ALERTS_MAX]
    )
    return [
        {
            "title": title(episode, language),
            "level": episode.level,
            "opened_at": _moment(episode.start_us),
            "ended_at": "" if episode.end_us is None else _moment(episode.end_us),
        }
        for episode in episodes
    ]


def _moment(us: int) -> str:
    return timezone.localtime(from_us(us)).isoformat(timespec="seconds")
