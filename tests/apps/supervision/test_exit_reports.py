"""A pilot ends with clocks, figures to the fen, and lessons that the public may read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.supervision.domain import exit_reports as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import ExitReport, ExitStep
from shidian.apps.supervision.publish.refresh import publish_case
from shidian.core.exit.drill import Step
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from tests.factories import Walk

pytestmark = pytest.mark.django_db

TEXT = verbs.ReportText(
    summary_zh="试点期满，转为常规业务。",
    lessons_zh="限额按周复核更合适\n客服须提前培训",
    summary_en="The pilot ran its term and became ordinary business.",
    lessons_en="Limits are better looked at weekly\nSupport staff train beforehand",
    clauses=("order-records",),
    clauses_zh="子委托须逐笔留痕。",
)


@pytest.fixture
def evaluated(walk: Walk) -> Walk:
    walk.to(StageKind.EVALUATION)
    return walk


def close_with_a_broken_promise(walk: Walk) -> None:
    for promise, judgement in (("p1", "kept"), ("p2", "broken")):
        cases.judge_promise(
            case=walk.case, promise=promise, judgement=judgement, evidence="运行数据",
            by=walk.officer, at=walk.tick(),
        )  # fmt: skip
    stage = walk.case.stage_rule
    cases.file_evaluation(
        case=walk.case,
        dimensions={one.id: {"grade": "adequate", "text": "见证据"} for one in stage.dimensions},
        by=walk.officer,
        at=walk.tick(),
    )
    walk.complete_steps()
    cases.close_case(
        case=walk.case, outcome="graduated", reason="期满", by=walk.officer, at=walk.tick()
    )


def written(walk: Walk, text: verbs.ReportText = TEXT) -> ExitReport:
    return verbs.write_exit_report(case=walk.case, text=text, by=walk.officer, at=walk.tick())


def lessons() -> list[dict]:
    rows = PublishedSnapshot.objects.current().filter(kind=SnapshotKind.LESSON)
    return [row.body_zh for row in rows]


def test_report_is_public_once_closed_and_agreed(evaluated: Walk, client) -> None:
    report = written(evaluated)
    publish_case(evaluated.case)
    assert lessons() == []
    close_with_a_broken_promise(evaluated)
    publish_case(evaluated.case)
    assert lessons() == []

    verbs.agree_exit_report(report=report, by=evaluated.world.signer)
    publish_case(evaluated.case)

    (lesson,) = lessons()
    assert [one["judgement"] for one in lesson["promises"]] == ["kept", "broken"]
    assert lesson["lessons"] == ["限额按周复核更合适", "客服须提前培训"]
    assert lesson["clauses"][0]["id"] == "order-records"
    page = client.get(reverse("lesson", args=[evaluated.case.reference])).content.decode()
    assert "未兑现" in page
    assert evaluated.case.title_zh in client.get(reverse("library")).content.decode()


def test_newer_version_has_to_be_agreed_to_anew(evaluated: Walk) -> None:
    first = written(evaluated)
    close_with_a_broken_promise(evaluated)
    verbs.agree_exit_report(report=first, by=evaluated.world.signer)
    publish_case(evaluated.case)
    second = written(evaluated)
    publish_case(evaluated.case)

    assert second.number == 2
    assert lessons() == []
    with pytest.raises(SupervisionError, match="已有更新的版本"):
        verbs.agree_exit_report(report=first, by=evaluated.world.signer)


def test_words_stronger_than_the_evidence_are_refused_by_name(evaluated: Walk) -> None:
    strong = verbs.ReportText(summary_zh="试点证明成本下降。", lessons_zh="无")

    with pytest.raises(SupervisionError, match="证明, 下降"):
        written(evaluated, strong)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"summary_zh": " "}, "summary_zh"),
        ({"lessons_zh": ""}, "lessons_zh"),
        ({"clauses": ("none-such",)}, "clauses"),
    ],
)
def test_report_without_its_parts_is_refused(evaluated: Walk, change, field) -> None:
    given = {"summary_zh": "结束", "lessons_zh": "无", **change}

    with pytest.raises(SupervisionError) as refused:
        written(evaluated, verbs.ReportText(**given))

    assert refused.value.field == field


def test_report_is_not_written_while_the_pilot_runs(walk: Walk) -> None:
    walk.to(StageKind.RUNNING)

    with pytest.raises(SupervisionError, match="方可撰写退出报告"):
        written(walk)


def test_officers_write_and_the_lead_agrees(evaluated: Walk) -> None:
    report = written(evaluated)
    with pytest.raises(ForbiddenError):
        verbs.write_exit_report(case=evaluated.case, text=TEXT, by=evaluated.world.signer)
    for person in (evaluated.officer, evaluated.world.rival_signer):
        with pytest.raises(ForbiddenError):
            verbs.agree_exit_report(report=report, by=person)


def test_clocks_run_from_the_closing_and_end_with_a_statement(evaluated: Walk) -> None:
    assert verbs.exit_clocks(evaluated.case) == []
    close_with_a_broken_promise(evaluated)
    closed_on = verbs.closed_day(evaluated.case)
    assert closed_on is not None

    clocks = verbs.exit_clocks(evaluated.case, closed_on)
    assert [one.step for one in clocks] == list(Step)
    assert not any(one.late for one in clocks)
    assert all(
        one.late for one in verbs.exit_clocks(evaluated.case, closed_on + timedelta(days=200))
    )
    verbs.state_exit_step(
        case=evaluated.case, step=Step.REFUNDS, count=12, owed=123_456, settled=123_456,
        done_on=closed_on, by=evaluated.world.signer,
    )  # fmt: skip
    assert verbs.exit_clocks(evaluated.case, closed_on + timedelta(days=200))[2].stated is not None


def test_refunds_that_are_off_by_a_fen_are_not_done(evaluated: Walk) -> None:
    close_with_a_broken_promise(evaluated)

    with pytest.raises(SupervisionError, match=r"相差 −0\.01 元"):
        verbs.state_exit_step(
            case=evaluated.case, step=Step.REFUNDS, count=1, owed=100, settled=99,
            done_on=verbs.closed_day(evaluated.case), by=evaluated.world.signer,
        )  # fmt: skip

    assert not ExitStep.objects.exists()


def test_the_file_is_kept_as_long_as_the_rulebook_says_for_the_outcome(
    evaluated: Walk, client, monkeypatch
) -> None:
    assert verbs.kept_through(evaluated.case) is None, "not while it is open"
    close_with_a_broken_promise(evaluated)
    closed_on = verbs.closed_day(evaluated.case)
    last = closed_on.replace(year=closed_on.year + 10)  # demo-city, graduated
    assert verbs.kept_through(evaluated.case) == last
    client.force_login(evaluated.officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit-report", args=[evaluated.case.reference])
    page = client.get(address, headers={"accept-language": "en"})
    assert f"until {last.day} {last:%B %Y}" in page.text
    monkeypatch.delitem(evaluated.case.rulebook.exit.retention_years, "graduated")
    assert verbs.kept_through(evaluated.case) is None, "what nobody limited is kept"


def test_pages_show_the_end_and_take_statements(evaluated: Walk, client) -> None:
    written(evaluated)
    close_with_a_broken_promise(evaluated)
    address = reverse("supervision:exit-report", args=[evaluated.case.reference])
    client.force_login(evaluated.world.signer, backend="django.contrib.auth.backends.ModelBackend")
    figures = {
        "step": "refunds", "count": "3", "owed": "12.50", "settled": "12.49",
        "done_on": timezone.localdate().isoformat(), "note": "",
    }  # fmt: skip

    assert client.post(address, figures).status_code == 422
    assert client.post(address, {**figures, "settled": "12.50"}).status_code == 302
    agree = reverse("supervision:exit-report-agree", args=[evaluated.case.reference])
    assert client.post(agree, {"number": "1"}).status_code == 302
    assert ExitReport.objects.get().agreed_by == evaluated.world.signer
    assert "12.50" in client.get(address).content.decode()
    client.force_login(
        evaluated.world.rival_signer, backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(address).status_code == 404
