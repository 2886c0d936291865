"""The body of a call: its window, who may apply, with what, and how it is judged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.supervision.publish.language import Language, text, title
from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.rulebook.model import StageKind
from shidian.core.rulebook.reading import numbers

if TYPE_CHECKING:
    from shidian.apps.cases.models import Call
    from shidian.apps.notices.bodies import (
        CallBody,
        CriterionLine,
        KindLine,
        MaterialLine,
        SectionLine,
    )
    from shidian.core.rulebook.model import Criterion, Intake, Rulebook, Section, Stage


def call_body(call: Call, language: Language) -> CallBody:
    """A call: who may apply, with what, how it is judged, and what happens then."""
    rulebook = rulebook_of(call.rulebook_version_id)
    intake = rulebook.intake
    kinds = kind_lines(intake, language)
    return {
        "slug": call.slug,
        "scheme": call.scheme.slug,
        "scheme_title": title(call.scheme, language),
        "title": title(call, language),
        "number": call.number,
        "opens_on": call.opens_on.isoformat(),
        "closes_on": call.closes_on.isoformat() if call.closes_on else "",
        "guide": call.guide_zh if language == "zh" or not call.guide_en else call.guide_en,
        "lead_kinds": [kind["name"] for kind in kinds if kind["leads"]],
        "partner_kinds": [kind["name"] for kind in kinds if kind["joins"]],
        "licensed_lead": bool(intake and intake.licensed_lead),
        "sections": [_section(section, language) for section in rulebook.form],
        "criteria": [_criterion(criterion, language) for criterion in rulebook.criteria],
        "steps": [
            _step(rulebook, stage, language)
            for stage in rulebook.stages
            if stage.kind is not StageKind.DRAFT
        ],
        "rulebook": rulebook.rulebook,
        "rulebook_version": rulebook.version,
        "zone": rulebook.zone,
        "counting_days": counting_days(call, rulebook),
        "kinds": kinds,
        "partners_max": intake.partners_max if intake else None,
        "materials": _materials(rulebook, language),
    }


def counting_days(call: Call, rulebook: Rulebook) -> list[str]:
    """The days of the call's window that count; none for one without end, or beyond a calendar."""
    if call.closes_on is None:
        return []
    try:
        calendar = calendar_of(rulebook)
        length = (call.closes_on - call.opens_on).days + 1
        days = [call.opens_on + timedelta(days=n) for n in range(length)]
        return [day.isoformat() for day in days if calendar.counts(day)]
    except (DomainError, CalendarMissingError):
        return []


def kind_lines(intake: Intake | None, language: Language) -> list[KindLine]:
    """Kinds that may lead, in the order of the rulebook, then those that may only join."""
    if intake is None:
        return []
    known = {kind.id: kind for kind in intake.kinds}
    return [
        {
            "id": one,
            "name": text(known[one].name, language) if one in known else one,
            "licensed": one in known and known[one].licensed,
            "leads": one in intake.lead,
            "joins": one in intake.partner,
        }
        for one in dict.fromkeys((*intake.lead, *intake.partner))
    ]


def _section(section: Section, language: Language) -> SectionLine:
    asked = [one for one in section.questions if one.required and one.computed is None]
    return {
        "title": text(section.title, language),
        "hard_gate": section.hard_gate,
        "questions": [text(one.label, language) for one in asked],
    }


def _criterion(criterion: Criterion, language: Language) -> CriterionLine:
    return {
        "name": text(criterion.name, language),
        "question": text(criterion.question, language),
        "mandatory": criterion.mandatory,
        "positive": [text(one, language) for one in criterion.positive],
        "negative": [text(one, language) for one in criterion.negative],
    }


def _materials(rulebook: Rulebook, language: Language) -> list[MaterialLine]:
    return [
        {
            "name": text(one.name, language),
            "required": one.required,
            "conditional": one.when is not None,
        }
        for one in rulebook.materials
        if one.stage is None
    ]


def _step(rulebook: Rulebook, stage: Stage, language: Language) -> str:
    """A stage with its period, as an applicant wants to know it: 初审（10 个工作日）."""
    name_of = text(stage.names.staff, language)
    if stage.clock is None:
        return name_of
    clock = rulebook.clock(stage.clock)
    period = text(numbers.length(clock.length, clock.unit.value), language)
    return f"{name_of}（{period}）" if language == "zh" else f"{name_of} ({period})"
