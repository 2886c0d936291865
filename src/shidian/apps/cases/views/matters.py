"""Blocks of the case page: consultations, rules to be relaxed, risk, documents still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.filed import filed_form, form_for
from shidian.apps.cases.rules import consulted_parts
from shidian.apps.cases.views.grade_form import scaled_by
from shidian.apps.cases.views.words import position_word
from shidian.apps.cases.waiver_field import is_paired
from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.tiers import tier_named, tier_of
from shidian.core.procedure.types import Position
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.state import RiskGrading
    from shidian.core.procedure.types import CaseState
    from shidian.core.rulebook.model import Material, RiskTiers, Stage, Text

KINDS = {Position.SUPPORT: "done", Position.NO_OBJECTION: "done", Position.OBJECT: "critical"}


def consultation_rows(case: Case, state: CaseState, viewer: Viewer) -> list[dict[str, Any]]:
    """Whom the stage tells or asks, and what they said: for the authorities, each its own."""
    all_of_them = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    own = () if all_of_them else consulted_parts(viewer.person, case)
    rows = []
    for asked in asked_in(case.rulebook, state, state.stage) if state.stage else ():
        if not all_of_them and asked.authority not in own:
            continue
        found = state.consultations.get(asked.id)
        word, kind = _("not sent yet"), "todo" if asked.required else "plain"
        if found is not None and found.position is not None:
            word, kind = position_word(found.position), KINDS[found.position]
        elif found is not None and asked.kind is ConsultationKind.FILING:
            word, kind = _("sent"), "done"
        elif found is not None:
            word, kind = _("waiting for the answer"), "info"
        rows.append(
            {
                "name": asked.name,
                "authority": case.rulebook.authority(asked.authority).name,
                "word": word,
                "kind": kind,
                "text": found.text if found else "",
                "opened": found.opened if found else None,
                "required": asked.required,
                "binding": asked.binding,
            }
        )
    return rows


def waiver_rows(case: Case, state: CaseState) -> list[dict[str, Any]]:
    """The rules that the applicant asks to be relaxed, as submitted."""
    rules = case.rulebook.waivers
    names = {one.id: one for one in rules.relaxable} if rules else {}
    return [
        {
            "name": names[one.rule].name if one.rule in names else one.rule,
            "article": names[one.rule].article if one.rule in names else "",
            "reason": one.reason,
            "measure": one.measure if is_paired(rules) else "",
        }
        for one in state.waivers
    ]


def risk_of(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """The tier a case was graded, what it changes, and what its answers suggest: for officers."""
    if case.rulebook.tiers is None or not allows(
        viewer.person, Permission.CASE_READ_INTERNAL, case
    ):
        return None
    tiers = case.rulebook.tiers
    graded, grading = tier_of(case.rulebook, state), state.grading
    # What follows from factors stands with the grade; else it follows from the answers.
    if tiers.factors:
        suggested = tier_named(case.rulebook, grading.proposed) if grading else None
    else:
        suggested = filed_form(case).tier
    shown = graded or suggested
    return {
        "graded": graded.name if graded else None,
        "suggested": suggested.name if suggested else None,
        "weighed": bool(tiers.factors),
        "reason": grading.reason if grading else "",
        "factors": findings_of(tiers, grading) if grading else [],
        "scales": scaled_by(case, shown) if shown else [],
    }


def findings_of(tiers: RiskTiers, grading: RiskGrading) -> list[tuple[Text, Text | str, str]]:
    """Of each factor its name, what was found and why, in the rulebook's order."""
    found = []
    for factor in tiers.factors:
        if factor.id in grading.findings:
            option, reason = grading.findings[factor.id]
            names = {one.id: one.name for one in factor.options}
            found.append((factor.name, names.get(option, option), reason))
    return found


def materials_due(case: Case, state: CaseState, viewer: Viewer) -> list[tuple[Material, Stage]]:
    """Documents that a stage ahead of the case asks for and that are not in yet."""
    if state.is_closed or not any(one.stage for one in case.rulebook.materials):
        return []
    filled = form_for(viewer.person, case)
    ids = [stage.id for stage in case.rulebook.stages]
    ahead = case.rulebook.stages[ids.index(case.stage) + 1 :]
    kept = filled.handed_in
    return [
        (material, stage)
        for stage in ahead
        for material in filled.materials(stage.id)
        if material.id not in kept and material.id not in state.papers
    ]
