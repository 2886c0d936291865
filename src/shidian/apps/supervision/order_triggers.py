"""Triggers by which the database itself refuses an order that its approvals do not carry.

They hold for whoever writes, this application's own role included. Like the append-only triggers
they are installed after every migration, on SQLite and PostgreSQL alike. What they keep:

- an order begins as proposed, and moves along the transitions of an order and no others;
- it is issued only with approvals of its very digest by as many different officers as it takes;
- its canonical text and what is fixed with it are written once;
- an approval is given by somebody who holds an office, of an order that can still be approved;
- an order that was countersigned does not lapse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connections, router

from shidian.apps.supervision.models import Order, OrderApproval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "order"
_VIOLATION = "integrity_constraint_violation"
_ORDER = Order._meta.db_table  # noqa: SLF001 - Django's public API in spite of the underscore
_APPROVAL = OrderApproval._meta.db_table  # noqa: SLF001
_MOVES = (
    ("proposed", "issued"),
    ("proposed", "declined"),
    ("proposed", "withdrawn"),
    ("issued", "received"),
    ("issued", "effective"),
    ("received", "effective"),
    ("issued", "lapsed"),
    ("received", "lapsed"),
    ("effective", "lapsed"),
)
_WRITTEN_ONCE = (
    "issued_at",
    "control_outbox_id",
    "lapse_outbox_id",
    "received_at",
    "effective_at",
    "ended_at",
    "lapses_at",
    "announced_at",
)
_WITH_DIGEST = ("canonical", "digest", "follows_id")
_WITH_ISSUE = ("plan_before", "lapses_at")
_CLOSED = (
    f'NOT EXISTS (SELECT 1 FROM "{_ORDER}" o WHERE o."id" = NEW."order_id"'  # noqa: S608
    " AND o.\"state\" IN ('proposed', 'issued', 'received', 'effective')"
    ' AND o."digest" = NEW."digest")'
)
_NO_OFFICE = (
    'NOT EXISTS (SELECT 1 FROM "accounts_officer" f WHERE f."person_id" = NEW."officer_id"'
    " AND f.\"role\" IN ('case-officer', 'signing-officer'))"
)


def _approvers(row: str) -> str:
    return (
        f'(SELECT COUNT(DISTINCT "officer_id") FROM "{_APPROVAL}"'  # noqa: S608 - our own names
        f' WHERE "order_id" = {row}."id" AND "digest" = {row}."digest")'
    )


class Trigger(NamedTuple):
    """Refuses a write to `table` where `condition` holds, in these words."""

    name: str
    table: str
    when: str
    condition: str
    says: str


def _triggers(differs: str) -> list[Trigger]:
    """All triggers; `differs`: how the database compares two values that may be null."""
    moves = " OR ".join(
        f"(OLD.\"state\" = '{old}' AND NEW.\"state\" = '{new}')" for old, new in _MOVES
    )
    binding = "NEW.\"state\" IN ('issued', 'received', 'effective', 'lapsed')"
    few = f'{_approvers("NEW")} < OLD."required_approvals"'
    unbound = f'NEW."digest" = \'\' OR NEW."issued_at" IS NULL OR {few}'
    endless = 'NEW."lapses" AND NEW."lapses_at" IS NULL'
    lapsing = "OLD.\"state\" <> 'lapsed' AND NEW.\"state\" = 'lapsed'"
    begun = "NEW.\"state\" <> 'proposed' OR NEW.\"digest\" <> ''"
    moved = f'OLD."state" <> NEW."state" AND NOT ({moves})'
    says = "not approved by as many officers as it takes"
    stays = f'NOT OLD."lapses" OR {_approvers("NEW")} > 1'
    return [
        Trigger(f"{_ORDER}_begins", _ORDER, "INSERT", begun, "begins as proposed"),
        Trigger(f"{_ORDER}_moves", _ORDER, "UPDATE", moved, "no such transition"),
        Trigger(
            f"{_ORDER}_approved",
            _ORDER,
            "UPDATE",
            f"{binding} AND ({unbound} OR ({endless}))",
            says,
        ),
        Trigger(f"{_ORDER}_fixed", _ORDER, "UPDATE", _rewritten(differs), "is not rewritten"),
        Trigger(
            f"{_ORDER}_stays",
            _ORDER,
            "UPDATE",
            f"{lapsing} AND ({stays})",
            "countersigned: it stays",
        ),
        Trigger(
            f"{_APPROVAL}_open", _APPROVAL, "INSERT", _CLOSED, "of an open order, by its digest"
        ),
        Trigger(f"{_APPROVAL}_officer", _APPROVAL, "INSERT", _NO_OFFICE, "given by an officer"),
    ]


def _rewritten(differs: str) -> str:
    """Something was written before, and another value comes."""
    once = [
        f'(OLD."{name}" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")'
        for name in _WRITTEN_ONCE
    ]
    fixed = [
        f'(OLD."digest" <> \'\' AND OLD."{name}" {differs} NEW."{name}")' for name in _WITH_DIGEST
    ]
    issued = [
        f'(OLD."issued_at" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")'
        for name in _WITH_ISSUE
    ]
    return " OR ".join(once + fixed + issued)


def trigger_names() -> tuple[str, ...]:
    """Names of the triggers that must stand."""
    return tuple(trigger.name for trigger in _triggers("IS NOT"))


def install(using: str) -> None:
    """(Re-)create the triggers in the database `using`."""
    if not router.allow_migrate_model(using, Order):
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in statements(connection):
            cursor.execute(statement)


def statements(connection: BaseDatabaseWrapper) -> list[str]:
    """The SQL that puts the triggers in place, whether or not they stand already."""
    if connection.vendor == "sqlite":
        return sqlite(_triggers("IS NOT"), MESSAGE)
    if connection.vendor == "postgresql":
        return postgresql(_triggers("IS DISTINCT FROM"), MESSAGE, schema_of(connection))
    raise ValueError(f"no triggers for {connection.vendor}; use SQLite or PostgreSQL")


def sqlite(triggers: Iterable[Trigger], message: str) -> list[str]:
    """SQL that makes these triggers on SQLite; what they say begins with `message`."""
    made = []
    for name, table, when, condition, says in triggers:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}: {says}'); END"
        head = f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW'
        made += [f'DROP TRIGGER IF EXISTS "{name}"', f"{head} WHEN {condition} {refuse}"]
    return made


def schema_of(connection: BaseDatabaseWrapper) -> str:
    """The PostgreSQL schema that tables are made in, as SQL names it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return str(cursor.fetchone()[0])


def postgresql(triggers: Iterable[Trigger], message: str, schema: str) -> list[str]:
    """The same on PostgreSQL.

    A trigger's WHEN takes no subquery there: the condition stands in a function of its own. It
    looks tables up in `schema` first: else a temporary table of the name of the approvals would be
    counted in their place, by whoever may write an order.
    """
    made = []
    for name, table, when, condition, says in triggers:
        refuse = f"RAISE EXCEPTION '{message}: {says}' USING ERRCODE = '{_VIOLATION}'"
        body = f"BEGIN IF {condition} THEN {refuse}; END IF; RETURN NEW; END"
        head = f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW'
        function = f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
        function += f" SET search_path = {schema}, pg_temp"
        made += [
            f"{function} AS $$ {body} $$",
            f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
            f'{head} EXECUTE FUNCTION "{name}"()',
        ]
    return made
