"""A finding of tolerance: reasoned by one officer, decided by another, only where there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.record.acts import all_acts, untold
from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.domain import tolerance
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import ToleranceDecision, ToleranceFinding
from tests.apps.supervision.incidents import OPEN_FACTS, client_of, closed, reported
from tests.apps.supervision.things import quick_pilot

MET = {"made-good": (True, "全部补偿"), "market": (True, "限价单"), "cyber": (True, "有攻击日志")}
FOUND = tolerance.Found(
    facts="事实",
    causation="因果",
    compensation="补偿",
    opinion="建议容错",
    conditions=MET,
    proposal="tolerated",
)


@pytest.fixture
def incident(walk):
    now = timezone.now()
    pilot = quick_pilot(walk, at=now - timedelta(days=30))
    return closed(reported(pilot, walk.world.signer, now), walk.world.signer, timezone.now())


def find(incident, by, **more):
    return tolerance.propose_finding(incident=incident, found=replace(FOUND, **more), by=by)


def decide(finding, by, decision="tolerated", **more):
    return tolerance.decide_finding(
        finding=finding, decision=decision, reason="同意", by=by, **more
    )


def test_one_officer_finds_another_decides_and_the_record_has_it(incident, walk) -> None:
    finding = find(incident, walk.world.case_officer["bureau"])
    decided = decide(finding, walk.world.signing_officer["bureau"])
    assert decided.legal_effect == "service"
    rows = Outbox.objects.filter(topic="record.leaf", payload__kind="tolerance.decided")
    (row,) = rows
    assert row.payload["public"] is False
    assert "全部补偿" not in str(row.payload)
    assert not [one for one in untold(all_acts()) if "tolerance" in one.what]


def test_a_formal_measure_is_named_and_not_made(incident, walk) -> None:
    finding = find(incident, walk.world.case_officer["bureau"])
    decided = decide(
        finding, walk.world.signing_officer["bureau"], "refused", measure="示范〔2026〕1号"
    )
    assert decided.legal_effect == "supervisory-measure-reference"


def test_who_made_the_finding_does_not_decide_it(incident, walk) -> None:
    signing = walk.world.signing_officer["bureau"]
    finding = find(incident, signing)
    with pytest.raises(SupervisionError):
        decide(finding, signing)
    with pytest.raises(ForbiddenError):
        decide(finding, walk.world.case_officer["finance"])
    decide(finding, walk.world.signing_officer["finance"])
    with pytest.raises(SupervisionError):
        decide(finding, signing)
    assert ToleranceDecision.objects.count() == 1


def test_what_takes_every_condition_is_not_decided_where_one_is_not_met(incident, walk) -> None:
    officer = walk.world.case_officer["bureau"]
    unmet = {**MET, "market": (False, "行情波动")}
    with pytest.raises(SupervisionError) as refused:
        find(incident, officer, conditions=unmet)
    assert refused.value.field == "proposal"
    finding = find(incident, officer, conditions=unmet, proposal="partly")
    with pytest.raises(SupervisionError) as refused:
        decide(finding, walk.world.signing_officer["bureau"])
    assert refused.value.field == "decision"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"facts": " "}, "facts"),
        ({"causation": ""}, "causation"),
        ({"compensation": ""}, "compensation"),
        ({"opinion": "x" * 5_001}, "opinion"),
        ({"conditions": {**MET, "cyber": (True, " ")}}, "reason_cyber"),
        ({"conditions": {}}, "reason_made-good"),
        ({"proposal": "none"}, "proposal"),
    ],
)
def test_a_finding_states_its_reasons(incident, walk, more, field) -> None:
    with pytest.raises(SupervisionError) as refused:
        find(incident, walk.world.case_officer["bureau"], **more)
    assert refused.value.field == field
    assert not ToleranceFinding.objects.exists()


def test_a_finding_is_sent_back_and_made_again(incident, walk) -> None:
    officer, signing = walk.world.case_officer["bureau"], walk.world.signing_officer["bureau"]
    first = find(incident, officer)
    with pytest.raises(SupervisionError):
        find(incident, officer)
    decide(first, signing, "")
    second = find(incident, officer, facts="补充事实")
    decide(second, signing)
    assert [one.number for one in incident.findings.all()] == [1, 2]
    with pytest.raises(SupervisionError):
        find(incident, officer)


def test_an_open_incident_has_no_finding_and_a_reopened_one_no_decision(incident, walk) -> None:
    officer, signing = walk.world.case_officer["bureau"], walk.world.signing_officer["bureau"]
    finding = find(incident, officer)
    verbs.reopen_incident(incident=incident, reason="发现新的损失", by=officer)
    with pytest.raises(SupervisionError):
        decide(finding, signing)
    decide(finding, signing, "")
    with pytest.raises(SupervisionError):
        find(incident, officer)
    verbs.update_incident(
        incident=incident, text="新的损失", facts=OPEN_FACTS, by=walk.world.signer
    )


def test_the_firm_reads_what_was_decided_and_no_opinion(incident, walk) -> None:
    finding = find(incident, walk.world.case_officer["bureau"], opinion="内部意见字样")
    address = f"/supervision/pilots/{incident.pilot.public_id}/incidents/1/"
    firm = client_of(walk.world.signer)
    assert "内部意见字样" not in firm.get(address).text
    decide(finding, walk.world.signing_officer["bureau"])
    shown = firm.get(address).text
    assert "内部意见字样" not in shown
    assert "同意" in shown
    assert "内部意见字样" in client_of(walk.world.auditor).get(address).text
