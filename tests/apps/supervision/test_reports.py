"""Reports: drawn from telemetry, completed, signed, held against telemetry, judged; never altered."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.domain import report_signing
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.report_drafts import (
    DraftOvertakenError,
    draw_again,
    open_report,
    save_draft,
)
from shidian.apps.supervision.domain.report_judging import (
    accept_report,
    ask_for_revision,
    check_report,
    return_report,
)
from shidian.apps.supervision.domain.report_signing import (
    FiguresMovedError,
    begin_report_signature,
    sign_report,
)
from shidian.apps.supervision.models import (
    PilotState,
    Report,
    ReportState,
    ReportStepKind,
    ReportVersion,
)
from shidian.apps.supervision.report_lines import counted_again, follow
from shidian.apps.supervision.reports import due_lines, visible_reports
from shidian.apps.supervision.worker.reports import check_next_report
from shidian_kit.wire.digest import sha256_tag
from tests.files import pdf

from .reporting import TEXTS, Telemetry, after_month, drafted, first_month, signed
from .things import quick_pilot, running_pilot

pytestmark = pytest.mark.django_db
TOTAL = "failures_5m.total"


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def telemetry(pilot):
    """Forty failed orders in the first month, ten after it."""
    found = Telemetry(pilot)
    found.fail(3, 30)
    found.fail(20, 10)
    days = (first_month(pilot)[1] - pilot.starts_on).days + 3
    found.fail(days * 24 * 60, 10)
    found.write()
    yield found
    found.remove()


@pytest.fixture
def at(pilot):
    return after_month(pilot)


def line(report: Report, key: str = TOTAL):
    return next(one for one in report.draft["lines"] if one["key"] == key)


# --- drafting ----------------------------------------------------------------------------------


def test_a_draft_has_the_months_figures_each_with_its_evidence(pilot, telemetry, world, at):
    report = open_report(
        pilot=pilot, duty="monthly", first=pilot.starts_on, by=world.drafter, at=at
    )

    found = line(report)
    assert (found["value"], found["stated"], found["why"]) == ("40", "40", "")
    assert found["evidence"]["feeds"] == [["orders", 1]]
    assert (found["evidence"]["first_entry"], found["evidence"]["last_entry"]) == (2, 3)
    assert line(report, "failures_5m.highest")["value"] == "30"
    assert line(report, "alerts.warning")["value"] == "0"
    assert report.last == first_month(pilot)[1]
    assert report.due_on is not None
    assert report.draft["settled"]
    assert [step.kind for step in report.steps.all()] == [ReportStepKind.OPENED]


def test_a_period_is_begun_once_and_only_when_it_is_over(pilot, telemetry, world, at):
    with pytest.raises(SupervisionError, match=r"."):
        open_report(
            pilot=pilot,
            duty="monthly",
            first=pilot.starts_on,
            by=world.drafter,
            at=at - timedelta(days=10),
        )
    assert not Report.objects.exists()
    first = open_report(pilot=pilot, duty="monthly", first=pilot.starts_on, by=world.drafter, at=at)
    again = open_report(pilot=pilot, duty="monthly", first=pilot.starts_on, by=world.signer, at=at)
    assert first.pk == again.pk
    for duty, day in (("weather", pilot.starts_on), ("monthly", pilot.starts_on + timedelta(1))):
        with pytest.raises(SupervisionError):
            open_report(pilot=pilot, duty=duty, first=day, by=world.drafter, at=at)


def test_others_can_neither_begin_nor_change_nor_sign(pilot, telemetry, world, walk, at):
    for stranger in (world.rival_signer, world.outsider, walk.officer):
        with pytest.raises(ForbiddenError):
            open_report(pilot=pilot, duty="monthly", first=pilot.starts_on, by=stranger, at=at)
    report = drafted(pilot, world.drafter, at)
    for stranger in (world.rival_signer, world.outsider, walk.officer):
        with pytest.raises(ForbiddenError):
            save_draft(
                report=report, seq=report.draft_seq, stated={}, why={}, texts=(), by=stranger
            )
        with pytest.raises(ForbiddenError):
            begin_report_signature(report=report, by=stranger)
    with pytest.raises(ForbiddenError):
        begin_report_signature(report=report, by=world.drafter)
    assert not ReportVersion.objects.exists()


def test_two_people_at_once_the_second_is_told_and_nothing_is_written_over(
    pilot, telemetry, world, at
):
    report = drafted(pilot, world.drafter, at)
    seq = report.draft_seq
    kept = save_draft(
        report=report, seq=seq, stated={}, why={}, texts=("甲写的", *TEXTS[1:]), by=world.drafter
    )

    with pytest.raises(DraftOvertakenError) as overtaken:
        save_draft(
            report=report, seq=seq, stated={}, why={}, texts=("乙写的", *TEXTS[1:]), by=world.signer
        )

    assert overtaken.value.report.draft["texts"][0] == "甲写的"
    assert overtaken.value.report.draft_seq == kept.draft_seq
    report.refresh_from_db()
    assert report.draft["texts"][0] == "甲写的"


@pytest.mark.parametrize("text", ["many", "1e99", "NaN", "1.5", "9" * 60])
def test_what_is_no_such_number_is_refused_where_it_stands(pilot, telemetry, world, at, text):
    report = drafted(pilot, world.drafter, at)
    place = [one["key"] for one in report.draft["lines"]].index(TOTAL)
    with pytest.raises(SupervisionError) as refused:
        save_draft(
            report=report,
            seq=report.draft_seq,
            stated={TOTAL: text},
            why={},
            texts=TEXTS,
            by=world.drafter,
        )
    assert refused.value.field == f"stated-{place}"


def test_figures_drawn_anew_keep_what_was_stated_otherwise(pilot, telemetry, world, at):
    report = drafted(pilot, world.drafter, at, failures_5m__total="41")
    telemetry.take_back(1, 3)
    telemetry.write()

    again = draw_again(report=report, seq=report.draft_seq, by=world.drafter, at=at)

    assert (line(again)["value"], line(again)["stated"]) == ("39", "41")
    assert line(again, "failures_5m.highest")["stated"] == "29"


def test_without_a_journal_a_period_cannot_be_begun_but_an_event_can(pilot, world, at):
    with pytest.raises(SupervisionError):
        open_report(pilot=pilot, duty="monthly", first=pilot.starts_on, by=world.drafter, at=at)
    report = open_report(
        pilot=pilot,
        duty="incident",
        first=at.date(),
        occurred_at=at,
        subject="行情中断",
        by=world.drafter,
        at=at,
    )
    assert report.draft["lines"] == []
    assert report.due_at == at + timedelta(hours=24)
    assert "监测日志不在这台服务器上" in report.draft["no_figures"]["zh"]
    assert "The journal is not on this machine" in report.draft["no_figures"]["en"]


def test_an_event_filed_without_figures_says_so_and_one_drawn_anew_does_not(
    pilot, telemetry, world, at
):
    telemetry.remove()
    occasion = {"duty": "incident", "first": at.date(), "subject": "行情中断", "at": at}
    bare = open_report(pilot=pilot, by=world.drafter, **occasion)
    mended = open_report(pilot=pilot, by=world.drafter, **occasion)
    telemetry.write()
    mended = draw_again(report=mended, seq=mended.draft_seq, by=world.drafter, at=at)

    said = [completed(one, world, at) for one in (bare, mended)]

    assert said[0]["no_figures"] == bare.draft["no_figures"]
    assert said[0]["lines"] == []
    assert "no_figures" not in said[1]
    assert said[1]["lines"]


def completed(report: Report, world, at):
    """The signed text of a report whose texts are written."""
    texts = ["属实。"] * len(report.draft["texts"])
    kept = save_draft(
        report=report, seq=report.draft_seq, stated={}, why={}, texts=texts, by=world.drafter, at=at
    )
    return signed(kept, world.signer, at).content


def test_a_mere_document_is_no_report_where_reports_are_drawn_from_telemetry(running, world, walk):
    pilot, at = running
    document = SimpleUploadedFile("march.pdf", pdf(), content_type="application/pdf")
    filing = {"case": pilot.case, "report": "monthly", "by": world.signer, "at": at}

    with pytest.raises(DomainError) as refused:
        cases.file_report(file=document, **filing)

    assert refused.value.code == "report-is-drawn"
    assert not pilot.case.events.filter(kind="report.filed").exists()
    assert not pilot.case.attachments.filter(section="").exists()


def test_notice_of_a_change_is_due_the_whole_period_ahead(pilot, world, at):
    day = at.date() + timedelta(days=60)
    report = open_report(
        pilot=pilot, duty="change", first=day, subject="更换模型", by=world.drafter, at=at
    )
    assert report.due_on < day - timedelta(days=27)
    with pytest.raises(SupervisionError) as refused:
        open_report(pilot=pilot, duty="change", first=day, subject=" ", by=world.drafter, at=at)
    assert refused.value.field == "subject"


# --- signing -----------------------------------------------------------------------------------


def test_the_signed_text_is_fixed_by_its_digest_and_the_case_knows_of_it(
    pilot, telemetry, world, at
):
    report = drafted(pilot, world.drafter, at)

    version = signed(report, world.signer, at)

    assert version.digest == sha256_tag(version.canonical.encode())
    said = json.loads(version.canonical)
    assert (said["signer"], said["version"]) == (world.signer.name_zh, 1)
    assert [one["text"] for one in said["texts"]] == list(TEXTS)
    report.refresh_from_db()
    assert report.state == ReportState.FILED
    assert Outbox.objects.filter(topic="mail.officer", payload__report=report.number).exists()
    with pytest.raises(SupervisionError):
        signed(report, world.signer, at)


def test_where_the_case_itself_says_that_a_report_was_filed_officers_are_told_once(
    pilot, telemetry, world, at, monkeypatch
):
    monkeypatch.setattr(report_signing, "record_report", lambda **_: "report.filed")
    report = drafted(pilot, world.drafter, at)

    signed(report, world.signer, at)

    assert not Outbox.objects.filter(topic="mail.officer", payload__report=report.number).exists()


def test_a_report_in_the_running_stage_is_an_event_of_its_case(running, world):
    pilot, at = running
    found = Telemetry(pilot)
    found.fail(3, 1)
    found.write()
    try:
        version = signed(drafted(pilot, world.drafter, at), world.signer, at)
    finally:
        found.remove()
    event = pilot.case.events.get(kind="report.filed")
    assert event.data["report"] == "monthly"
    assert event.data["sha256"] == version.digest.removeprefix("sha256:")


@pytest.fixture
def running(walk):
    pilot = running_pilot(walk)
    return pilot, after_month(pilot)


def test_what_is_missing_is_named_before_it_can_be_signed(pilot, telemetry, world, at):
    report = open_report(
        pilot=pilot, duty="monthly", first=pilot.starts_on, by=world.drafter, at=at
    )
    report = save_draft(
        report=report,
        seq=report.draft_seq,
        stated={TOTAL: "7"},
        why={},
        texts=("有", "", "有", "有"),
        by=world.drafter,
    )
    with pytest.raises(SupervisionError) as refused:
        begin_report_signature(report=report, by=world.signer, at=at)
    assert "风险与告警的处置" in str(refused.value)
    assert "五分钟委托失败笔数" in str(refused.value)


def test_a_report_that_contradicts_telemetry_is_filed_with_the_difference_on_its_face(
    pilot, telemetry, world, at
):
    version = signed(drafted(pilot, world.drafter, at, failures_5m__total="12"), world.signer, at)
    (differing,) = [one for one in version.content["lines"] if one["stated"] != one["value"]]
    assert (differing["key"], differing["stated"], differing["value"]) == (TOTAL, "12", "40")
    assert differing["why"] == "以机构台账为准。"


def test_telemetry_that_moves_before_the_signature_is_drawn_anew_first(pilot, telemetry, world, at):
    report = drafted(pilot, world.drafter, at)
    telemetry.take_back(1, 3)
    telemetry.write()
    with pytest.raises(FiguresMovedError) as moved:
        begin_report_signature(report=report, by=world.signer, at=at)
    assert {one["key"]: one["now"] for one in moved.value.changes}[TOTAL] == "39"


def test_a_draft_changed_after_it_was_shown_is_not_signed(pilot, telemetry, world, at):
    report = drafted(pilot, world.drafter, at)
    challenge = begin_report_signature(report=report, by=world.signer, at=at)
    save_draft(
        report=report,
        seq=report.draft_seq,
        stated={},
        why={},
        texts=("改了", *TEXTS[1:]),
        by=world.drafter,
    )
    with pytest.raises(DraftOvertakenError):
        sign_report(challenge=challenge, answer=None, by=world.signer, at=at)
    assert not ReportVersion.objects.exists()
    with pytest.raises(SupervisionError):
        sign_report(challenge=challenge, answer=None, by=world.signer, at=at)


def test_a_signer_who_has_left_signs_nothing_and_what_they_signed_stays_theirs(
    pilot, telemetry, world, at
):
    report = drafted(pilot, world.drafter, at)
    version = signed(report, world.signer, at)
    world.signer.staff_of.update(ends=timezone.localdate() - timedelta(days=1))
    return_report(report=report, version=1, reason="请更正。", by=_officer(pilot), at=at)
    report.refresh_from_db()
    with pytest.raises(ForbiddenError):
        begin_report_signature(report=report, by=Person.objects.get(pk=world.signer.pk), at=at)
    version.refresh_from_db()
    assert version.signer == world.signer


def test_a_pilot_terminated_while_its_report_is_in_draft_still_reports(pilot, telemetry, world, at):
    report = drafted(pilot, world.drafter, at)
    pilot.state = PilotState.TERMINATED
    pilot.save(update_fields=["state"])
    assert signed(report, world.signer, at).number == 1
    pilot.state, pilot.closed_at = PilotState.CLOSED, at
    pilot.save(update_fields=["state", "closed_at"])
    kinds = {one.duty.kind for one in due_lines([pilot], at + timedelta(days=1))}
    assert kinds == {"periodic", "final"}


# --- judging -----------------------------------------------------------------------------------


def _officer(pilot):
    return Person.objects.filter(
        officer_of__role="case-officer", officer_of__authority__parts__scheme=pilot.case.scheme
    ).first()


@pytest.fixture
def filed(pilot, telemetry, world, at):
    report = drafted(pilot, world.drafter, at)
    signed(report, world.signer, at)
    report.refresh_from_db()
    return report


def test_an_officer_accepts_what_was_filed(filed, walk, world, at):
    for stranger in (world.signer, world.rival_signer, world.outsider):
        with pytest.raises(ForbiddenError):
            accept_report(report=filed, version=1, by=stranger, at=at)
    accept_report(report=filed, version=1, by=walk.officer, note="收悉。", at=at)
    filed.refresh_from_db()
    assert filed.state == ReportState.ACCEPTED
    with pytest.raises(SupervisionError):
        return_report(report=filed, version=1, reason="迟了", by=walk.officer, at=at)


def test_a_returned_report_comes_back_as_another_version(filed, walk, world, at):
    with pytest.raises(SupervisionError):
        return_report(report=filed, version=1, reason=" ", by=walk.officer, at=at)
    return_report(report=filed, version=1, reason="请说明失败原因。", by=walk.officer, at=at)
    filed.refresh_from_db()
    assert (filed.state, filed.revised_by is not None) == (ReportState.RETURNED, True)
    kept = save_draft(
        report=filed,
        seq=filed.draft_seq,
        stated={},
        why={},
        texts=("失败因行情中断。", *TEXTS[1:]),
        by=world.drafter,
        at=at,
    )
    second = signed(kept, world.signer, at)
    assert second.number == 2
    with pytest.raises(SupervisionError):
        accept_report(report=filed, version=1, by=walk.officer, at=at)
    accept_report(report=filed, version=2, by=walk.officer, at=at)
    first = filed.versions.first()
    assert first.content["texts"][0]["text"] == TEXTS[0]
    assert [step.kind for step in filed.steps.all()] == [
        "opened",
        "filed",
        "returned",
        "filed",
        "accepted",
    ]


def test_an_officer_of_another_authority_reads_and_does_not_judge(filed, world, at):
    reader = world.national
    assert visible_reports(reader).filter(pk=filed.pk).exists()
    with pytest.raises(ForbiddenError):
        accept_report(report=filed, version=1, by=reader, at=at)


def test_a_draft_is_the_institutions_own(pilot, telemetry, world, walk, at):
    report = drafted(pilot, world.drafter, at)
    seen = {
        person: visible_reports(person).filter(pk=report.pk).exists()
        for person in (world.drafter, world.signer, walk.officer, world.rival_signer)
    }
    assert list(seen.values()) == [True, True, False, False]
    signed(report, world.signer, at)
    assert visible_reports(walk.officer).filter(pk=report.pk).exists()
    assert not visible_reports(world.rival_signer).filter(pk=report.pk).exists()


# --- late telemetry ----------------------------------------------------------------------------


def test_a_late_correction_of_a_closed_month_is_told_line_by_line_and_asks_for_a_revision(
    filed, telemetry, walk, world, at
):
    accept_report(report=filed, version=1, by=walk.officer, at=at)
    assert check_report(report=filed, at=at) == []
    telemetry.take_back(1, 3)
    telemetry.write()

    changes = check_report(report=filed, at=at)

    assert {(one["key"], one["filed"], one["now"]) for one in changes} == {
        (TOTAL, "40", "39"),
        ("failures_5m.highest", "30", "29"),
    }
    filed.refresh_from_db()
    assert filed.state == ReportState.RETURNED
    assert filed.revised_by is not None
    step = filed.steps.last()
    assert (step.kind, step.by, step.automatic["rule"]) == (
        ReportStepKind.CHANGED,
        None,
        "reports.revised.changed_over",
    )
    check_report(report=filed, at=at)
    assert filed.steps.filter(kind=ReportStepKind.CHANGED).count() == 1
    again = draw_again(report=filed, seq=filed.draft_seq, by=world.drafter, at=at)
    second = signed(again, world.signer, at)
    assert {one["key"]: one["value"] for one in second.content["lines"]}[TOTAL] == "39"
    assert filed.versions.first().content["lines"] != second.content["lines"]


def test_the_first_event_of_its_kind_in_a_later_month_leaves_a_closed_one_as_it_was(
    filed, telemetry, at
):
    assert not any(
        one["key"].startswith("complaints_1d") for one in filed.versions.last().content["lines"]
    )
    telemetry.complain(45 * 24 * 60, seqno=1)
    telemetry.write()
    assert check_report(report=filed, at=at) == []

    telemetry.complain(10, seqno=2)
    telemetry.write()
    changes = {one["key"]: (one["filed"], one["now"]) for one in check_report(report=filed, at=at)}
    assert changes["complaints_1d.total"] == ("", "1"), "one that came late into the month is told"


def test_the_clock_compares_each_filed_report_once_a_day(filed, telemetry, at):
    telemetry.take_back(1, 3)
    telemetry.write()
    assert check_next_report(at=at) == filed
    filed.refresh_from_db()
    assert (filed.state, filed.checked_at) == (ReportState.RETURNED, at)
    Report.objects.update(state=ReportState.FILED)
    assert check_next_report(at=at + timedelta(hours=23)) is None
    telemetry.remove()
    later = at + timedelta(hours=24)
    assert check_next_report(at=later) == filed
    assert check_next_report(at=later) is None


def test_an_accepted_report_can_be_asked_for_anew(filed, walk, at):
    accept_report(report=filed, version=1, by=walk.officer, at=at)
    ask_for_revision(report=filed, version=1, reason="口径有变。", by=walk.officer, at=at)
    filed.refresh_from_db()
    assert filed.state == ReportState.RETURNED


# --- evidence ----------------------------------------------------------------------------------


def test_a_hundred_figures_are_followed_to_the_journal_and_come_out_the_same(
    pilot, telemetry, world, at
):
    """Every figure of several reports, until there are a hundred: value, entries, digest."""
    followed = 0
    end = first_month(pilot)[1]
    for number in range(40):
        day = pilot.starts_on + timedelta(days=number % ((end - pilot.starts_on).days + 1))
        telemetry.fail(30 + 7 * number, 1 + number % 5)
        telemetry.write()
        report = open_report(
            pilot=pilot,
            duty="incident",
            first=day,
            subject=f"第{number}号",
            by=world.drafter,
            at=at,
        )
        for one in report.draft["lines"]:
            if one["source"] == "case":
                assert counted_again(pilot, one) == (one["value"], one["evidence"]["digest"])
            else:
                found = follow(pilot, one)
                assert (found.then, found.alone, found.digest) == (
                    one["value"],
                    one["value"],
                    one["evidence"]["digest"],
                )
            followed += 1
        if followed >= 100:
            break
    assert followed >= 100


def test_a_figure_followed_after_a_late_correction_says_then_and_now(
    filed, pilot, telemetry, world
):
    telemetry.take_back(1, 3)
    telemetry.write()
    line = next(one for one in filed.versions.first().content["lines"] if one["key"] == TOTAL)
    found = follow(pilot, line)
    assert (found.then, found.alone, found.now) == ("40", "40", "39")
    assert found.digest == line["evidence"]["digest"]
