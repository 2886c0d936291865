"""Whoever sends many has to calculate much; whoever runs no scripts is heard all the same."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.notices import domain as notices
from shidian.apps.notices import inbox
from shidian.apps.notices.domain.comments import UNPROVEN_MAX
from shidian.apps.notices.models import Comment, CommentState, Submission
from shidian.apps.portal import work
from shidian.apps.supervision.models import Complaint
from shidian.config import settings
from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import StageKind
from tests.apps.portal.test_pages import time_of
from tests.apps.supervision.things import quick_pilot, run_outbox
from tests.factories import Walk, loaded, make_world


def proof(token: str, bits: int) -> str:
    """As the browser finds it."""
    n = 0
    while work.zero_bits(hashlib.sha256(f"{token}:{n}".encode()).digest()) < bits:
        n += 1
    return str(n)


@given(st.binary(min_size=1, max_size=32))
def test_zero_bits_are_those_before_the_first_one(digest: bytes) -> None:
    written = "".join(f"{byte:08b}" for byte in digest)
    assert work.zero_bits(digest) == len(written) - len(written.lstrip("0"))


@given(st.text(max_size=40), st.integers(1, 6))
def test_a_proof_is_good_for_its_token_and_no_less_work(token: str, bits: int) -> None:
    if not token:
        return
    number = proof(token, bits)
    assert work.is_done(token, number, bits)
    digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
    assert not work.is_done(token, number, work.zero_bits(digest) + 1)


@pytest.mark.parametrize("number", ["", "-1", "1.0", "٣", "9" * 17, "x", " 1", "0\n"])
def test_what_is_no_number_is_no_proof(number: str) -> None:
    assert not work.is_done("token", number, 1)
    assert work.is_done("token", number, 0)


@pytest.fixture
def open_notice(db: None) -> Walk:
    """A notice whose rulebook shows comments at once."""
    document = loaded().document
    rules = from_document({**document, "notice": {**document["notice"], "premoderation": "false"}})
    walk = Walk(make_world(rules))
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    run_outbox()
    return walk


def sent_from(client, walk: Walk, body: str, *, proven: bool):
    address = reverse("notice", args=[walk.notice.slug])
    with time_of(walk):
        preview = client.post(address, {"body": body, "step": "preview"})
        token = re.search(r'name="sending" value="([^"]+)"', preview.text)[1]
        number = proof(token, settings().sending_work_bits) if proven else ""
        return client.post(
            address, {"body": body, "sending": token, "work": number, "step": "send"}
        )


def test_a_comment_that_was_worked_for_is_shown_at_once_and_another_is_read_first(
    client, open_notice: Walk
) -> None:
    sent_from(client, open_notice, "算过的意见", proven=True)
    sent_from(client, open_notice, "没有脚本的意见", proven=False)

    states = dict(Comment.objects.values_list("body", "state"))
    assert states == {"算过的意见": CommentState.PUBLISHED, "没有脚本的意见": CommentState.RECEIVED}


def test_of_comments_without_work_few_are_taken_a_minute_and_the_others_still_come(
    walk: Walk,
) -> None:
    walk.to(StageKind.NOTICE)
    notice, at = walk.open_notice(), walk.tick()
    for n in range(UNPROVEN_MAX):
        notices.receive_comment(notice=notice, body=f"意见 {n}", proven=False, at=at)
    with pytest.raises(ValueError, match="一分钟"):
        notices.receive_comment(notice=notice, body="再来", proven=False, at=at)
    assert notices.receive_comment(notice=notice, body="再来", at=at)


def test_of_complaints_without_work_few_are_taken_a_minute(walk: Walk) -> None:
    pilot = quick_pilot(walk)
    content = {"channel": "authority", "category": "fault", "body": "x", "contact": ""}
    for _ in range(inbox.UNPROVEN_MAX):
        key = {"sealing_key": inbox.sealing_key("T"), "share_contact": False}
        inbox.submit("complaint", about=pilot.public_id, content=content | key, proven=False)
    with pytest.raises(ValueError, match="一分钟"):
        inbox.submit("complaint", about=pilot.public_id, content=content | key, proven=False)
    inbox.submit("complaint", about=pilot.public_id, content=content | key)
    assert Complaint.objects.count() == inbox.UNPROVEN_MAX + 1
    assert Submission.objects.filter(proven=False).count() == inbox.UNPROVEN_MAX
