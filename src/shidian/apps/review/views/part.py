"""What the case page shows of reviews and assessments: nothing of it to the parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.review.models import Assignment, Commission
from shidian.apps.review.queries import assessments_for, panels_for
from shidian.apps.review.session_page import votes_of
from shidian.apps.review.views.forms import FINDINGS
from shidian.apps.review.views.spread import counted_seats, spread_rows
from shidian.core.procedure.types import Finding
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.apps.review.models import Panel
    from shidian.core.procedure.types import CaseState

FINDING_KINDS = {Finding.PASS: "done", Finding.CONDITION: "warning", Finding.FAIL: "critical"}


def build(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """Panels and assessments for the authorities, the own sheet for an expert, else None."""
    own = _own_sheet(case, viewer)
    internal = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    may_scan = allows(viewer.person, Permission.PANEL_FORM, case)
    may_assess = allows(viewer.person, Permission.ASSESSMENT_FILE, case)
    sessions = _has_sessions(case, state, viewer)
    if not internal and not may_assess:
        shown = {"own": own, "sessions": sessions, "case": case}
        return shown if own or sessions else None
    return {
        "case": case,
        "own": own,
        "sessions": sessions,
        "votes": _standing_votes(case, state) if internal else [],
        "panels": [
            _panel(case, panel, state, viewer.person, may_scan=may_scan)
            for panel in panels_for(viewer.person, case)
        ],
        "assessments": [
            {
                "body": one.body or _office(case, one.filed.authority),
                "rows": _findings(case, one.findings),
            }
            for one in assessments_for(viewer.person, case)
        ],
        "commissions": list(Commission.objects.filter(case=case).select_related("body")),
        "may_commission": state.stage_kind is StageKind.ASSESSMENT
        and case.stage_rule.by != "authority"
        and allows(viewer.person, Permission.CASE_HANDLE, case),
        "in_assessment": state.stage_kind is StageKind.ASSESSMENT
        and case.stage_rule.by != "authority",
    }


def _office(case: Case, authority: str) -> str:
    """The name of the authority whose officers assessed."""
    names = {part.local_id: str(part.authority) for part in case.scheme.parts.all()}
    return names.get(authority, authority)


def _has_sessions(case: Case, state: CaseState, viewer: Viewer) -> bool:
    """Whether a session of the newest round is there for the reader to see."""
    current = state.round
    called = current is not None and (current.defence or current.meeting)
    return bool(called) and allows(viewer.person, Permission.SESSION_READ, case)


def _standing_votes(case: Case, state: CaseState) -> list[dict[str, Any]]:
    """The vote that counts, as evidence for the decision."""
    if state.round is None or state.round.meeting is None:
        return []
    panel = case.panels.filter(round=state.round.number).first()
    return [one for one in votes_of(case, panel) if one["counts"]] if panel else []


def _own_sheet(case: Case, viewer: Viewer) -> bool:
    if not viewer.roles.is_expert:
        return False
    return Assignment.objects.of_expert(viewer.person).filter(panel__case=case).exists()


def _panel(
    case: Case, panel: Panel, state: CaseState, reader: Person, *, may_scan: bool
) -> dict[str, Any]:
    """Who sits, and how far each is. Nobody reads a score before the round is closed, so that no

    officer's remark can influence those who have yet to file.
    """
    criteria = {one.id: one.name for one in case.rulebook.criteria}
    current = state.round
    newest = current is not None and current.number == panel.round
    reviews = current.reviews if current is not None and newest else ()
    answers = {one.expert: one.confirmed for one in reviews}
    seats = []
    for assignment in panel.assignments.all():
        declared = sorted(assignment.declarations.all(), key=lambda one: one.pk)
        review = assignment.review
        conflict = next((one for one in declared if one.conflict), None)
        shown = review if conflict is None and panel.closed_id is not None else None
        seats.append(
            {
                "expert": assignment.expert.person,
                "declared": bool(declared),
                "confirmed": answers.get(str(assignment.expert.person_id)),
                "conflict": conflict,
                "review": review,
                "paper": review.submitted.person
                if review is not None and review.submitted.data.get("sha256")
                else None,
                "scan": may_scan and (shown or (review and review.submitted.person == reader)),
                "rows": [
                    (criteria.get(key, key), score, shown.reasons.get(key, ""))
                    for key, score in shown.scores.items()
                ]
                if shown
                else [],
            }
        )
    spread = spread_rows(case, counted_seats(panel)) if panel.closed_id is not None else []
    doubted = current is not None and newest and current.doubted
    return {"panel": panel, "seats": seats, "doubted": doubted, "spread": spread}


def _findings(case: Case, findings: dict[str, Any]) -> list[tuple[Any, str, str, str]]:
    names = {area.id: area.name for stage in case.rulebook.stages for area in stage.areas}
    words = {finding: str(word) for finding, word in FINDINGS}
    return [
        (
            names.get(area, area),
            words[Finding(found["finding"])],
            FINDING_KINDS[Finding(found["finding"])],
            found["text"],
        )
        for area, found in findings.items()
    ]


register(Part("review/_part.html", build, order=20))
