"""What comes at the worst moment, without an end, or with a receipt that nobody gave out."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import signing
from django.urls import reverse

from shidian.apps.notices.models import Comment
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.factories import Walk

SENDING = re.compile(r'name="sending" value="([^"]+)"')


@pytest.fixture
def noticed(walk: Walk) -> Walk:
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    run_outbox()
    return walk


def comment(client: Client, walk: Walk, body: str) -> HttpResponse:
    """Preview, then send, as the page does."""
    page = reverse("notice", args=[walk.notice.slug])
    said = {"body": body, "name": "", "contact": ""}
    preview = client.post(page, {**said, "step": "preview"})
    found = SENDING.search(preview.text)
    if found is None:
        return preview
    return client.post(page, {**said, "step": "send", "sending": found[1]}, follow=True)


def test_the_closing_second_counts_and_the_next_one_does_not(noticed: Walk, client: Client) -> None:
    zone = ZoneInfo(noticed.world.rulebook.zone)
    last = datetime.combine(noticed.notice.closes_on, time(23, 59, 59), zone)
    with time_machine.travel(last, tick=False):
        assert "C-" in comment(client, noticed, "最后一秒的意见").text
    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        answer = comment(client, noticed, "期满之后的意见")
        assert 'name="body"' not in answer.text
    assert [one.body for one in Comment.objects.all()] == ["最后一秒的意见"]


def test_a_preview_of_the_last_second_that_is_sent_after_it_is_not_taken(
    noticed: Walk, client: Client
) -> None:
    zone = ZoneInfo(noticed.world.rulebook.zone)
    last = datetime.combine(noticed.notice.closes_on, time(23, 59, 59), zone)
    page = reverse("notice", args=[noticed.notice.slug])
    said = {"body": "来不及了", "name": "", "contact": ""}
    with time_machine.travel(last, tick=False):
        sending = SENDING.search(client.post(page, {**said, "step": "preview"}).text)[1]
    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        client.post(page, {**said, "step": "send", "sending": sending})
    assert not Comment.objects.exists()


def test_a_word_of_ten_thousand_characters_is_refused_and_given_back(
    noticed: Walk, client: Client
) -> None:
    word = "长" * 10_000
    with time_machine.travel(noticed.tick(), tick=False):
        answer = comment(client, noticed, word)
    assert word in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "receipt", ["", "C-2026-AAAA-AAAA", "T-AAAA-AAAA-AAAA-AAAA-AAAA", "0" * 500]
)
def test_a_receipt_that_nobody_gave_out_shows_nothing(
    noticed: Walk, client: Client, receipt: str
) -> None:
    slug = noticed.notice.slug
    page = reverse("comment-received", args=[slug])
    forged = signing.dumps({"notice": slug, "receipt": receipt, "files": []}, salt="another")
    for token in (receipt, forged, forged[:-2]):
        assert client.get(page, {"r": token}).status_code == 404
    shown = client.post(reverse("complaint-status"), {"receipt": receipt})
    assert shown.status_code == 200
    assert 'id="far"' not in shown.text
