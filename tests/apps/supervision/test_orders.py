"""Orders: who it takes to give one, what contradicts one, what one does, and when one lapses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shidian.apps.accounts.domain.proving import NotProvenError
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.domain import orders, pilots
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import CodeAnswer, challenge_bytes
from shidian.apps.supervision.models import Order, OrderApproval, OrderState, PilotState
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.items import Change
from shidian_kit.wire import order as wire

from .orders import Passkey, approve, by_passkey, fresh_code, propose
from .plans import tightened
from .things import item, quick_pilot

MINUTE = timedelta(minutes=1)


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def second(world):
    """Another officer of a deciding authority."""
    return world.case_officer["finance"]


def controls(kind: str) -> list[dict]:
    rows = Outbox.objects.filter(topic="gate.control", payload__kind=kind).order_by("pk")
    return [row.payload for row in rows]


def state(pilot) -> str:
    pilot.refresh_from_db()
    return pilot.state


def issued(pilot, kind, walk, second, **more) -> Order:
    """An order with as many officers as it takes."""
    order = propose(pilot, kind, walk.officer, walk.tick(), **more)
    order = approve(order, walk.officer, walk.tick())
    if order.state == OrderState.PROPOSED:
        order = approve(order, second, walk.tick())
    return order


def test_one_officer_suspends_and_everyone_who_must_know_is_told(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    assert state(pilot) == PilotState.RUNNING
    assert not Outbox.objects.filter(topic="order.issued").exists()

    order = approve(order, walk.officer, walk.tick())

    assert order.state == OrderState.ISSUED
    assert state(pilot) == PilotState.SUSPENDED
    (said,) = Outbox.objects.filter(topic="order.issued")
    text = said.payload["canonical"].encode()
    document = wire.parse_order(text)
    assert (document.id, document.project, document.kind) == (
        order.public_id,
        pilot.public_id,
        "suspend",
    )
    assert said.payload["digest"] == wire.digest(document) == order.digest
    (record,) = controls("order")
    assert record["order_id"] == order.public_id
    assert record["digest"] == order.digest
    assert {"mail.applicant", "mail.officer"} <= set(Outbox.objects.values_list("topic", flat=True))


@pytest.mark.parametrize("kind", ["resume", "terminate"])
def test_what_gives_protection_up_takes_two_different_officers(walk, pilot, second, kind):
    if kind == "resume":
        issued(pilot, "suspend", walk, second)
    before = state(pilot)
    order = propose(pilot, kind, walk.officer, walk.tick())
    order = approve(order, walk.officer, walk.tick())
    assert order.state == OrderState.PROPOSED
    assert state(pilot) == before
    with pytest.raises(SupervisionError):
        approve(order, walk.officer, walk.tick())

    order = approve(order, second, walk.tick())

    assert order.state == OrderState.ISSUED
    after = {"resume": PilotState.RUNNING, "terminate": PilotState.TERMINATED}
    assert state(pilot) == after[kind]


def test_both_officers_approve_the_same_text_and_the_first_sets_its_time(walk, pilot, second):
    order = propose(pilot, "terminate", walk.officer, walk.tick())
    at = walk.tick()
    early = orders.begin_approval(order=order, by=second, at=at)
    order = approve(order, walk.officer, at + MINUTE)
    with pytest.raises(SupervisionError, match="已先行批准并确定"):  # it was shown another time
        orders.approve_order(
            challenge=early,
            answer=CodeAnswer(fresh_code(second)),
            by=second,
            at=at + MINUTE,
        )
    order = approve(order, second, walk.tick())
    assert {one.digest for one in order.approvals.all()} == {order.digest}


def test_a_restriction_tightens_the_plan_and_lifting_it_returns_to_what_was(walk, pilot, second):
    issued(pilot, "restrict", walk, second, plan={"investors_max": "50"})
    assert pilot.plan_versions.latest("number").values["investors_max"] == "50"
    assert controls("plan")[-1]["plan"]["investors_max"] == "50"
    assert state(pilot) == PilotState.RUNNING

    order = issued(pilot, "resume", walk, second)

    assert order.lifts is not None
    assert pilot.plan_versions.latest("number").values["investors_max"] == "100"


def test_lifting_a_restriction_leaves_what_was_tightened_further_since(walk, pilot, second):
    issued(pilot, "restrict", walk, second, plan={"investors_max": "50", "losses_max": "500000"})
    tightened(
        pilot=pilot, values={"investors_max": "40"}, reason="x", by=walk.officer, at=walk.tick()
    )
    issued(pilot, "resume", walk, second)
    values = pilot.plan_versions.latest("number").values
    assert (values["investors_max"], values["losses_max"]) == ("40", "1000000")


def test_a_restriction_never_loosens(walk, pilot):
    with pytest.raises(SupervisionError):
        propose(pilot, "restrict", walk.officer, walk.tick(), plan={"investors_max": "500"})
    order = propose(pilot, "restrict", walk.officer, walk.tick(), plan={"investors_max": "50"})
    tightened(
        pilot=pilot, values={"investors_max": "40"}, reason="x", by=walk.officer, at=walk.tick()
    )
    with pytest.raises(SupervisionError):
        approve(order, walk.officer, walk.tick())
    assert pilot.plan_versions.latest("number").values["investors_max"] == "40"
    assert Order.objects.get().state == OrderState.PROPOSED


def test_contradicting_orders_are_refused_with_the_reason(walk, pilot, second):
    def refused(kind, words):
        with pytest.raises(SupervisionError, match=words):
            propose(pilot, kind, walk.officer, walk.tick())

    refused("resume", "正在运行")
    issued(pilot, "suspend", walk, second)
    refused("suspend", "已处于暂停")
    resume = propose(pilot, "resume", walk.officer, walk.tick())
    refused("terminate", resume.public_id)
    refused("resume", "同样建议")
    orders.decline_order(order=resume, reason="未整改", by=second, at=walk.tick())
    issued(pilot, "terminate", walk, second)
    refused("resume", "已被终止")
    propose(pilot, "warn", walk.officer, walk.tick())
    pilots.close_pilot(pilot=pilot, at=walk.tick(), outcome="withdrawn")
    refused("remind", "已退出")


def test_a_pilot_that_has_just_exited_takes_no_order(walk, pilot):
    open_still = propose(pilot, "suspend", walk.officer, walk.tick())
    pilot.state = PilotState.CLOSED
    pilot.save(update_fields=["state"])

    with pytest.raises(SupervisionError, match="退出"):
        propose(pilot, "warn", walk.officer, walk.tick())
    with pytest.raises(SupervisionError, match="退出"):
        approve(open_still, walk.officer, walk.tick())

    assert not Order.objects.exclude(issued_at=None).exists()


def test_an_order_follows_the_one_before_it_and_two_at_once_do_not_both_pass(walk, pilot, second):
    first = issued(pilot, "remind", walk, second)
    warn = propose(pilot, "warn", walk.officer, walk.tick())
    stop = propose(pilot, "suspend", walk.officer, walk.tick())
    at = walk.tick()
    shown = orders.begin_approval(order=warn, by=walk.officer, at=at)
    assert json.loads(shown.canonical)["follows"] == first.public_id
    approve(stop, second, at + MINUTE)
    with pytest.raises(SupervisionError, match="已发出另一项指令"):
        orders.approve_order(
            challenge=shown,
            answer=CodeAnswer(fresh_code(walk.officer)),
            by=walk.officer,
            at=at + MINUTE,
        )
    assert Order.objects.get(pk=warn.pk).state == OrderState.PROPOSED


def test_who_does_not_decide_neither_proposes_nor_approves(walk, pilot, world):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    for person in (world.outsider, world.signer, world.auditor, world.national, world.assessor):
        with pytest.raises(ForbiddenError):
            propose(pilot, "suspend", person, walk.tick())
        with pytest.raises(ForbiddenError):
            approve(order, person, walk.tick())
        with pytest.raises(ForbiddenError):
            orders.decline_order(order=order, reason="x", by=person, at=walk.tick())


# The second factor


def test_a_code_serves_one_approval_and_never_again(walk, pilot, second):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    code = fresh_code(walk.officer)
    approve(order, walk.officer, walk.tick(), code)
    resume = propose(pilot, "resume", walk.officer, walk.tick())
    with pytest.raises(NotProvenError):
        approve(resume, walk.officer, walk.tick(), code)
    from django.core.cache import cache

    cache.clear()  # the library forgets used codes with its cache; what was approved does not
    with pytest.raises(NotProvenError):
        approve(resume, walk.officer, walk.tick(), code)
    assert OrderApproval.objects.count() == 1


def test_a_challenge_serves_one_attempt_and_few_are_free(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    challenge = orders.begin_approval(order=order, by=walk.officer, at=walk.tick())
    with pytest.raises(NotProvenError):
        orders.approve_order(
            challenge=challenge, answer=CodeAnswer("000000"), by=walk.officer, at=walk.at
        )
    with pytest.raises(SupervisionError):
        orders.approve_order(
            challenge=challenge,
            answer=CodeAnswer(fresh_code(walk.officer)),
            by=walk.officer,
            at=walk.at,
        )
    for _ in range(9):
        with pytest.raises(NotProvenError):
            approve(order, walk.officer, walk.at, "000000")
    with pytest.raises(SupervisionError):
        approve(order, walk.officer, walk.at, fresh_code(walk.officer))
    assert Order.objects.get().state == OrderState.PROPOSED


def test_a_challenge_of_another_officer_or_of_yesterday_is_refused(walk, pilot, second):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    theirs = orders.begin_approval(order=order, by=second, at=walk.tick())
    old = orders.begin_approval(order=order, by=walk.officer, at=walk.at)
    for challenge, at in ((theirs, walk.at), (old, walk.at + timedelta(days=1))):
        with pytest.raises(SupervisionError):
            orders.approve_order(
                challenge=challenge,
                answer=CodeAnswer(fresh_code(walk.officer)),
                by=walk.officer,
                at=at,
            )


def test_a_passkey_signs_this_order_and_its_signature_can_be_checked_again(walk, pilot):
    from fido2 import cbor
    from fido2.cose import CoseKey
    from fido2.utils import websafe_decode
    from fido2.webauthn import CollectedClientData

    from shidian.core.procedure.orders import approval_challenge

    passkey = Passkey(walk.officer)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    challenge = orders.begin_approval(order=order, by=walk.officer, at=walk.tick())

    order = by_passkey(challenge, passkey, challenge_bytes(challenge), walk.at)

    assert order.state == OrderState.ISSUED
    approval = order.approvals.get()
    kept = {
        key: websafe_decode(approval.evidence[key])
        for key in ("client_data", "authenticator_data", "signature", "public_key")
    }
    client = CollectedClientData(kept["client_data"])
    again = approval_challenge(order.canonical.encode(), bytes.fromhex(approval.nonce))
    assert client.challenge == again
    key = CoseKey.parse(cbor.decode(kept["public_key"]))
    key.verify(kept["authenticator_data"] + client.hash, kept["signature"])


def test_a_passkey_that_signed_something_else_approves_nothing(walk, pilot, second):
    passkey = Passkey(walk.officer)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    other = propose(pilot, "warn", walk.officer, walk.tick())
    signed = {
        "the other order": challenge_bytes(
            orders.begin_approval(order=other, by=walk.officer, at=walk.tick())
        ),
        "the same order, another nonce": challenge_bytes(
            orders.begin_approval(order=order, by=walk.officer, at=walk.at)
        ),
        "nothing": b"\0" * 32,
    }
    for bytes_ in signed.values():
        challenge = orders.begin_approval(order=order, by=walk.officer, at=walk.at)
        with pytest.raises(NotProvenError):
            by_passkey(challenge, passkey, bytes_, walk.at)
    challenge = orders.begin_approval(order=order, by=walk.officer, at=walk.at)
    elsewhere = Passkey(second)  # another officer's key, for this officer's challenge
    elsewhere.person = walk.officer
    with pytest.raises(NotProvenError):
        by_passkey(challenge, elsewhere, challenge_bytes(challenge), walk.at)
    assert not OrderApproval.objects.exists()


# Lapse


def test_a_lone_officers_suspension_lapses_after_a_day_and_the_pilot_stays_stopped(walk, pilot):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.at)
    at = order.issued_at
    assert orders.announce_lapses(at + timedelta(hours=19)) == 0
    assert orders.announce_lapses(at + timedelta(hours=21)) == 1
    assert orders.announce_lapses(at + timedelta(hours=22)) == 0
    assert orders.lapse_due_orders(at + timedelta(hours=23)) == 0
    assert orders.lapse_due_orders(at + timedelta(hours=24)) == 1
    assert orders.lapse_due_orders(at + timedelta(hours=25)) == 0
    order.refresh_from_db()
    assert order.state == OrderState.LAPSED
    assert state(pilot) == PilotState.SUSPENDED
    (record,) = controls("lapse")
    assert (record["order_id"], record["reopens"]) == (order.public_id, False)


def test_a_countersigned_suspension_stands(walk, pilot, second):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.at)
    with pytest.raises(SupervisionError):
        approve(order, walk.officer, walk.tick())
    order = approve(order, second, walk.tick())
    assert order.state == OrderState.ISSUED
    assert orders.lapse_due_orders(order.issued_at + timedelta(hours=30)) == 0
    with pytest.raises(SupervisionError):
        approve(order, second, walk.tick())


def test_what_lapsed_is_not_repeated_by_one_officer(walk, pilot, second):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.at)
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    walk.sleep(2)
    again = propose(pilot, "suspend", walk.officer, walk.tick())
    assert (again.required_approvals, again.lapses) == (2, False)
    again = approve(again, walk.officer, walk.tick())
    assert again.state == OrderState.PROPOSED
    assert approve(again, second, walk.tick()).state == OrderState.ISSUED


def test_where_the_rulebook_says_so_a_lapse_reopens(walk, pilot, monkeypatch, second):
    rulebook = pilot.case.rulebook
    reopening = rulebook.orders.model_copy(update={"on_lapse": "reopens"})
    changed = rulebook.model_copy(update={"orders": reopening})
    monkeypatch.setattr("shidian.apps.cases.models.Case.rulebook", changed)
    restrict = approve(
        propose(pilot, "restrict", walk.officer, walk.tick()), walk.officer, walk.tick()
    )
    orders.lapse_due_orders(restrict.issued_at + timedelta(hours=24))
    assert pilot.plan_versions.latest("number").values["investors_max"] == "100"
    walk.sleep(2)
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), second, walk.tick())
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    assert state(pilot) == PilotState.RUNNING
    assert [one["reopens"] for one in controls("lapse")] == [True, True]


# From alerts


def test_a_breach_proposes_an_order_once_and_never_gives_one(walk, pilot):
    projection.apply_items([item(pilot, 1)])
    projection.apply_items([item(pilot, 2, Change.ESCALATED)])
    (order,) = Order.objects.all()
    assert (order.kind, order.state, order.proposed_by) == ("suspend", OrderState.PROPOSED, None)
    assert order.episode == "e1"
    assert set(order.automatic) == {"rule", "rulebook", "software"}
    assert "150" in order.reason_zh
    assert state(pilot) == PilotState.RUNNING
    assert approve(order, walk.officer, walk.tick()).state == OrderState.ISSUED


def test_a_withdrawn_alert_takes_its_proposal_with_it_unless_somebody_approved(walk, pilot, second):
    projection.apply_items([item(pilot, 1)])
    projection.apply_items([item(pilot, 2, Change.WITHDRAWN)])
    assert Order.objects.get().state == OrderState.WITHDRAWN
    projection.apply_items([item(pilot, 3, episode="e2")])
    order = approve(Order.objects.get(episode="e2"), walk.officer, walk.tick())
    projection.apply_items([item(pilot, 4, Change.WITHDRAWN, episode="e2")])
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED


def test_a_warning_proposes_nothing(walk, pilot):
    projection.apply_items([item(pilot, 1, rung=8)])
    assert not Order.objects.exists()


# What the firm answers


def test_the_firms_word_moves_an_order_forward_once_and_never_back(walk, pilot):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.at)
    said = orders.receive_acknowledgement(
        order, kind="effective", at=walk.tick(), evidence={"a": 1}
    )
    again = orders.receive_acknowledgement(order, kind="effective", at=walk.tick(), evidence={})
    assert said == again
    orders.receive_acknowledgement(order, kind="received", at=walk.tick(), evidence={})
    orders.note_delivery(order, delivered=False, detail="500")
    order.refresh_from_db()
    assert (order.state, order.effective_at) == (OrderState.EFFECTIVE, said.at)
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    orders.receive_acknowledgement(order, kind="received", at=walk.tick(), evidence={})
    order.refresh_from_db()
    assert order.state == OrderState.LAPSED


def test_a_proposal_cannot_be_acknowledged(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    with pytest.raises(SupervisionError):
        orders.receive_acknowledgement(order, kind="received", at=walk.tick(), evidence={})


# The record


@pytest.mark.parametrize("public", [True, False])
def test_an_orders_leaf_is_a_commitment_that_only_the_register_opens(
    walk, pilot, monkeypatch, public
):
    from shidian.apps.record.domain import prepare_leaves
    from shidian.apps.record.models import LeafRow

    if not public:
        rulebook = pilot.case.rulebook
        shown = tuple(one for one in rulebook.public_register.public if one != "orders")
        register = rulebook.public_register.model_copy(update={"public": shown})
        changed = rulebook.model_copy(update={"public_register": register})
        monkeypatch.setattr("shidian.apps.cases.models.Case.rulebook", changed)
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    prepare_leaves(slot_s=3600)
    row = LeafRow.objects.get(outbox__payload__kind="order.issued")
    leaf = json.loads(bytes(row.leaf))
    assert row.sealed
    assert row.opened == public
    assert row.problem == ""
    assert leaf["kind"] == "order"
    assert order.digest.encode() not in bytes(row.leaf)
    assert (order.public_id in leaf["subject"]) == public
    assert row.due.minute == 0  # a slot of the schedule, not the hour of the order


def test_the_audit_of_the_record_knows_every_order(walk, pilot):
    from shidian.apps.record.acts import all_acts, key_of, told, untold

    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    own = [act for act in all_acts() if act.payload.get("order")]
    assert len(own) == 2
    assert untold(own) == []
    assert all(told()[key_of(act.payload)] == 1 for act in own)


def test_the_journal_takes_what_it_is_told_of_orders(walk, pilot, second):
    from shidian.apps.supervision.worker.controls import send_controls
    from shidian.core.journal.controls import Registry, parse
    from shidian.core.journal.entry import EntryKind

    class Gate:
        """Takes records as the gate does."""

        def __init__(self):
            self.registry, self.taken = Registry(), []

        def control(self, records):
            return [self._one(dict(record)) for record in records]

        def _one(self, record):
            del record["outbox_id"]
            kind = record.pop("kind")
            typed = parse(EntryKind(kind), record)
            self.registry.check(typed)
            self.registry.apply(typed)
            self.taken.append(kind)
            return len(self.taken)

    first = issued(pilot, "restrict", walk, second)
    order = issued(pilot, "suspend", walk, second)
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    gate = Gate()
    send_controls(gate)
    assert gate.taken == ["activation", "plan", "order", "order", "lapse", "lapse"]
    known = gate.registry.orders_of(pilot.public_id)
    assert set(known.digests) == {first.public_id, order.public_id}
    assert known.state == "suspended"
