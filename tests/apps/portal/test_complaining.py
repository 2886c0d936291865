"""Anyone complains without an account, and follows it by the receipt alone."""

from __future__ import annotations

import re

import pytest

from shidian.apps.supervision.domain import complaints as verbs
from shidian.apps.supervision.models import Complaint
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox

ANSWERS = {"category": "loss", "body": "<script>alert(1)</script>", "channel": "institution"}
RECEIPT = re.compile(r"T(?:-[A-Z2-9]{4}){5}")


@pytest.fixture
def address(walk):
    walk.to(StageKind.RUNNING)
    run_outbox()
    return f"/pilots/{walk.case.pilot.public_id}/complain/"


def sending(client, address) -> str:
    page = client.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    return re.search(r'name="sending" value="([^"]+)"', page.text)[1]


def test_a_complaint_is_sent_followed_and_taken_further(client, address, walk) -> None:
    token = sending(client, address)
    page = client.post(address, {**ANSWERS, "sending": token})
    receipt = RECEIPT.search(page.text)[0]
    again = client.post(address, {**ANSWERS, "sending": token})
    assert RECEIPT.search(again.text)[0] == receipt
    complaint = Complaint.objects.get()

    shown = client.post("/complaints/", {"receipt": receipt}).text
    assert "投诉已转机构" in shown
    assert ANSWERS["body"] not in shown
    refused = client.post("/complaints/", {"receipt": receipt, "then": "further"}).text
    assert "机构的办理期限尚未届满" in refused

    verbs.answer_complaint(complaint=complaint, by=walk.world.signer, text="<b>已核实</b>")
    shown = client.post("/complaints/", {"receipt": receipt}).text
    assert "&lt;b&gt;已核实&lt;/b&gt;" in shown
    shown = client.post(
        "/complaints/", {"receipt": receipt, "then": "further", "text": "不服"}
    ).text
    assert "您已提请监管部门处理" in shown


@pytest.mark.parametrize("missing", ["category", "body", "channel"])
def test_what_is_missing_is_named_and_nothing_is_lost(client, address, missing) -> None:
    given = {**ANSWERS, "contact": "a@example.org", "sending": sending(client, address)}
    del given[missing]
    page = client.post(address, given)
    assert page.status_code == 422
    assert "a@example.org" in page.text
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("token", ["", "forged", "a:b:c"])
def test_a_forged_sending_is_taken_for_none(client, address, token) -> None:
    page = client.post(address, {**ANSWERS, "sending": token})
    assert page.status_code == 422
    assert not Complaint.objects.exists()


def test_there_is_no_form_for_a_pilot_that_is_not_published(client, db) -> None:
    assert client.get("/pilots/P-2025-0404/complain/").status_code == 404


def test_an_unknown_receipt_is_said_to_be_unknown(client, db) -> None:
    page = client.post("/complaints/", {"receipt": "T-AAAA-AAAA-AAAA-AAAA-AAAA"})
    assert "没有该回执对应的投诉" in page.text
