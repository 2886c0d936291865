"""The database itself refuses an order without its officers, whoever writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from shidian.apps.supervision.domain import orders
from shidian.apps.supervision.models import Order, OrderApproval
from shidian.apps.supervision.order_triggers import TRIGGERS

from .orders import approve, propose
from .things import quick_pilot

ROOT = Path(__file__).parents[3]


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


def refused(statement: str, *params: object) -> None:
    with pytest.raises(IntegrityError, match=r"order|append-only"), transaction.atomic():
        run(statement, *params)


def run(statement: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


ISSUE = "UPDATE supervision_order SET state = 'issued', issued_at = proposed_at, lapses_at = %s"


def test_the_triggers_stand(db):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        assert set(TRIGGERS.names()) <= {row[0] for row in cursor.fetchall()}


def test_issued_without_approvals_is_refused(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    refused(ISSUE, walk.at)
    run("UPDATE supervision_order SET canonical = 'x', digest = 'sha256:x'")
    refused(ISSUE, walk.at)
    refused("UPDATE supervision_order SET state = 'effective'")
    order.refresh_from_db()
    assert order.state == "proposed"


def test_one_approval_is_not_two_and_the_same_officer_twice_is_one(walk, pilot):
    order = propose(pilot, "terminate", walk.officer, walk.tick())
    order = approve(order, walk.officer, walk.tick())
    refused(ISSUE, None)
    refused("UPDATE supervision_order SET required_approvals = 1")
    copied = OrderApproval.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderApproval.objects.create(
            order=order,
            officer=walk.officer,
            at=walk.at,
            digest=copied.digest,
            nonce="n",
            challenge="c",
            method="totp",
            factor_use="another",
            evidence={},
        )
    refused(ISSUE, None)


def test_an_approval_of_another_text_or_by_nobody_in_office_does_not_count(walk, pilot, world):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    orders.begin_approval(order=order, by=walk.officer, at=walk.tick())
    run("UPDATE supervision_order SET canonical = 'x', digest = 'sha256:x'")
    common = {
        "order": order,
        "at": walk.at,
        "nonce": "n",
        "challenge": "c",
        "method": "totp",
        "factor_use": "u",
        "evidence": {},
    }
    for officer, digest in ((walk.officer, "sha256:y"), (world.signer, "sha256:x")):
        with pytest.raises(IntegrityError, match="order"), transaction.atomic():
            OrderApproval.objects.create(officer=officer, digest=digest, **common)


def test_an_issued_order_is_not_rewritten_nor_taken_back(walk, pilot):
    approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    for change in (
        "kind = 'warn'",
        "reason_zh = 'x'",
        "canonical = 'x'",
        "digest = 'sha256:x'",
        "state = 'proposed'",
        "state = 'declined'",
        "issued_at = proposed_at",
        "lapses_at = NULL",
        "lapses = NOT lapses",
        "follows_id = id",
    ):
        refused(f"UPDATE supervision_order SET {change}")
    refused("DELETE FROM supervision_order")
    refused("DELETE FROM supervision_orderapproval")
    refused("UPDATE supervision_orderapproval SET digest = 'x'")


def test_what_was_countersigned_does_not_lapse(walk, pilot, world):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    order = approve(order, walk.officer, walk.tick())
    approve(order, world.case_officer["finance"], walk.tick())
    refused("UPDATE supervision_order SET state = 'lapsed'")


def test_an_order_begins_as_a_proposal(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    approve(order, walk.officer, walk.tick())
    copy = Order.objects.get()
    copy.pk, copy.public_id = None, "D-2099-0001"
    with pytest.raises(IntegrityError, match="order"), transaction.atomic():
        copy.save(force_insert=True)


def role_of_the_app() -> None:
    """What docs/operator says to do for a role that owns nothing, in this transaction alone."""
    page = (ROOT / "docs" / "operator" / "README.md").read_text(encoding="utf-8")
    (granting,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    for statement in filter(None, map(str.strip, granting.split(";"))):
        run(statement)
    run("SET LOCAL ROLE shidian_app")


BYPASSES = (
    f'ALTER TABLE "{Order._meta.db_table}" DISABLE TRIGGER ALL',
    f'DROP TRIGGER "{Order._meta.db_table}_approved" ON "{Order._meta.db_table}"',
    f'DROP FUNCTION "{Order._meta.db_table}_approved" CASCADE',
    (
        f'CREATE OR REPLACE FUNCTION "{Order._meta.db_table}_approved"() RETURNS trigger'
        " LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    ),
    f'ALTER TABLE "{Order._meta.db_table}" RENAME TO aside',
    f'TRUNCATE "{OrderApproval._meta.db_table}" CASCADE',
    "SET session_replication_role = 'replica'",
)


@pytest.mark.parametrize("bypass", BYPASSES)
def test_the_apps_own_role_cannot_take_a_trigger_away(walk, pilot, bypass):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles: whoever can write the file can do anything to it")
    propose(pilot, "suspend", walk.officer, walk.tick())
    role_of_the_app()

    with pytest.raises((ProgrammingError, OperationalError)), transaction.atomic():
        run(bypass)
    refused(ISSUE, walk.at)


def test_temporary_approvals_are_not_counted(walk, pilot):
    propose(pilot, "suspend", walk.officer, walk.tick())
    run("UPDATE supervision_order SET canonical = 'x', digest = 'sha256:x'")
    if connection.vendor == "postgresql":
        role_of_the_app()
    approvals = OrderApproval._meta.db_table
    run(f'CREATE TEMPORARY TABLE "{approvals}" (order_id bigint, officer_id bigint, digest text)')
    name = f'temp."{approvals}"' if connection.vendor == "sqlite" else f'pg_temp."{approvals}"'
    run(f"INSERT INTO {name} SELECT id, 1, 'sha256:x' FROM supervision_order")

    try:
        refused(ISSUE, walk.at)
    finally:
        run(f"DROP TABLE {name}")


def test_a_resumption_by_one_officer_cannot_even_be_proposed(walk, pilot):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    order.pk, order.public_id, order.kind = None, "D-2099-0001", "resume"
    order.lapses = False
    with pytest.raises(IntegrityError), transaction.atomic():
        order.save(force_insert=True)
