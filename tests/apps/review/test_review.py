"""Panels, declarations, sheets, assessments: records beside the case's own events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import AccessRow, Case
from shidian.apps.review import domain as review
from shidian.apps.review.models import Assessment, Assignment, Review, SheetDraft
from shidian.apps.review.queries import panels_for, parties_to_declare
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from tests.factories import Walk


@pytest.fixture
def assignment(walk: Walk) -> Assignment:
    walk.to(StageKind.REVIEW)
    found = walk.form_panel().assignments.select_related("expert__person").first()
    assert found is not None
    return found


def sheet(walk: Walk, score: int = 70) -> dict[str, dict[str, object]]:
    criteria = [one.id for one in walk.world.rulebook.criteria if one.stage == "review"]
    return {
        "scores": dict.fromkeys(criteria, score),
        "reasons": dict.fromkeys(criteria, "理由"),
    }


def test_before_declaring_an_expert_knows_the_parties_only(
    walk: Walk, assignment: Assignment
) -> None:
    person = assignment.expert.person
    mine = Assignment.objects.of_expert(person).get()

    assert parties_to_declare(mine) == [walk.world.lead.name]
    assert not allows(person, Permission.REVIEW_READ, mine)
    with pytest.raises(ForbiddenError):
        review.submit_review(assignment=mine, by=person, at=walk.tick(), **sheet(walk))  # type: ignore[arg-type]


def test_a_declaration_is_each_experts_own(walk: Walk, assignment: Assignment) -> None:
    other = walk.world.experts[1].person

    with pytest.raises(ForbiddenError):
        review.declare_conflict(assignment=assignment, conflict=False, by=other, at=walk.tick())


def test_a_conflict_needs_a_reason_and_writes_a_denial(walk: Walk, assignment: Assignment) -> None:
    person = assignment.expert.person
    with pytest.raises(DomainError):
        review.declare_conflict(assignment=assignment, conflict=True, by=person, at=walk.tick())

    review.declare_conflict(
        assignment=assignment, conflict=True, reason="曾任顾问", by=person, at=walk.tick()
    )

    row = AccessRow.objects.get(person=person)
    assert (row.effect, row.ends) == ("deny", None)
    assert not Assignment.objects.of_expert(person).exists()


def test_a_conflict_found_later_ends_the_access(walk: Walk, assignment: Assignment) -> None:
    person = assignment.expert.person
    review.declare_conflict(assignment=assignment, conflict=False, by=person, at=walk.tick())
    assert Case.objects.visible_to(person).exists()

    review.declare_conflict(
        assignment=assignment, conflict=True, reason="新近入职", by=person, at=walk.tick()
    )

    assert not Case.objects.visible_to(person).exists()
    assert not allows(person, Permission.REVIEW_SUBMIT, assignment)


def test_who_declared_a_conflict_is_not_invited_again(walk: Walk, assignment: Assignment) -> None:
    review.declare_conflict(
        assignment=assignment,
        conflict=True,
        reason="持股",
        by=assignment.expert.person,
        at=walk.tick(),
    )

    with pytest.raises(DomainError) as refused:
        review.invite_experts(
            case=walk.case, experts=[assignment.expert], by=walk.officer, at=walk.tick()
        )

    assert refused.value.code == "may-not-review"


def test_staff_of_a_party_is_not_invited(walk: Walk) -> None:
    from shidian.apps.accounts import domain as accounts
    from shidian.apps.accounts.models import StaffRole
    from tests.factories import LONG_AGO

    walk.to(StageKind.REVIEW)
    expert = walk.world.experts[0]
    accounts.enrol_staff(
        person=expert.person,
        institution=walk.world.lead,
        role=StaffRole.TECHNICAL,
        starts=LONG_AGO,
    )

    with pytest.raises(DomainError):
        walk.form_panel()


def test_a_sheet_is_drafted_then_submitted_once(walk: Walk, assignment: Assignment) -> None:
    person = assignment.expert.person
    review.declare_conflict(assignment=assignment, conflict=False, by=person, at=walk.tick())
    review.save_sheet(assignment=assignment, scores={"useful": 1}, reasons={}, by=person)
    assert SheetDraft.objects.count() == 1

    review.submit_review(assignment=assignment, by=person, at=walk.tick(), **sheet(walk))  # type: ignore[arg-type]

    assert not SheetDraft.objects.exists()
    assert Review.objects.get().assignment == assignment
    with pytest.raises(DomainError):
        review.submit_review(assignment=assignment, by=person, at=walk.tick(), **sheet(walk))  # type: ignore[arg-type]


def test_scores_are_for_officers_not_for_the_applicant(walk: Walk) -> None:
    case = walk.to(StageKind.ASSESSMENT)

    assert panels_for(walk.officer, case).get().score == "80.00"
    assert not panels_for(walk.world.signer, case).exists()


def test_after_a_conflict_another_expert_completes_the_panel(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    panel = walk.form_panel()
    first, *others = panel.assignments.select_related("expert__person").order_by("pk")
    review.declare_conflict(
        assignment=first, conflict=True, reason="同事", by=first.expert.person, at=walk.tick()
    )
    more = review.invite_experts(
        case=case, experts=[walk.world.experts[3]], by=walk.officer, at=walk.tick()
    )
    for one in [*others, *more]:
        person = one.expert.person
        review.declare_conflict(assignment=one, conflict=False, by=person, at=walk.tick())
        review.submit_review(assignment=one, by=person, at=walk.tick(), **sheet(walk))  # type: ignore[arg-type]

    closed = review.close_round(case=case, by=walk.officer, at=walk.tick())

    assert (closed.score, closed.passed) == ("70.00", True)


def test_below_the_pass_mark_another_round_needs_a_reason(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    for one in walk.form_panel().assignments.select_related("expert__person"):
        person = one.expert.person
        review.declare_conflict(assignment=one, conflict=False, by=person, at=walk.tick())
        review.submit_review(assignment=one, by=person, at=walk.tick(), **sheet(walk, 10))  # type: ignore[arg-type]
    assert review.close_round(case=case, by=walk.officer, at=walk.tick()).passed is False
    with pytest.raises(DomainError):
        walk.advance("仍要通过")

    again = review.form_panel(
        case=case,
        experts=walk.world.experts[:3],
        starts=walk.at.date(),
        ends=walk.at.date() + timedelta(days=5),
        reason="材料更新",
        by=walk.officer,
        at=walk.tick(),
    )

    assert again.round == 2
    assert Assignment.objects.of_expert(walk.world.experts[0].person).count() == 2


def test_only_a_commissioned_body_files_an_assessment(walk: Walk) -> None:
    case = walk.to(StageKind.ASSESSMENT)
    findings = {one.id: {"finding": "pass", "text": "符合"} for one in case.stage_rule.areas}
    with pytest.raises(ForbiddenError):
        review.file_assessment(case=case, findings=findings, by=walk.world.assessor, at=walk.tick())

    walk.commission()
    review.file_assessment(case=case, findings=findings, by=walk.world.assessor, at=walk.tick())

    assert Assessment.objects.get().body == walk.world.body


def test_a_commission_is_an_event_and_the_reason_of_the_bodys_access(walk: Walk) -> None:
    case = walk.to(StageKind.ASSESSMENT)
    walk.commission()

    row = case.access.get(institution=walk.world.body)
    assert row.because.kind == EventKind.ASSESSMENT_COMMISSIONED
    assert row.because.person == walk.officer
    with pytest.raises(DomainError) as refused:
        walk.commission()
    assert refused.value.code == "already-done"


def test_a_party_cannot_assess_itself(walk: Walk) -> None:
    from shidian.apps.accounts import domain as accounts

    case = walk.to(StageKind.ASSESSMENT)
    accounts.enrol_assessor(person=walk.world.drafter, institution=walk.world.lead)

    with pytest.raises(DomainError) as refused:
        review.commission_assessment(
            case=case, body=walk.world.lead, by=walk.officer, at=walk.tick()
        )

    assert refused.value.code == "party-assesses"


def test_an_assessor_no_longer_sees_a_closed_case(walk: Walk) -> None:
    case = walk.to(StageKind.NOTICE)
    assert Case.objects.visible_to(walk.world.assessor).exists()

    cases.reject_case(case=case, reason="不予公示", by=walk.officer, at=walk.tick())

    assert not Case.objects.visible_to(walk.world.assessor).exists()
    assert Case.objects.visible_to(walk.world.drafter).exists()
