"""The public site: only snapshots are read, nothing unpublished leaks, hostile text stays text."""

from __future__ import annotations

import csv
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from shidian.apps.cases.models import Outbox
from shidian.apps.notices.domain import moderate_comment, receive_comment
from shidian.apps.notices.models import Comment, CommentState, PublishedSnapshot
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.evaluator import Fault
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import item, reading, run_outbox

pytestmark = pytest.mark.rendering

HOSTILE = '</p><script>alert("x")</script><img src=x onerror=alert(1)>'
LANGUAGES = ("zh-hans", "en")
PUBLISHED = {f"notices_published{what}" for what in ("snapshot", "card", "leaf", "text", "name")}
"""All that the public site may read: texts as published, and where they stand on the record."""


@pytest.fixture
def site(walk):
    """A notice on display and, later, a pilot that runs, as published by the outbox."""
    walk.to(StageKind.NOTICE)
    run_outbox()
    return walk


@pytest.fixture
def running(site):
    """The case on notice was admitted and runs; one alert, one value."""
    site.pass_notice()
    site.admit()
    run_outbox()
    pilot = Pilot.objects.get()
    projection.apply_items([item(pilot, 1, rule="cap-investors")])
    projection.apply_readings([reading(pilot, 1, value=80, minute=29_000_000)])
    return pilot


def addresses(walk, pilot=None):
    found = [
        reverse("home"),
        reverse("about"),
        reverse("check") + "?q=P-2025-0001",
        reverse("search") + "?q=demo",
        reverse("open-data"),
        reverse("call-list"),
        reverse("call", args=[walk.world.call.slug]),
        reverse("notice-list"),
        reverse("pilot-list"),
        reverse("rulebook-list"),
        reverse("rulebook", args=["demo-city"]),
        reverse("rulebook-version", args=["demo-city", walk.world.version.version]),
        reverse("scheme", args=["demo-city"]),
    ]
    if hasattr(walk, "notice"):
        found += [
            reverse("notice", args=[walk.notice.slug]),
            reverse("case-timeline", args=[walk.case.reference]),
        ]
    if pilot:
        found += [
            reverse("pilot", args=[pilot.public_id]),
            reverse("pilot-series", args=[pilot.public_id]),
        ]
    return found


def tables(captured):
    return {
        name
        for query in captured
        for name in re.findall(r'(?:FROM|JOIN|INTO|UPDATE) "(\w+)"', query["sql"])
    }


def notice_of(walk):
    if not hasattr(walk, "notice"):
        walk.open_notice()
        run_outbox()
    return walk.notice


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_reads_snapshots_and_nothing_else(client, site, language):
    notice_of(site)
    for address in addresses(site):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address, headers={"accept-language": language})
        assert page.status_code == 200, address
        assert tables(captured) <= PUBLISHED, address
        assert len(captured) <= 8, address


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_running_pilot_has_its_public_page(client, site, running, language):
    from shidian.apps.supervision.publish.refresh import publish_pilot_figures

    publish_pilot_figures(running)
    address = reverse("pilot", args=[running.public_id])
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address, headers={"accept-language": language})
    assert tables(captured) <= PUBLISHED
    assert "80 / 100" in page.text
    assert ("投资者人数限额" if language == "zh-hans" else "Cap on investors") in page.text
    assert client.get(reverse("pilot-series", args=[running.public_id])).status_code == 200
    assert running.public_id in client.get(reverse("pilot-list") + "?format=csv").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_is_told_when_nobody_watches_a_pilot_any_more(client, running, language):
    from shidian.apps.supervision.publish.refresh import publish_pilot_figures

    stopped = (
        "所示数据可能不是最新"
        if language == "zh-hans"
        else "Monitoring of this pilot has stopped since"
    )
    places = [reverse("pilot", args=[running.public_id]), reverse("pilot-list"), reverse("home")]

    def pages():
        publish_pilot_figures(running)
        return [client.get(place, headers={"accept-language": language}).text for place in places]

    short = "监测已" if language == "zh-hans" else "Monitoring has stopped"
    assert not any(short in page for page in pages())
    projection.apply_faults([Fault(41, running.public_id, "SumOverflow: secret detail")])
    page, *lists = pages()
    assert stopped in page
    assert all(short in page for page in lists)
    assert not any("secret detail" in text for text in (page, *lists))
    figures = PublishedSnapshot.objects.get(key=f"pilot:{running.public_id}").body_en
    assert figures["as_of"] <= figures["stopped_at"]

    projection.apply_faults([])
    assert not any(short in page for page in pages())


def test_a_case_before_its_notice_is_nowhere(client, walk):
    walk.title = "秘密项目甲"
    walk.to(StageKind.ASSESSMENT)
    run_outbox()
    assert client.get(reverse("case-timeline", args=[walk.case.reference])).status_code == 404
    for address in addresses(walk):
        assert "秘密项目甲" not in client.get(address).text, address
    bodies = PublishedSnapshot.objects.values_list("body_zh", "body_en")
    assert "秘密项目甲" not in str(list(bodies))


def test_what_is_not_public_of_a_published_case_stays_inside(client, site, running):
    inside = ["公示无异议", "理由充分", "评审通过", "符合条件", "符合要求"]
    published = str(list(PublishedSnapshot.objects.values_list("body_zh", "body_en")))
    for text in inside:
        assert text not in published, text
    for person in site.world.experts:
        assert person.person.name_zh not in published


def test_a_comment_is_seen_once_more_then_sent_and_gets_a_receipt(client, site):
    address = reverse("notice", args=[notice_of(site).slug])
    with time_of(site):
        preview = client.post(address, {"body": HOSTILE, "name": "", "step": "preview"})
        assert Comment.objects.count() == 0
        assert HOSTILE not in preview.text
        assert "&lt;script&gt;" in preview.text
        answers = {"body": HOSTILE, "name": HOSTILE[:90], "contact": "x@y"}
        sent = send(client, address, preview, **answers)
    comment = Comment.objects.get()
    received = client.get(sent.headers["Location"])
    assert comment.receipt in received.text
    assert comment.body == HOSTILE


@pytest.mark.parametrize(
    "text", [HOSTILE, "👩‍👩‍👧 𠮷野家䶮", "=cmd|'/c calc'!A0", "{{ 7|add:7 }} %(x)s"]
)
def test_whatever_is_written_comes_out_as_it_was_written(client, site, text):
    address = reverse("notice", args=[notice_of(site).slug])
    with time_of(site):
        preview = client.post(address, {"body": text, "step": "preview"})
        sent = send(client, address, preview, body=text)
    comment = Comment.objects.get()
    assert comment.body == text
    assert comment.receipt in client.get(sent.headers["Location"]).text
    moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=site.officer, at=site.tick())
    run_outbox()
    for page in (preview.text, client.get(address).text):
        said = re.escape(escape(text))
        assert re.search(f'<p class="prewrap"(?: lang="en")?>{said}</p>', page)


def test_a_comment_that_is_too_long_is_explained_and_kept_in_the_form(client, site):
    address = reverse("notice", args=[notice_of(site).slug])
    with time_of(site):
        for step in ("preview", "send"):
            page = client.post(address, {"body": "长" * 5001, "step": step})
            assert 'role="alert"' in page.text
            assert "长" * 5001 in page.text
        assert 'name="sending"' in client.post(address, {"body": "长" * 5000}).text
    assert Comment.objects.count() == 0


def test_a_comment_is_previewed_without_a_token_and_sent_with_one(site):
    address = reverse("notice", args=[notice_of(site).slug])
    stranger = Client(enforce_csrf_checks=True)
    with time_of(site):
        preview = stranger.post(address, {"body": "请说明赔付安排", "step": "preview"})
        forged = send(stranger, address, preview, body="请说明赔付安排")
        assert forged.status_code == 403
        assert Comment.objects.count() == 0
        token = preview.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        send(stranger, address, preview, body="请说明赔付安排", csrfmiddlewaretoken=token)
    assert Comment.objects.get().body == "请说明赔付安排"


def test_the_same_preview_sent_twice_is_one_comment_with_one_receipt(client, site):
    address = reverse("notice", args=[notice_of(site).slug])
    with time_of(site):
        preview = client.post(address, {"body": "请说明赔付安排", "step": "preview"})
        first, again = (send(client, address, preview, body="请说明赔付安排") for _ in range(2))
    with time_of(site):  # later than the guard against equal texts looks back
        late = send(client, address, preview, body="请说明赔付安排")
    receipt = Comment.objects.get().receipt
    for answer in (first, again, late):
        assert receipt in client.get(answer.headers["Location"]).text


def test_a_comment_that_no_preview_came_before_is_shown_first(client, site):
    address = reverse("notice", args=[notice_of(site).slug])
    with time_of(site):
        for made_up in ("", "x", "C-2026-AAAA-AAAA"):
            page = client.post(address, {"body": "意见", "sending": made_up, "step": "send"})
            assert 'name="sending"' in page.text
    assert Comment.objects.count() == 0


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_cell_of_a_table_is_a_formula(text):
    table = csv_response("x.csv", ["title"], [[text], ["-2.50"]]).text
    rows = list(csv.reader(table.removeprefix("\ufeff").splitlines()))
    assert rows[1:] == [["'" + text], ["-2.50"]]


def test_a_receipt_page_cannot_be_made_up(client, site):
    address = reverse("comment-received", args=[notice_of(site).slug])
    assert client.get(f"{address}?r=C-2026-AAAA-AAAA").status_code == 404
    assert client.get(address).status_code == 404


def test_an_empty_comment_is_explained(client, site):
    with time_of(site):
        page = client.post(
            reverse("notice", args=[notice_of(site).slug]),
            {"body": " ", "step": "preview"},
            headers={"accept-language": "en"},
        )
    assert page.status_code == 200
    assert "Write your comment" in page.text


def test_a_published_comment_is_escaped_and_its_contact_is_nowhere(client, site):
    notice = notice_of(site)
    at = site.tick()
    comment = receive_comment(
        notice=notice.slug, body=HOSTILE, name=HOSTILE[:60], contact="secret@example.org", at=at
    )
    address = reverse("notice", args=[notice.slug])
    run_outbox()
    assert "script&gt;" not in client.get(address).text
    moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=site.officer, at=site.tick())
    run_outbox()
    page = client.get(address)
    assert HOSTILE not in page.text
    assert "&lt;script&gt;" in page.text
    published = str(list(PublishedSnapshot.objects.values_list("body_zh", "body_en")))
    assert "secret@example.org" not in published
    moderate_comment(
        comment=comment,
        state=CommentState.WITHHELD,
        reason="含不当内容",
        by=site.officer,
        at=site.tick(),
    )
    run_outbox()
    assert "&lt;script&gt;" not in client.get(address).text


def test_a_withdrawn_snapshot_is_gone(client, site):
    from shidian.apps.notices.domain import withdraw_snapshot
    from shidian.apps.notices.models import SnapshotKind

    call = site.world.call.slug
    assert client.get(reverse("call", args=[call])).status_code == 200
    withdraw_snapshot(kind=SnapshotKind.CALL, key=call)
    assert client.get(reverse("call", args=[call])).status_code == 404


def test_publishing_the_same_again_makes_no_version(site):
    from shidian.apps.supervision.publish.refresh import publish_everything

    publish_everything()
    before = PublishedSnapshot.objects.count()
    publish_everything()
    assert PublishedSnapshot.objects.count() == before
    assert Outbox.objects.filter(topic__startswith="snapshot.").exists()


@pytest.mark.parametrize("name", ["call", "notice", "pilot", "rulebook", "scheme", "case-timeline"])
def test_an_unknown_key_is_not_found(client, db, name):
    assert client.get(reverse(name, args=["no-such"])).status_code == 404


def send(client, address, preview, **answers):
    """Press "send" on the preview."""
    sending = re.search(r'name="sending" value="([^"]+)"', preview.text)[1]
    return client.post(address, {**answers, "sending": sending, "step": "send"})


def time_of(walk):
    import time_machine

    return time_machine.travel(walk.tick(), tick=False)
