"""What the case page shows of reviews and assessments: nothing of it to the parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.review.models import Assignment, Commission
from shidian.apps.review.queries import assessments_for, panels_for
from shidian.apps.review.views.forms import FINDINGS
from shidian.core.procedure.agreement import spread_of
from shidian.core.procedure.handlers.review import two_places
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
    if not internal and not may_assess:
        return {"own": own, "case": case} if own else None
    return {
        "case": case,
        "own": own,
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
    seats = []
    for assignment in panel.assignments.all():
        declared = sorted(assignment.declarations.all(), key=lambda one: one.pk)
        review = getattr(assignment, "review", None)
        conflict = next((one for one in declared if one.conflict), None)
        shown = review if conflict is None and panel.closed_id is not None else None
        seats.append(
            {
                "expert": assignment.expert.person,
                "declared": bool(declared),
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
    spread = _spread(case, seats) if panel.closed_id is not None else []
    current = state.round
    doubted = current is not None and current.doubted and current.number == panel.round
    return {"panel": panel, "seats": seats, "doubted": doubted, "spread": spread}


def _spread(case: Case, seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each criterion how far those who count agree, and by name who is far off the others."""
    counted = {
        str(seat["expert"].pk): seat for seat in seats if seat["review"] and not seat["conflict"]
    }
    panels = {stage.id: stage.panel for stage in case.rulebook.stages if stage.panel}
    found = []
    for one in case.rulebook.criteria:
        scores = {
            who: seat["review"].scores[one.id]
            for who, seat in counted.items()
            if one.id in seat["review"].scores
        }
        rule = panels.get(one.stage)
        if not scores or rule is None:
            continue
        spread = spread_of(scores, rule.score_max)
        found.append(
            {
                "criterion": one.name,
                "low": two_places(spread.low),
                "median": two_places(spread.median),
                "high": two_places(spread.high),
                "far_off": [str(counted[who]["expert"]) for who in spread.far_off],
            }
        )
    return found


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
