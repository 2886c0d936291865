"""Pages of reports: a firm files, an officer returns, the firm mends, it is accepted; who sees what."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from shidian.apps.supervision.domain.report_judging import check_report, return_report
from shidian.apps.supervision.models import Report, ReportState

from .reporting import TEXTS, Telemetry, after_month, drafted, first_month, signed
from .things import quick_pilot, running_pilot

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
TOTAL = "failures_5m.total"


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def telemetry(pilot):
    found = Telemetry(pilot)
    found.fail(3, 30)
    days = (first_month(pilot)[1] - pilot.starts_on).days + 3
    found.fail(days * 24 * 60, 10)
    found.write()
    yield found
    found.remove()


@pytest.fixture
def filed(pilot, telemetry, world):
    at = after_month(pilot)
    report = drafted(pilot, world.drafter, at, failures_5m__total="31")
    signed(report, world.signer, at)
    report.refresh_from_db()
    return report


def address(name, pilot, *more):
    return reverse(f"supervision:{name}", args=[pilot.public_id, *more])


def test_a_month_is_filed_returned_mended_and_accepted_by_pages_alone(
    client, pilot, telemetry, world, walk
):
    client.force_login(world.drafter)
    listed = client.get(address("pilot-reports", pilot), headers=ENGLISH)
    assert "Monthly report" in listed.text
    first = {"duty": "monthly", "first": pilot.starts_on.isoformat()}
    begun = client.post(address("pilot-reports", pilot), first)
    report = Report.objects.get()
    assert begun.url == address("report-draft", pilot, report.number)

    form = client.get(begun.url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {f"text-{n}": text for n, text in enumerate(TEXTS)}
    assert client.post(begun.url, data | {"do": "save"}).status_code == 302

    client.force_login(world.signer)
    page = client.get(address("report-sign", pilot, report.number))
    nonce = page.context["challenge"].nonce
    done = client.post(address("report-sign", pilot, report.number), {"nonce": nonce})
    assert done.status_code == 302, done.context

    client.force_login(walk.officer)
    queue = client.get(reverse("supervision:reports"), headers=ENGLISH)
    assert "Monthly report" in queue.text
    judged = address("report-judge", pilot, report.number, "return")
    empty = client.post(judged, {"return-version": "1", "return-text": " "})
    assert empty.status_code == 422
    client.post(judged, {"return-version": "1", "return-text": "请说明失败原因。"})
    report.refresh_from_db()
    assert report.state == ReportState.RETURNED

    client.force_login(world.signer)
    assert "请说明失败原因。" in client.get(address("report", pilot, report.number)).text
    form = client.get(begun.url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"text-0": "行情中断。"}
    client.post(begun.url, data | {"do": "sign"})
    page = client.get(address("report-sign", pilot, report.number))
    client.post(
        address("report-sign", pilot, report.number), {"nonce": page.context["challenge"].nonce}
    )
    client.force_login(walk.officer)
    accept = address("report-judge", pilot, report.number, "accept")
    client.post(accept, {"accept-version": "2", "accept-text": ""})
    report.refresh_from_db()
    assert report.state == ReportState.ACCEPTED


def test_the_author_of_an_event_report_and_who_judges_it_learn_that_it_has_no_figures(
    client, pilot, world, walk
):
    client.force_login(world.signer)
    day = timezone.localdate().isoformat()
    begun = client.post(
        address("pilot-reports", pilot),
        {"duty": "incident", "first": day, "subject": "行情中断"},
        follow=True,
        headers=ENGLISH,
    )
    assert "Begun without figures from telemetry" in begun.text
    assert "The journal is not on this machine" in begun.text
    form = begun.context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {name: "属实。" for name in form.fields if name.startswith("text-")}
    draft = address("report-draft", pilot, 1)
    client.post(draft, data | {"do": "sign"})
    page = client.get(address("report-sign", pilot, 1), headers=ENGLISH)
    assert "It is filed without figures" in page.text
    client.post(address("report-sign", pilot, 1), {"nonce": page.context["challenge"].nonce})

    client.force_login(walk.officer)
    report = client.get(address("report", pilot, 1), headers=ENGLISH)

    assert "Filed without figures from telemetry" in report.text
    paper = client.get(address("report-paper", pilot, 1, 1, "pdf"))
    assert paper.content.startswith(b"%PDF")


def test_the_case_page_leads_to_the_reports_that_telemetry_draws(client, walk, world):
    pilot = running_pilot(walk)
    client.force_login(world.signer)
    reports = address("pilot-reports", pilot)

    page = client.get(reverse("cases:case", args=[walk.case.reference]))
    older = client.get(reverse("cases:act", args=[walk.case.reference, "file-report"]))

    assert f'href="{reports}"' in page.text
    assert (older.status_code, older.url) == (302, reports)


def test_what_somebody_else_saved_is_shown_beside_what_was_entered(client, pilot, telemetry, world):
    report = drafted(pilot, world.drafter, after_month(pilot))
    client.force_login(world.drafter)
    url = address("report-draft", pilot, report.number)
    form = client.get(url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    client.post(url, data | {"text-0": "甲写的", "do": "save"})

    late = client.post(url, data | {"text-0": "乙写的", "stated-0": "7", "do": "save"})

    assert late.status_code == 422
    assert "甲写的" in late.text
    assert "乙写的" in late.text
    again = late.context["form"]
    data = {name: again[name].value() or "" for name in again.fields}
    assert data["text-0"] == "乙写的"
    assert client.post(url, data | {"do": "save"}).status_code == 302


def test_an_officer_sees_each_difference_and_what_has_changed_since(
    client, filed, pilot, telemetry, walk
):
    client.force_login(walk.officer)
    page = client.get(address("report", pilot, filed.number), headers=ENGLISH)
    assert "1 figure is stated otherwise" in page.text
    assert "以机构台账为准。" in page.text
    assert "+1" in page.text
    telemetry.take_back(1, 3)
    telemetry.write()
    client.post(address("report-check", pilot, filed.number))
    page = client.get(address("report", pilot, filed.number), headers=ENGLISH)
    assert "Telemetry has changed since it was filed" in page.text


def test_a_figures_page_names_what_it_rests_on_and_computes_it_again(
    client, filed, pilot, telemetry, walk
):
    client.force_login(walk.officer)
    url = address("report-figure", pilot, filed.number, 1, TOTAL)
    plain = client.get(url, headers=ENGLISH)
    evidence = plain.context["line"]["evidence"]
    assert evidence["digest"] in plain.text
    again = client.get(url, {"again": "1"}, headers=ENGLISH)
    followed = again.context["followed"]
    assert (followed.then, followed.alone, followed.digest) == ("30", "30", evidence["digest"])
    telemetry.remove()
    gone = client.get(url, {"again": "1"}, headers=ENGLISH)
    assert "not on this machine" in gone.text
    unknown = address("report-figure", pilot, filed.number, 1, "no.such")
    assert client.get(unknown).status_code == 404
    counted = address("report-figure", pilot, filed.number, 1, "complaints.received")
    assert client.get(counted, {"again": "1"}).context["counted"]["same"]


def test_the_paper_is_the_same_bytes_and_the_workbook_has_no_formula(
    client, pilot, telemetry, world, walk
):
    at = after_month(pilot)
    report = drafted(pilot, world.drafter, at)
    report.draft["texts"][0] = '=cmd|" /C calc"!A0'
    report.save(update_fields=["draft"])
    signed(report, world.signer, at)
    client.force_login(walk.officer)
    pdf = [client.get(address("report-paper", pilot, report.number, 1, "pdf")) for _ in range(2)]
    assert pdf[0].content.startswith(b"%PDF")
    assert pdf[0].content == pdf[1].content
    assert "attachment" in pdf[0]["Content-Disposition"]
    sheet = client.get(address("report-paper", pilot, report.number, 1, "xlsx"))
    book = load_workbook(io.BytesIO(sheet.content))
    cells = [cell for one in book for row in one.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == 30 for cell in cells)
    assert any(str(cell.value).startswith("'=cmd") for cell in cells)
    assert client.get(address("report-paper", pilot, report.number, 1, "exe")).status_code == 404
    assert client.get(address("report-paper", pilot, report.number, 9, "pdf")).status_code == 404


def test_another_firm_and_another_authority_learn_nothing(client, filed, pilot, world):
    pages = [
        address("pilot-reports", pilot),
        address("report", pilot, filed.number),
        address("report-draft", pilot, filed.number),
        address("report-sign", pilot, filed.number),
        address("report-figure", pilot, filed.number, 1, TOTAL),
        address("report-paper", pilot, filed.number, 1, "pdf"),
        address("report-paper", pilot, filed.number, 1, "xlsx"),
    ]
    for stranger in (world.rival_signer, world.outsider):
        client.force_login(stranger)
        for page in pages:
            assert client.get(page).status_code in (403, 404), page
        for show in ("", "late", "all"):
            listed = client.get(reverse("supervision:reports"), {"show": show})
            assert pilot.public_id not in listed.text
            assert pilot.case.title not in listed.text
        judge = address("report-judge", pilot, filed.number, "accept")
        assert client.post(judge, {"accept-version": "1"}).status_code in (403, 404)
        assert client.post(address("report-check", pilot, filed.number)).status_code in (403, 404)
    filed.refresh_from_db()
    assert filed.state == ReportState.FILED


def test_officers_do_not_see_a_draft_nor_that_it_is_begun(client, pilot, telemetry, world, walk):
    report = drafted(pilot, world.drafter, after_month(pilot))
    client.force_login(walk.officer)
    assert client.get(address("report", pilot, report.number)).status_code == 404
    listed = client.get(address("pilot-reports", pilot), headers=ENGLISH)
    assert "in draft" not in listed.text
    for show in ("late", "all"):
        page = client.get(reverse("supervision:reports"), {"show": show}, headers=ENGLISH)
        assert address("report", pilot, report.number) not in page.text
    late = client.get(reverse("supervision:reports"), {"show": "late"}, headers=ENGLISH)
    assert pilot.case.title in late.text


def test_lists_ask_the_database_as_often_for_one_report_as_for_three(
    client, pilot, telemetry, world, walk
):
    at = after_month(pilot, days=80)
    counts = []
    for number in range(3):
        first = pilot.starts_on if number == 0 else _month(pilot, number)
        from shidian.apps.supervision.domain.report_drafts import (
            open_report,
            save_draft,
        )

        report = open_report(pilot=pilot, duty="monthly", first=first, by=world.drafter, at=at)
        save_draft(
            report=report,
            seq=report.draft_seq,
            stated={},
            why={},
            texts=TEXTS,
            by=world.drafter,
            at=at,
        )
        report.refresh_from_db()
        signed(report, world.signer, at)
        if number != 1:
            counts.append([_queries(client, walk.officer, show) for show in ("", "late", "all")])
    assert counts[0] == counts[1]


def _month(pilot, number):
    first = first_month(pilot)[1] + timedelta(days=1)
    for _ in range(number - 1):
        first = (first + timedelta(days=32)).replace(day=1)
    return first


def _queries(client, person, show):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(person)
    with CaptureQueriesContext(connection) as found:
        assert client.get(reverse("supervision:reports"), {"show": show}).status_code == 200
    return len(found)


def test_a_returned_report_shows_until_when_a_revised_one_is_due(client, filed, pilot, world, walk):
    return_report(
        report=filed, version=1, reason="请更正。", by=walk.officer, at=after_month(pilot)
    )
    client.force_login(world.drafter)
    page = client.get(address("report", pilot, filed.number), headers=ENGLISH)
    assert "A revised report is due by" in page.text
    check_report(report=filed)


def test_a_filed_report_stands_beside_the_nothing_that_the_public_reads_of_it(client, filed, world):
    case = filed.pilot.case
    page = reverse("supervision:public-view", args=[case.reference])
    client.force_login(
        world.case_officer["bureau"], backend="django.contrib.auth.backends.ModelBackend"
    )
    shown = client.get(page, headers=ENGLISH).text
    for text in TEXTS:
        assert text in shown
    report = reverse("supervision:report", args=[filed.pilot.public_id, filed.number])
    assert report in shown
    parts = shown[shown.index("papers-title") :].split("register-title")[0]
    assert parts.count("<td") == 2 * parts.count(">withheld<")
