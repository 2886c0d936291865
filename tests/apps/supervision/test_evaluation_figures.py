"""Every figure of an evaluation leads to its query, the entries behind it and their digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.paper import to_pdf
from shidian.apps.record.domain import prepare_leaves
from shidian.apps.record.models import LeafRow
from shidian.apps.supervision.domain import evaluations as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.apps.supervision.evaluation_figures import promise_figure
from shidian.apps.supervision.evaluation_lines import asked_of_promises, draw_promises
from shidian.apps.supervision.evaluations import evaluation_of, lines_of, paper_of
from shidian.apps.supervision.models import EvaluationFigures, PlanResult, SealedPlan
from shidian.apps.supervision.promises import promises_of
from shidian.apps.supervision.report_lines import draw_asked, follow
from shidian.apps.supervision.worker import projection
from shidian.config import settings
from shidian.core.evaluation.grade import Grade
from shidian.core.evaluation.plan import Measure, Window
from shidian.core.journal.reader import JournalReader
from shidian.core.monitor.live import Live
from shidian.core.monitor.store import StoreReader
from shidian.core.rulebook.model import StageKind
from tests.core.evaluation.plans import a_plan, some_data

from .reporting import Telemetry
from .things import PLAN

pytestmark = pytest.mark.django_db
PROMISED = {**PLAN, "failures_promised": "20", "investors_promised": "50"}
ZONE = ZoneInfo("Asia/Shanghai")
DAY_MINUTES = 24 * 60
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def pilot(walk):
    walk.to(StageKind.SCREENING)
    return start_pilot(case=walk.case, plan=PROMISED, at=walk.tick())


@pytest.fixture
def telemetry(pilot):
    """Failed orders on three days: thirty in one minute of the second."""
    found = Telemetry(pilot)
    for day, number in ((0, 4), (1, 30), (2, 7)):
        found.fail(day * DAY_MINUTES + 5, number)
    found.fail(4 * DAY_MINUTES, 1)
    found.write()
    yield found
    found.remove()


def monitored(store) -> None:
    """Let the monitor judge the journal, and copy its final values as the worker does."""
    with JournalReader(settings().journal) as reader:
        live = Live(reader, store)
        while live.poll(100):
            pass
        live.close()
    with StoreReader(store) as found:
        projection.apply_readings(found.readings_after(0, 1_000_000))


@pytest.fixture
def measured(telemetry, tmp_path):
    monitored(tmp_path / "monitor.sqlite")
    return telemetry


def days_on(pilot, days: float) -> datetime:
    return from_us(pilot.start_us) + timedelta(days=days)


def agrees(pilot, line) -> None:
    """A line computed again as of its entry, and from its own entries alone, is the same."""
    found = follow(pilot, line)
    expected = (line["value"], line["value"], line["evidence"]["digest"])
    assert (found.then, found.alone, found.digest) == expected


def test_a_hundred_figures_of_promises_are_followed_to_the_journal_and_come_out_the_same(
    pilot, measured
):
    """At many moments of the run: what the page shows is what the journal says."""
    followed, broken = 0, 0
    for hours in range(1, 97, 2):
        promises = promises_of(pilot, days_on(pilot, hours / 24))
        shown = {
            one.key: found
            for promise in promises
            for one in asked_of_promises(pilot, [promise])
            for found in (promise.present, promise.judged.worst)
            if found is not None and one.at_us == found.at_us
        }
        for line in draw_promises(pilot, promises).lines:
            assert Fraction(line["value"]) == shown[line["key"]].value, (hours, line["key"])
            assert line["query"]["project"] == pilot.public_id
            agrees(pilot, line)
            followed += 1
            broken += line["value"] == "30" and line["evidence"]["first_entry"] > 0
    assert followed >= 100
    assert broken > 0


def test_drawn_figures_are_kept_and_shown_with_their_evidence(pilot, measured, walk, client):
    kept = verbs.draw_evaluation(case=walk.case, by=walk.officer)

    worst = next(one for one in kept.lines if one["key"] == "promise.orders-go-through.worst")
    assert (worst["value"], worst["source"], worst["kind"]) == ("30", "journal", "at")
    assert worst["evidence"]["first_entry"] > 0
    found = promise_figure(walk.case, "orders-go-through", "worst")
    assert (found.kept, found.before, found.line) == (kept, None, worst)
    client.force_login(walk.officer, backend=BACKEND)
    page = client.get(reverse("supervision:evaluation", args=[walk.case.reference]))
    address = figure_of(walk.case, worst["key"])
    assert f'href="{address}"' in page.text
    one = client.get(address)
    assert worst["evidence"]["digest"] in one.text
    assert "failures_5m" in one.text
    again = client.get(address + "?again=1").context["followed"]
    assert (again.then, again.alone, again.now) == ("30", "30", "30")
    lines = [
        line
        for part in paper_of(walk.case, evaluation_of(walk.case)).chapters
        for entry in part.entries
        for line in entry.lines
    ]
    assert any(worst["evidence"]["digest"] in line for line in lines)


def test_the_report_has_the_charts_of_the_page_and_no_clock(pilot, measured, walk, time_machine):
    def drawn():
        found = paper_of(walk.case, evaluation_of(walk.case))
        return [one for part in found.chapters for one in part.drawings], to_pdf(found)

    charts, pdf = drawn()

    assert len(charts) >= 1
    failures = next(one for one in charts if one.title.startswith("五分钟委托失败笔数"))
    assert "不高于" in failures.svg
    assert "最高 30" in failures.said
    assert pdf.startswith(b"%PDF")
    time_machine.move_to(timezone.now() + timedelta(hours=5))
    assert drawn() == (charts, pdf)


def test_a_late_correction_is_told_beside_what_was_drawn_last(
    pilot, measured, walk, client, tmp_path
):
    verbs.draw_evaluation(case=walk.case, by=walk.officer)
    for seqno in range(5, 15):
        measured.take_back(seqno, DAY_MINUTES + 5)
    measured.write()
    monitored(tmp_path / "again.sqlite")

    found = promise_figure(walk.case, "orders-go-through", "worst")

    assert (found.line["value"], found.kept) == ("20", None)
    assert found.before["value"] == "30"
    client.force_login(walk.officer, backend=BACKEND)
    page = client.get(figure_of(walk.case, "promise.orders-go-through.worst"))
    assert "30" in page.text
    assert EvaluationFigures.objects.count() == 1


def test_figures_are_drawn_by_officers_alone_and_stay_as_drawn(pilot, measured, walk, world):
    for person in (world.signer, world.drafter, world.rival_signer, world.auditor):
        with pytest.raises(ForbiddenError):
            verbs.draw_evaluation(case=walk.case, by=person)
    kept = verbs.draw_evaluation(case=walk.case, by=walk.officer)
    assert verbs.draw_evaluation(case=walk.case, by=walk.officer).number == 2
    for change in (
        lambda: EvaluationFigures.objects.filter(pk=kept.pk).update(lines=[]),
        lambda: EvaluationFigures.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_where_the_journal_is_not_the_page_says_why(pilot, measured, walk, client):
    measured.remove()
    with pytest.raises(SupervisionError):
        verbs.draw_evaluation(case=walk.case, by=walk.officer)
    client.force_login(walk.officer, backend=BACKEND)

    page = client.get(figure_of(walk.case, "promise.orders-go-through.worst"))

    assert page.status_code == 200
    assert "监测日志不在这台服务器上" in page.text


def figure_of(case, key: str) -> str:
    return reverse("supervision:evaluation-figure", args=[case.reference, key])


def test_what_is_no_figure_is_not_found_and_what_is_another_firms_neither(
    pilot, measured, walk, world, client
):
    verbs.draw_evaluation(case=walk.case, by=walk.officer)
    client.force_login(walk.officer, backend=BACKEND)
    for key in ("", "x", "promise.no-such.worst", "promise.orders-go-through.best", "plan.1.1.x"):
        if key:
            assert client.get(figure_of(walk.case, key)).status_code == 404, key
    client.force_login(world.signer, backend=BACKEND)
    own = figure_of(walk.case, "promise.orders-go-through.worst")
    assert client.get(own).status_code == 200
    client.force_login(world.rival_signer, backend=BACKEND)
    assert client.get(own).status_code == 404


# --- outcome analysis ----------------------------------------------------------------------------


def rate_plan(pilot):
    first = datetime.combine(pilot.starts_on, datetime.min.time(), ZONE)
    return a_plan(
        Grade.DESCRIPTION,
        measure=Measure.RATE,
        window=Window(first, first + timedelta(days=30)),
    )


@pytest.fixture
def sealed(pilot, walk) -> SealedPlan:
    at = datetime.combine(pilot.starts_on, datetime.min.time(), ZONE) - timedelta(days=1)
    made = verbs.seal_plan(case=walk.case, plan=rate_plan(pilot), by=walk.officer, at=at)
    prepare_leaves(slot_s=3600, now=at)
    LeafRow.objects.filter(outbox__payload__digest=made.digest).update(index=7)
    return made


def run_by_page(client, walk, pilot, sealed, **more):
    client.force_login(walk.officer, backend=BACKEND)
    days = {
        "first_on": pilot.starts_on.isoformat(),
        "last_on": (pilot.starts_on + timedelta(days=2)).isoformat(),
        "source": "监测数据",
    }
    address = reverse("supervision:evaluation-run", args=[walk.case.reference, sealed.number])
    return client.post(address, days | more)


def test_an_analysis_is_run_on_figures_drawn_from_telemetry(pilot, measured, walk, client, sealed):
    drawn = {"pilot_part": "failures_5m", "pilot_whole": "failures_5m"}
    half = run_by_page(client, walk, pilot, sealed, pilot_part="failures_5m")
    none = run_by_page(client, walk, pilot, sealed)
    done = run_by_page(client, walk, pilot, sealed, **drawn)

    assert (half.status_code, none.status_code, done.status_code) == (422, 422, 302)
    result = PlanResult.objects.get()
    assert result.data["pilot"] == [41, 41.0]
    part, whole = result.lines
    assert (part["key"], part["value"], part["source"]) == ("pilot.part", "41", "journal")
    assert whole["evidence"]["first_entry"] > 0
    for line in result.lines:
        agrees(pilot, line)


def test_every_figure_of_a_look_has_a_page_of_its_own(pilot, measured, walk, client, sealed):
    run_by_page(client, walk, pilot, sealed, pilot_part="failures_5m", pilot_whole="failures_5m")
    result = PlanResult.objects.get()
    page = client.get(
        reverse("supervision:evaluation-plan", args=[walk.case.reference, sealed.number])
    )

    lines = lines_of(sealed, result)

    assert [one["key"] for one in lines] == [
        *("estimate.value", "estimate.low", "estimate.high", "pilot.part", "pilot.whole")
    ]
    for line in lines:
        address = figure_of(walk.case, f"plan.1.1.{line['key']}")
        assert f'href="{address}"' in page.text
        shown = client.get(address + "?again=1")
        assert line["evidence"]["digest"] in shown.text
        if line["source"] == "analysis":
            assert shown.context["again_digest"] == result.digest
            assert figure_of(walk.case, "plan.1.1.pilot.part") in shown.text
            assert line["evidence"]["first_entry"] > 0
            assert line["evidence"]["entries"] > 0


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("grade", Grade)
def test_a_result_is_found_again_from_the_figures_as_they_are_kept(walk, measure, grade):
    if grade is Grade.CONTROLLED_BEFORE_AFTER and measure is not Measure.MEAN:
        pytest.skip("rows are values")
    walk.to(StageKind.SCREENING)
    at = datetime(2026, 3, 1, 9, tzinfo=ZONE)
    plan = a_plan(grade, measure=measure)
    made = verbs.seal_plan(case=walk.case, plan=plan, by=walk.officer, at=at)
    prepare_leaves(slot_s=3600, now=at)
    LeafRow.objects.filter(outbox__payload__digest=made.digest).update(index=7)
    found = verbs.run_plan(
        sealed=made, data=some_data(plan), source="登记簿，2026年第3号", by=walk.officer
    )
    kept = PlanResult.objects.get(pk=found.row.pk)

    assert verbs.run_again(kept) == kept.digest
    for line in kept.lines:
        assert line["source"] == "stated"
        assert line["evidence"]["rows"] == ["登记簿，2026年第3号"]
        assert line["evidence"]["digest"].startswith("sha256:")
    assert len({line["evidence"]["digest"] for line in kept.lines}) == len(kept.lines)


def test_a_figure_typed_otherwise_has_another_digest(walk):
    from shidian.apps.supervision.evaluation_lines import stated_lines
    from shidian.core.evaluation.analysis import Share

    plan = a_plan()
    one = some_data(plan)
    other = replace(one, pilot=Share(851, 1000))

    (first, *_), (second, *_) = (stated_lines(plan, data, "同一文件", ()) for data in (one, other))

    assert (first["key"], first["value"], second["value"]) == ("pilot.part", "850", "851")
    assert first["evidence"]["digest"] != second["evidence"]["digest"]


def test_drawing_asks_the_journal_for_the_very_instants(pilot, measured):
    promises = promises_of(pilot, days_on(pilot, 3))
    asked = asked_of_promises(pilot, promises)

    lines = draw_asked(pilot, asked).lines

    assert [one.at_us for one in asked] == [int(line["at_us"]) for line in lines]
