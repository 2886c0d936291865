"""An order's place on the record is proved to who has the order, and its approvals from evidence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from shidian import config
from shidian.apps.supervision import order_triggers
from shidian.apps.supervision.domain import orders
from shidian.apps.supervision.domain.endpoints import register_order_endpoint
from shidian.apps.supervision.domain.orders.approving import challenge_bytes
from shidian.apps.supervision.models import Order, OrderApproval, OrderDelivery
from shidian.apps.supervision.order_evidence import lacks_of, unproven_orders
from shidian.apps.supervision.order_proofs import proofs_of
from shidian.apps.supervision.worker import delivery
from shidian.apps.supervision.worker.delivery import Deliverer
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.notary.orders import OrderSigner
from shidian_kit.orders import OrderInbox
from shidian_kit.serving import wsgi
from shidian_kit.wire.order_proof import verify_order_proof
from shidian_kit.wire.permit import trusted
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.apps.record.things import LocalNotary, feed
from tests.apps.record.triggers import without_triggers

from .orders import Passkey, approve, by_passkey, propose
from .test_delivery import LOCAL, served
from .things import quick_pilot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path, monkeypatch) -> Iterator[LocalNotary]:
    """A notary over the record of this installation."""
    here = config.settings().model_copy(update={"home": tmp_path})
    monkeypatch.setattr("shidian.apps.supervision.order_proofs.settings", lambda: here)
    with Notary(here.record_tiles.parent, "record.test") as notary:
        yield LocalNotary(notary)


@pytest.fixture
def policy(log: LocalNotary, tmp_path: Path) -> str:
    reader = LogReader(config.settings().model_copy(update={"home": tmp_path}).record_tiles)
    return reader.published_policy().decode()


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def second(world):
    return world.case_officer["finance"]


def suspended(walk, pilot) -> Order:
    return approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())


def put_on_record(log) -> None:
    """At the next fixed hour, which has come."""
    feed(log, slot_s=1)
    feed(log, slot_s=1, now=timezone.now() + timedelta(seconds=2))


def test_a_bundle_proves_this_very_order_and_no_other(walk, pilot, second, log, policy):
    order = suspended(walk, pilot)
    assert proofs_of([order]) == {}
    put_on_record(log)

    bundle = proofs_of([order])[order.public_id]

    opened = verify_order_proof(bundle, order.canonical.encode(), parse_policy(policy))
    assert opened.checkpoint.origin == "record.test"
    other = json.loads(order.canonical) | {"basis": "另一依据"}
    told = json.loads(bundle)
    longer = json.loads(told["document"]) | {"digest": "sha256:" + 64 * "0"}
    swapped = told | {"document": json.dumps(longer, sort_keys=True, separators=(",", ":"))}
    for data, text in (
        (bundle, json.dumps(other, ensure_ascii=False, sort_keys=True, separators=(",", ":"))),
        (json.dumps(swapped).encode(), order.canonical),
        (json.dumps(told | {"salt": "AAAA"}).encode(), order.canonical),
        (b"{}", order.canonical),
    ):
        with pytest.raises(RecordError) as refused:
            verify_order_proof(data, text.encode(), parse_policy(policy))
        assert refused.value.name in {Refusal.COMMITMENT_WRONG, Refusal.PROOF_MALFORMED}


def test_the_page_hands_it_to_officers_and_the_firm_and_to_nobody_else(  # noqa: PLR0917
    client, walk, pilot, world, log, policy
):
    order = suspended(walk, pilot)
    page = reverse("supervision:order", args=[order.public_id])
    address = reverse("supervision:order-proof", args=[order.public_id])
    client.force_login(walk.officer)
    assert client.get(address).status_code == 404
    assert address not in client.get(page).text
    put_on_record(log)

    for person in (walk.officer, world.signer, world.auditor):
        client.force_login(person)
        assert address in client.get(page).text
        answer = client.get(address)
        assert answer["Content-Disposition"].startswith("attachment")
        assert verify_order_proof(answer.content, order.canonical.encode(), parse_policy(policy))
    for person in (world.rival_signer, world.outsider, world.experts[0].person):
        client.force_login(person)
        assert client.get(address).status_code == 404


def test_a_message_sent_once_the_order_is_on_record_brings_the_proof(  # noqa: PLR0917
    walk, pilot, log, policy, tmp_path, monkeypatch
):
    monkeypatch.setattr(delivery, "WAIT_FOR_GATE_S", -1_000_000_000)
    order = suspended(walk, pilot)
    put_on_record(log)
    signer = OrderSigner(tmp_path / "signer-of-orders")
    inboxes: list[OrderInbox] = []

    def firm(*request):
        return wsgi(inboxes[0])(*request)

    with served(firm) as url:
        inbox = OrderInbox(
            tmp_path / "inbox",
            pilot.public_id,
            trusted(signer.public_key),
            [url.split("/")[2]],
            lambda document: None,
            record=policy,
        )
        inboxes.append(inbox)
        register_order_endpoint(pilot=pilot, url=url, by=None)
        deliverer = Deliverer(signer.sign, LOCAL)
        while not OrderDelivery.objects.exists():
            deliverer.run()
        deliverer.close()
    found = inbox.proof_of(order.public_id)
    inbox.close()

    assert found is not None
    assert verify_order_proof(found, order.canonical.encode(), parse_policy(policy))


def lacks(order: Order) -> str:
    return " / ".join(lacks_of(Order.objects.get(pk=order.pk)))


def touched(order: Order, officer, at) -> str:
    """Approve it by a passkey; the nonce that it was asked with."""
    challenge = orders.begin_approval(order=order, by=officer, at=at)
    by_passkey(challenge, Passkey(officer), challenge_bytes(challenge), at)
    return challenge.nonce


def test_orders_given_as_they_should_lack_nothing(walk, pilot, second):
    suspended(walk, pilot)
    resumed = propose(pilot, "resume", walk.officer, walk.tick())
    touched(resumed, walk.officer, walk.tick())
    approve(resumed, second, walk.tick())

    assert list(unproven_orders()) == []


def forged(approval: OrderApproval, **changes: object) -> None:
    """Rewrite an approval as somebody with the database's own password can."""
    OrderApproval.objects.filter(pk=approval.pk).update(**changes)


@pytest.fixture
def past_triggers():
    from shidian.apps.cases.append_only import trigger_names
    from shidian.apps.supervision.guards import GUARDS

    names = [name for guard in GUARDS for name in trigger_names(guard, connection.vendor)]
    tables = {guard.table for guard in GUARDS} | {Order._meta.db_table}
    with without_triggers(), connection.cursor() as cursor:
        for name in (*names, *order_triggers.TRIGGERS.names()):
            for table in tables if connection.vendor == "postgresql" else [""]:
                on = f' ON "{table}"' if table else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')
        yield


def test_what_is_missing_of_an_order_is_named(walk, pilot, second, past_triggers):
    suspend = suspended(walk, pilot)
    resumed = propose(pilot, "resume", walk.officer, walk.tick())
    nonce = touched(resumed, walk.officer, walk.tick())
    approve(resumed, second, walk.tick())
    passkey, code = resumed.approvals.all()
    evidence = dict(passkey.evidence)

    forged(passkey, evidence=evidence | {"signature": evidence["signature"][:-4] + "AAAA"})
    assert "signature does not hold" in lacks(resumed)
    assert "1 of 2 officers" in lacks(resumed)
    (own,) = suspend.approvals.all()
    forged(passkey, evidence=evidence, nonce="00" * 32)
    assert "bound to another text" in lacks(resumed)
    forged(passkey, nonce=nonce, method="none")
    assert "no evidence of a second factor (none)" in lacks(resumed)
    forged(passkey, method="webauthn", evidence=evidence | {"client_data": ""})
    assert "signature does not hold" in lacks(resumed)
    forged(passkey, evidence=evidence)
    assert lacks(resumed) == ""
    forged(code, factor_use="totp:1:1")
    assert "of another use" in lacks(resumed)
    forged(code, factor_use=f"totp:{code.evidence['authenticator']}:{code.evidence['counter']}")
    OrderApproval.objects.filter(pk=code.pk).delete()
    assert "1 of 2 officers" in lacks(resumed)
    Order.objects.filter(pk=suspend.pk).update(kind="remind", lapses=False)
    assert "says another order" in lacks(suspend)
    text = suspend.canonical.replace("第八条", "第九条")
    Order.objects.filter(pk=suspend.pk).update(kind="suspend", canonical=text)
    assert "does not give its digest" in lacks(suspend)
    assert own.officer_id == walk.officer.pk
    assert {finding.problem for finding in unproven_orders()} == {"unproven"}


def test_an_approval_after_the_issue_does_not_carry_it(walk, pilot, second, past_triggers):
    suspend = suspended(walk, pilot)
    approve(suspend, second, walk.tick())
    assert lacks(suspend) == ""

    Order.objects.filter(pk=suspend.pk).update(required_approvals=2, lapses=False)

    assert lacks(suspend) == "1 of 2 officers are proven to have approved it by then"
