"""A plan is sealed on record before there is data; it is run as sealed, or amended openly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.cases.paper import to_pdf
from shidian.apps.record.acts import all_acts, untold
from shidian.apps.record.domain import prepare_leaves
from shidian.apps.record.models import LeafRow
from shidian.apps.supervision.domain import evaluations as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.evaluations import evaluation_of, paper_of
from shidian.apps.supervision.models import PlanResult, SealedPlan
from shidian.core.evaluation.analysis import Share
from shidian.core.evaluation.grade import Grade
from shidian.core.evaluation.plan import Window
from shidian.core.rulebook.model import StageKind
from tests.core.evaluation.plans import a_plan, some_data

if TYPE_CHECKING:
    from tests.factories import Walk

pytestmark = pytest.mark.django_db

SEALED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
"""Before the window of `a_plan`, which begins in April."""


@pytest.fixture
def running(walk: Walk) -> Walk:
    walk.to(StageKind.RUNNING)
    return walk


def sealed(walk: Walk, plan=None, **more) -> SealedPlan:
    given = {"by": walk.officer, "at": SEALED_AT, **more}
    return verbs.seal_plan(case=walk.case, plan=plan or a_plan(), **given)


def put_on_record(plan: SealedPlan) -> None:
    """As the worker and the notary do, at the next slot."""
    prepare_leaves(slot_s=3600, now=plan.sealed_at)
    row = LeafRow.objects.get(outbox__payload__digest=plan.digest)
    row.index = row.pk + 1_000
    row.save(update_fields=["index"])


def run(walk: Walk, plan: SealedPlan, **changes):
    wanted = verbs.read_plan(plan.canonical.encode())
    given = {"source": "投资者登记流，2026年4月至9月", "by": walk.officer, **changes}
    data = given.pop("data", some_data(wanted))
    return verbs.run_plan(sealed=plan, data=data, **given)


def test_sealed_plan_goes_on_record_as_a_commitment(running: Walk) -> None:
    plan = sealed(running)

    row = Outbox.objects.get(topic="record.leaf", payload__kind="evaluation.sealed")
    prepare_leaves(slot_s=3600, now=SEALED_AT)
    leaf = LeafRow.objects.get(outbox=row)
    assert row.payload["digest"] == plan.digest == a_plan().digest()
    assert (leaf.sealed, leaf.opened) == (True, False)
    assert running.case.reference not in bytes(leaf.leaf).decode()
    assert untold(all_acts()) == []


def test_plan_whose_window_has_begun_is_not_sealed(running: Walk) -> None:
    with pytest.raises(SupervisionError, match="须在此之前封存"):
        sealed(running, at=datetime(2026, 4, 2, tzinfo=UTC))


def test_plan_is_not_run_before_the_record_holds_it(running: Walk) -> None:
    plan = sealed(running)

    with pytest.raises(SupervisionError, match="方案尚未存证"):
        run(running, plan)


def test_sealed_plan_is_run_and_its_figures_are_kept(running: Walk) -> None:
    plan = sealed(running)
    put_on_record(plan)

    found = run(running, plan)

    assert found.row.look == 1
    assert found.row.data["pilot"] == [850, 1000]
    assert found.result.plan_digest == plan.digest
    assert evaluation_of(running.case).grade is Grade.RANDOMISED


def test_outcomes_from_before_the_record_held_the_plan_are_refused(running: Walk) -> None:
    plan = sealed(running, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    put_on_record(plan)
    early = replace(some_data(a_plan()), first_at=datetime(2026, 3, 31, 15, tzinfo=UTC))

    with pytest.raises(SupervisionError, match="早于方案封存时间"):
        run(running, plan, data=early)


def test_control_group_of_nobody_is_refused(running: Walk) -> None:
    plan = sealed(running)
    put_on_record(plan)

    with pytest.raises(SupervisionError):
        run(running, plan, data=replace(some_data(a_plan()), reference=Share(0, 0)))

    assert not PlanResult.objects.exists()


def test_more_looks_than_planned_are_refused(running: Walk) -> None:
    plan = sealed(running)
    put_on_record(plan)
    run(running, plan)

    with pytest.raises(SupervisionError):
        run(running, plan)


def test_plan_changed_after_sealing_needs_a_reason_and_is_shown_as_amendment(running: Walk) -> None:
    first = sealed(running)
    changed = a_plan(target=3000)
    with pytest.raises(SupervisionError, match="请写明修订理由"):
        sealed(running, changed)
    with pytest.raises(SupervisionError, match="没有差别"):
        sealed(running, reason="x")

    second = sealed(running, changed, reason="样本量估计有误")

    assert second.amends == first
    assert not second.late
    put_on_record(first)
    with pytest.raises(SupervisionError, match="请按现行方案分析"):
        run(running, first)


def test_plan_amended_once_data_may_exist_says_so_for_good(running: Walk) -> None:
    sealed(running)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    window = Window(at + timedelta(days=1), datetime(2026, 10, 1, tzinfo=UTC))

    second = sealed(running, a_plan(window=window), reason="试点推迟", at=at)

    assert second.late
    (shown, _before) = evaluation_of(running.case).plans
    assert shown.row == second
    lines = "".join(
        line
        for part in paper_of(running.case, evaluation_of(running.case)).chapters
        for entry in part.entries
        for line in entry.lines
    )
    assert "试点推迟" in lines


def test_results_of_an_amended_plan_carry_no_grade(running: Walk) -> None:
    first = sealed(running)
    put_on_record(first)
    run(running, first)
    sealed(running, a_plan(target=3000), reason="重来", at=SEALED_AT + timedelta(days=1))

    assert evaluation_of(running.case).grade is Grade.DESCRIPTION


def test_only_officers_who_handle_the_case_seal_and_run(running: Walk) -> None:
    world = running.world
    for person in (world.signer, world.rival_signer, world.outsider):
        with pytest.raises(ForbiddenError):
            sealed(running, by=person)


def test_sealed_plan_and_result_never_change(running: Walk) -> None:
    plan = sealed(running)
    put_on_record(plan)
    found = run(running, plan)
    for change in (
        lambda: SealedPlan.objects.filter(pk=plan.pk).update(canonical="{}"),
        lambda: SealedPlan.objects.filter(pk=plan.pk).delete(),
        lambda: PlanResult.objects.filter(pk=found.row.pk).update(data={}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_report_is_the_same_to_the_byte(running: Walk) -> None:
    plan = sealed(running)
    put_on_record(plan)
    run(running, plan)

    one, other = (to_pdf(paper_of(running.case, evaluation_of(running.case))) for _ in range(2))

    assert one == other
    assert one.startswith(b"%PDF")


def test_words_stronger_than_the_evidence_are_marked(walk: Walk) -> None:
    walk.to(StageKind.EVALUATION)
    cases.judge_promise(
        case=walk.case,
        promise="p1",
        judgement="broken",
        evidence="试点导致投诉下降",
        by=walk.officer,
    )

    (first, *_rest) = evaluation_of(walk.case).promises

    assert (first.kind, first.too_strong) == ("critical", ("导致", "下降"))


def test_officer_seals_a_plan_on_a_page_and_runs_it(running: Walk, client) -> None:
    client.force_login(running.officer, backend="django.contrib.auth.backends.ModelBackend")
    reference = running.case.reference
    today = datetime.now(UTC).date()
    written = {
        "plan_id": "finished",
        "question_zh": "是否更多人完成？", "question_en": "Do more finish?",
        "outcome_zh": "完成比例", "outcome_en": "share who finish",
        "measure": "proportion", "better": "higher", "grade": "compared",
        "comparison_zh": "旧问卷", "comparison_en": "the former form",
        "success": "0.02", "harm": "-0.02",
        "starts_on": (today + timedelta(days=2)).isoformat(),
        "ends_on": (today + timedelta(days=90)).isoformat(),
        "target": "2000", "looks": "2", "clusters": "none", "subgroups": "over-70",
    }  # fmt: skip
    address = reverse("supervision:evaluation-seal", args=[reference])

    wrong = client.post(address, {**written, "success": "-0.5"})
    right = client.post(address, written)

    assert wrong.status_code == 422
    assert right.status_code == 302
    plan = SealedPlan.objects.get(case=running.case)
    page = client.get(reverse("supervision:evaluation-plan", args=[reference, 1]))
    assert plan.digest[:20] in page.content.decode()
    put_on_record(plan)
    figures = {
        "first_on": (today + timedelta(days=3)).isoformat(),
        "last_on": (today + timedelta(days=80)).isoformat(),
        "pilot": "850/1000",
        "reference": "800/1000",
        "subgroups": "over-70, 3, 100, 2, 100",
        "source": "登记流",
    }
    run_at = reverse("supervision:evaluation-run", args=[reference, 1])
    assert client.post(run_at, {**figures, "pilot": "many"}).status_code == 422
    assert client.post(run_at, figures).status_code == 302
    shown = client.get(reverse("supervision:evaluation", args=[reference])).content.decode()
    assert "试点组与对照组相差" in shown
    assert client.get(reverse("supervision:evaluation-pdf", args=[reference])).status_code == 200


def test_pages_are_for_those_concerned(running: Walk, client) -> None:
    sealed(running)
    reference = running.case.reference
    paths = [
        reverse("supervision:evaluation", args=[reference]),
        reverse("supervision:evaluation-plan", args=[reference, 1]),
        reverse("supervision:evaluation-pdf", args=[reference]),
    ]
    for person, status in (
        (running.officer, 200),
        (running.world.signer, 200),
        (running.world.rival_signer, 404),
    ):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for path in paths:
            assert client.get(path).status_code == status, (person, path)
