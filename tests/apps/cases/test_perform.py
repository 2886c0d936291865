"""`perform_act` writes everything or nothing, refuses in words, and nobody else changes a case."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shidian.apps
from shidian.apps.cases import domain as cases
from shidian.apps.cases.domain.perform import PERMISSIONS
from shidian.apps.cases.errors import DomainError, ForbiddenError, OvertakenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import AccessRow, Case, CaseEvent, Outbox, Task
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, full_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(next(iter(shidian.apps.__path__)))
STATE_FIELDS = {"stage", "number", "outcome", "last_seq", "form_version", "changed_at"}


def written(case: Case) -> tuple[object, ...]:
    """Everything an act writes, for comparing before and after."""
    return (
        Case.objects.filter(pk=case.pk).values_list("stage", "last_seq", "number").get(),
        CaseEvent.objects.count(),
        Task.objects.count(),
        Outbox.objects.count(),
        AccessRow.objects.count(),
    )


def test_every_verb_says_what_it_needs() -> None:
    assert set(PERMISSIONS) == set(Verb)


def test_refusal_writes_nothing_and_says_why(walk: Walk) -> None:
    case = walk.to(StageKind.DRAFT)
    before = written(case)

    with pytest.raises(DomainError) as refused:
        cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())

    assert refused.value.code == "incomplete"
    assert refused.value.text.zh
    assert written(case) == before


def test_a_drafter_may_not_submit(walk: Walk) -> None:
    case = walk.to(StageKind.DRAFT)
    walk.fill()

    with pytest.raises(ForbiddenError):
        cases.submit_case(case=case, by=walk.world.drafter, at=walk.tick())


def test_a_stranger_may_do_nothing(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    for verb in Verb:
        for person in (walk.world.rival_signer, walk.world.outsider, walk.world.auditor):
            with pytest.raises(DomainError):
                cases.do(verb, case, {"reason": "–"}, by=person, at=walk.tick())
    assert case.stage == "screening"


def test_an_act_on_a_stale_page_is_told_so(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    seen = case.last_seq
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())

    with pytest.raises(OvertakenError) as overtaken:
        cases.reject_case(
            case=case, reason="不符", by=walk.officer, at=walk.tick(), expected_seq=seen
        )

    assert overtaken.value.last_seq == case.last_seq


def test_history_does_not_run_backwards(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)

    with pytest.raises(DomainError) as refused:
        cases.request_information(
            case=case, question="请补充", by=walk.officer, at=walk.at - timedelta(days=1)
        )

    assert refused.value.code == "before-last-event"


def test_a_request_stops_the_clock_and_its_answer_starts_it_again(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)

    def due() -> object:
        clocks = state_of(case, walk.at).clocks
        return next(clock.due for clock in clocks if clock.clock == "screening")

    first = due()
    cases.request_information(case=case, question="请补充证照", by=walk.officer, at=walk.tick())
    assert Task.objects.open().get(case=case).institution == walk.world.lead
    walk.sleep(7)
    cases.answer_information(
        case=case, request="r1", answer="已补充", by=walk.world.drafter, at=walk.tick()
    )

    later = due()
    assert first is not None
    assert later is not None
    assert later > first  # type: ignore[operator]


def test_amended_sections_are_named_in_the_answer(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    section = walk.world.rulebook.form[0]
    cases.request_information(case=case, question="请更正", by=walk.officer, at=walk.tick())
    answers = full_answers(section) | {section.questions[0].id: "更正后的内容"}
    cases.save_section(
        case=case,
        section=section.id,
        answers=answers,
        base_version=1,
        by=walk.world.drafter,
        at=walk.tick(),
    )

    done = cases.answer_information(
        case=case, request="r1", answer="已更正", by=walk.world.drafter, at=walk.tick()
    )

    assert done.case.form_version == 2
    assert done.events[0].data["sha256"] != case.events.get(kind="case.submitted").data["sha256"]


def test_a_returned_case_is_mended_and_submitted_again(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    cases.return_to_applicant(case=case, reason="请修改", by=walk.officer, at=walk.tick())
    assert case.stage == "draft"
    assert Case.objects.visible_to(walk.officer).filter(pk=case.pk).exists()

    cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())

    assert case.stage == "screening"
    assert case.form_version == 2


def test_a_refused_consent_can_become_one(walk: Walk) -> None:
    case = walk.to(StageKind.ADMISSION)
    bureau, finance = walk.world.signing_officer.values()
    cases.sign_off(case=case, consent=False, reason="待核", by=bureau, at=walk.tick())
    cases.sign_off(case=case, consent=True, by=finance, at=walk.tick())
    assert case.stage == "admission"

    cases.sign_off(case=case, consent=True, by=bureau, at=walk.tick())

    assert case.stage == "running"


def test_a_case_officer_does_not_sign(walk: Walk) -> None:
    case = walk.to(StageKind.ADMISSION)

    with pytest.raises(ForbiddenError):
        cases.sign_off(case=case, consent=True, by=walk.officer, at=walk.tick())


def test_two_pilots_of_a_year_have_numbers_in_order(walk: Walk) -> None:
    numbers = [walk.to(StageKind.RUNNING).number or "" for _ in range(2)]

    assert [number[-4:] for number in numbers] == ["0001", "0002"]


def test_a_withdrawn_case_is_over(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    cases.withdraw_case(case=case, reason="另行安排", by=walk.world.signer, at=walk.tick())

    assert case.outcome == "withdrawn"
    assert not Task.objects.open().filter(case=case).exists()
    with pytest.raises(DomainError):
        cases.request_information(case=case, question="？", by=walk.officer, at=walk.tick())


def test_a_closed_call_takes_no_application(walk: Walk) -> None:
    from datetime import date

    call = cases.open_call(
        rulebook=walk.world.version,
        title="已截止",
        opens_on=date(2024, 1, 1),
        closes_on=date(2024, 2, 1),
        by=None,
    )

    with pytest.raises(DomainError) as refused:
        cases.create_case(call=call, lead=walk.world.lead, title="晚了", by=walk.world.signer)

    assert refused.value.code == "call-closed"


def test_a_kind_that_may_not_lead_is_told_which_may(walk: Walk) -> None:
    from shidian.apps.accounts.models import StaffRole
    from tests.factories import make_institution, make_staff

    firm = make_institution(9, kind="tech-company")
    person = make_staff(firm, "tech", StaffRole.SIGNER)

    with pytest.raises(DomainError) as refused:
        cases.create_case(call=walk.world.call, lead=firm, title="项目", by=person)

    assert refused.value.code == "may-not-lead"


def test_a_rulebook_is_published_once(walk: Walk) -> None:
    from dataclasses import replace

    from tests.factories import loaded

    again = cases.publish_rulebook(scheme=walk.world.scheme, loaded=loaded(), by=None)
    assert again == walk.world.version

    changed = replace(loaded(), digest="sha256:" + "0" * 64)
    with pytest.raises(DomainError) as refused:
        cases.publish_rulebook(scheme=walk.world.scheme, loaded=changed, by=None)
    assert refused.value.code == "published-already"


ACTS = ["request", "answer", "return", "submit", "pass", "reject", "withdraw", "save"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=8))
def test_stored_state_is_the_fold_of_stored_events(walk: Walk, acts: list[str]) -> None:
    """Whatever is tried in whatever order: state, tasks and sequence agree with the history."""
    from django.db import transaction

    with transaction.atomic():
        case = walk.to(StageKind.SCREENING)
        for act in acts:
            try:
                _try(walk, act)
            except DomainError:
                continue
        state = state_of(case, walk.at)
        stored = Case.objects.get(pk=case.pk)
        tasks = set(Task.objects.open().filter(case=case).values_list("key", flat=True))
        events = CaseEvent.objects.filter(case=case).count()
        transaction.set_rollback(True)

    assert (stored.stage, stored.outcome) == (state.stage, state.outcome or "")
    assert stored.last_seq == events
    assert tasks == {task.key for task in state.tasks}


def _try(walk: Walk, act: str) -> None:
    case, world, at = walk.case, walk.world, walk.tick()
    match act:
        case "request":
            cases.request_information(case=case, question="请补充", by=walk.officer, at=at)
        case "answer":
            cases.answer_information(
                case=case, request="r1", answer="已补充", by=world.signer, at=at
            )
        case "return":
            cases.return_to_applicant(case=case, reason="请修改", by=walk.officer, at=at)
        case "submit":
            cases.submit_case(case=case, by=world.signer, at=at)
        case "pass":
            walk.pass_screening()
        case "reject":
            cases.reject_case(case=case, reason="不符", by=walk.officer, at=at)
        case "withdraw":
            cases.withdraw_case(case=case, reason="退出", by=world.signer, at=at)
        case "save":
            section = world.rulebook.form[0]
            cases.save_section(
                case=case, section=section.id, answers={}, base_version=1, by=world.signer, at=at
            )


def test_only_perform_act_writes_the_state_of_a_case() -> None:
    """No other module assigns a case's state, updates it in a query or writes an event."""
    offenders = [
        f"{path.relative_to(APPS)}:{line}: {what}"
        for path in sorted(APPS.rglob("*.py"))
        if path.relative_to(APPS) != Path("cases/domain/perform.py")
        and "migrations" not in path.parts
        for line, what in _state_writes(ast.parse(path.read_text()))
    ]
    assert offenders == []


def _state_writes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                named = isinstance(target, ast.Attribute) and target.attr in STATE_FIELDS
                if named and "case" in ast.unparse(target.value).lower():  # type: ignore[attr-defined]
                    yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.startswith("Case.objects") and called.endswith((".update", ".bulk_update")):
                yield node.lineno, called
            if called.startswith("CaseEvent") and called.endswith(("create", "CaseEvent")):
                yield node.lineno, called
